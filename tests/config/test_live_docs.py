"""docs/live.md names every frame, event, close code, refusal and limit of live rooms, and no others."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from django.conf import settings

import interactions.live
import interactions.services
from config.api import api
from config.asyncapi import FEED_TELLS, ROOM_TELLS
from core.problems import Problem
from interactions.live import frames, protocol
from interactions.live.protocol import Close
from stores.orders.proof import REFUSALS

PATH = Path(__file__).parents[2] / "docs" / "live.md"
# Services of the posts' side of interactions.
NOT_LIVE = {"comments", "likes", "moderation", "shares"}


@pytest.fixture(scope="module")
def text() -> str:
    """The document."""
    return PATH.read_text()


def _modules() -> Iterator[ModuleType]:
    for package in (interactions.live, interactions.services):
        for found in pkgutil.iter_modules(package.__path__):
            if found.name not in NOT_LIVE:
                yield importlib.import_module(f"{package.__name__}.{found.name}")


def test_every_refusal_of_live_rooms_is_explained(text: str) -> None:
    kinds = [
        kind for module in _modules() for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Problem) and kind.__module__ == module.__name__
    ]  # fmt: skip
    codes = {kind.code for kind in kinds} | set(REFUSALS)
    assert {"slow_mode", "muted", "bad_ticket", "not_a_buyer", "too_many_sockets"} <= codes
    assert [code for code in sorted(codes) if f"`{code}`" not in text] == []


def test_every_close_code_is_in_the_table(text: str) -> None:
    rows = re.findall(r"^\| (4\d\d\d) \| ([a-z ]+) \|", text, re.MULTILINE)
    assert rows == [(str(int(code)), code.name.lower().replace("_", " ")) for code in Close]


def test_the_limits_are_those_that_are_published(text: str) -> None:
    table = dict(re.findall(r"^\| `(live_\w+|question_chars|\w+_rate)` \| ([^|]+) \|", text, re.MULTILINE))
    published = settings.LIMITS.published()
    # By the files that a process of this very machine may open.
    assert table.pop("live_sockets_per_process") == "open files less 1,000"
    assert table == {
        name: str(limit)
        for name, limit in published.items()
        if name in {"question_chars", "questions_rate", "room_questions_rate", "votes_rate"}
        or (name.startswith("live_") and name != "live_sockets_per_process")
    }


def test_every_frame_and_event_has_a_row(text: str) -> None:
    firsts = {
        name for row in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    heard = {str(get_args(kind.model_fields["type"].annotation)[0]) for kind in get_args(protocol.AnyFrame)}
    told = {str(get_args(kind.model_fields["type"].annotation)[0]) for kind in (*ROOM_TELLS, *FEED_TELLS)}
    union, _ = get_args(frames.AnyEvent)
    events = {str(kind.model_fields["type"].default) for kind in get_args(union)}
    assert (heard | told | events) - firsts == set()


def test_the_examples_are_frames(text: str) -> None:
    examples = re.findall(r'`(\{"type": [^`]+\})`', text)
    assert len(examples) > 10
    for example in examples:
        protocol.parse(example.replace('"ticket": …', '"ticket": "t"'))


def test_every_route_of_rooms_is_named(text: str) -> None:
    routes = [
        (method, path.removeprefix("/api/v1").replace("{room_id}", "{id}"))
        for path, operations in api.get_openapi_schema()["paths"].items() if "/rooms" in path for method in operations
    ]  # fmt: skip
    assert len(routes) > 10
    assert [route for route in routes if f"`{route[0].upper()} {route[1]}`" not in text] == []
