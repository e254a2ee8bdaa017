"""The system itself: ready, and open about its limits and its refusals."""

from __future__ import annotations

from config.journey.client import expect
from config.journey.step import chapter
from config.journey.walk import Walk


def is_ready(walk: Walk) -> str:
    """The system is alive and ready."""
    nobody = walk.people["nobody"] = walk.newcomer("")
    nobody.get("/healthz").ok()
    state = nobody.get("/readyz").ok()
    expect(state["status"] == "ready", f"/readyz says {state}")
    return ", ".join(f"{part} {found}" for part, found in state.items() if part != "status")


def tells_its_limits(walk: Walk) -> str:
    """Whoever asks is told every limit and language."""
    instance = walk["nobody"].get("/instance").ok()
    expect({"comment_chars", "media_bytes", "writes_rate"} <= instance["limits"].keys(), "limits are missing")
    languages = [language["code"] for language in instance["languages"]]
    expect({"en", "zh-hans", "zh-hant"} <= set(languages), f"languages are {languages}")
    return f"{instance['name']} {instance['version']}, {len(instance['limits'])} limits"


def describes_itself(walk: Walk) -> str:
    """The API describes itself, every operation by its own id."""
    paths = walk["nobody"].get("/openapi.json").ok()["paths"]
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    expect(len(names) == len(set(names)) > 40, f"{len(names)} operations, {len(set(names))} ids")
    return f"{len(names)} operations"


def refuses_in_one_form(walk: Walk) -> None:
    """Every refusal is a problem with a code."""
    nobody = walk["nobody"]
    nobody.get("/me").refused(401, "not_signed_in")
    nobody.get("/stores/no_such_store").refused(404, "not_found")
    nobody.get("/no/such/address").refused(404, "not_found")
    nobody.get("/stores?cursor=invented").refused(422, "bad_cursor")


CHAPTER = chapter("The system", is_ready, tells_its_limits, describes_itself, refuses_in_one_form)
