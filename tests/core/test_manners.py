"""What every route has in common: problems, ids, limits, documents."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from django.conf import settings

from core import http, limits, redis
from tests.conftest import Newcomer, Site
from tests.people import Person, problem

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def tight_limits() -> Any:
    """Lets a test set limits, and puts the old ones back."""
    before = settings.LIMITS

    def tighten(**chosen: Any) -> None:
        settings.LIMITS = replace(before, **chosen)

    yield tighten
    settings.LIMITS = before


def test_an_unknown_address_is_a_problem(anonymous: Person) -> None:
    assert problem(anonymous.get("/nothing/here")) == (404, "not_found")


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(anonymous: Person) -> None:
    answer = anonymous.delete("/instance")
    assert problem(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"display_name": NaN}', b"[" * 100_000, b""])
def test_broken_json_is_a_problem(charlie: Person, body: bytes) -> None:
    answer = charlie.call("PATCH", "/me", content=body, headers={"Content-Type": "application/json"})
    assert problem(answer)[0] in {400, 422}
    assert charlie.get("/me").json()["display_name"] == "Charlie"


def test_an_oversize_body_is_refused_by_its_length_and_as_it_arrives(charlie: Person, site: Site) -> None:
    big = b'{"display_name": "' + b"x" * settings.LIMITS.json_body_bytes + b'"}'
    assert problem(charlie.call("PATCH", "/me", content=big)) == (413, "payload_too_large")
    chunks = (b"x" * 100_000 for _ in range(30))
    try:
        answer = charlie.call("PATCH", "/me", content=chunks)
    except httpx.HTTPError:
        return  # the server hung up on a sender that went on: refused as well
    assert problem(answer) == (413, "payload_too_large")


def test_every_answer_has_a_request_id_and_keeps_a_good_one(anonymous: Person) -> None:
    assert len(anonymous.get("/instance").headers["x-request-id"]) == 16
    assert anonymous.get("/instance", headers={"X-Request-Id": "abcd-1234"}).headers["x-request-id"] == "abcd-1234"
    assert anonymous.get("/instance", headers={"X-Request-Id": "a b"}).headers["x-request-id"] != "a b"


def test_the_instance_publishes_every_limit(anonymous: Person) -> None:
    body = anonymous.get("/instance").json()
    assert body["limits"] == settings.LIMITS.published()
    assert [language["code"] for language in body["languages"]] == ["en", "zh-hans", "zh-hant"]
    assert body["name"]
    assert body["version"] == settings.VERSION


def test_reads_beyond_the_limit_wait(charlie: Person, tight_limits: Any) -> None:
    tight_limits(reads_rate="3/minute")
    answers = [charlie.get("/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert problem(answers[3]) == (429, "rate_limited")
    assert int(answers[3].headers["retry-after"]) >= 1
    assert [answer.headers["ratelimit-remaining"] for answer in answers[:3]] == ["2", "1", "0"]


def test_writes_are_counted_across_processes_and_apart_for_each_person(
    charlie: Person, alice: Person, tight_limits: Any
) -> None:
    tight_limits(writes_rate="2/minute")
    codes = [charlie.patch("/me", {"language": "en"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert alice.patch("/me", {"language": "en"}).status_code == 200
    limits.forget_local()
    assert charlie.patch("/me", {"language": "en"}).status_code == 429, "the count is in Redis, not in the process"


def test_guessing_tokens_brings_no_fresh_budget(anonymous: Person, tight_limits: Any) -> None:
    tight_limits(anonymous_rate="5/minute")
    codes = [anonymous.get("/me", headers={"X-Session-Token": f"{n:032d}"}).status_code for n in range(8)]
    assert codes == [401] * 5 + [429] * 3


def test_a_forged_forwarding_header_is_not_believed(anonymous: Person, tight_limits: Any) -> None:
    tight_limits(anonymous_rate="3/minute")
    codes = [anonymous.get("/instance", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(5)]
    assert codes == [200, 200, 200, 429, 429]


def test_a_stranger_does_not_use_up_a_stores_webhooks(
    anonymous: Person, tight_limits: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight_limits(webhooks_rate="3/minute")
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", 1)
    door = "/webhooks/shopify/teahouse"
    codes = [anonymous.post(door, {}, headers={"X-Forwarded-For": "6.6.6.6"}).status_code for _ in range(4)]
    assert codes == [401, 401, 401, 429]
    assert problem(anonymous.post(door, {}, headers={"X-Forwarded-For": "1.2.3.4"}))[0] == 401


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.2.3.4", "9.9.9.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 5.5.5.5", "1.2.3.4"),
        (2, "1.2.3.4", "9.9.9.9"),
        (1, "nonsense", "unknown"),
    ],
)
def test_as_many_proxies_are_trusted_as_there_are(
    proxies: int, forwarded: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", proxies)
    assert http.client_ip({"REMOTE_ADDR": "9.9.9.9", "HTTP_X_FORWARDED_FOR": forwarded}) == address


def test_health_readiness_and_metrics(anonymous: Person) -> None:
    assert anonymous.get("/healthz").json() == {"status": "alive"}
    ready = anonymous.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert "backyard_redis_trips_total" in anonymous.get("/metrics").text


def test_the_openapi_document_keeps_its_promises(anonymous: Person) -> None:
    document = anonymous.get("/openapi.json").json()
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    assert len(operations) > 4
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))
    for path, method, operation in operations:
        assert operation["operationId"] == operation["operationId"].lower(), path
        refusals = [code for code in operation["responses"] if code.startswith("4")]
        assert "422" in refusals, (path, method)
        assert "429" in refusals, (path, method)
        if operation.get("security"):
            assert "401" in refusals, (path, method)
        if "{" in path:
            assert "404" in refusals, (path, method)
    _no_unions_but_with_null(document)


def _no_unions_but_with_null(node: Any) -> None:
    if isinstance(node, dict):
        for key in ("anyOf", "oneOf"):
            kinds = [part for part in node.get(key, []) if part.get("type") != "null"]
            assert len(kinds) <= 1, json.dumps(node)[:300]
        for value in node.values():
            _no_unions_but_with_null(value)
    elif isinstance(node, list):
        for value in node:
            _no_unions_but_with_null(value)


def test_the_docs_page_is_there_and_asks_nobody_else(anonymous: Person) -> None:
    page = anonymous.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text, "the readable docs must work without the internet"


def test_a_redis_that_is_away_is_found_out_once_then_left_alone(newcomer: Newcomer) -> None:
    with pytest.raises(redis.RedisAway), redis.guard():
        raise ConnectionError
    assert redis.is_open()
    with pytest.raises(redis.RedisAway), redis.guard():
        raise AssertionError("not reached while the breaker is open")
    redis.close_breaker()
    assert not redis.is_open()
