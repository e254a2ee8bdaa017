"""What the fault tests share: the feed's people, processes of their own, and a line on what each drill checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from tests.drills import SAID
from tests.faults.processes import SERVERS, Web, web_process
from tests.faults.sockets import Crowd, crowds
from tests.feed.conftest import mia, publish
from tests.interactions.live.conftest import room

__all__ = ["mia", "publish", "room"]


class Checked(Protocol):
    """`checked("drill 1", posts=1, inboxes=203, also="…")`: what a drill looked at, for the end of pytest's report."""

    def __call__(self, drill: str, *, posts: int, inboxes: int, also: str = "") -> None: ...


@pytest.fixture
def checked(record_property: Callable[[str, object], None]) -> Checked:
    """Called by a drill that held."""

    def say(drill: str, *, posts: int, inboxes: int, also: str = "") -> None:
        assert posts, "a drill without a post proves nothing"
        amount = f"{_counted(posts, 'post', 'posts')}, {_counted(inboxes, 'inbox', 'inboxes')} checked"
        record_property(SAID, f"{drill}: {amount}{'; ' + also if also else ''}")

    return say


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


class Held(Protocol):
    """`held("drill 9", "20 viewers, …")`: what a drill of the live rooms looked at, for the end of pytest's report."""

    def __call__(self, drill: str, what: str) -> None: ...


@pytest.fixture
def held(record_property: Callable[[str, object], None]) -> Held:
    """Called by a drill that held."""

    def say(drill: str, what: str) -> None:
        record_property(SAID, f"{drill}: {what}")

    return say


@pytest.fixture
def crowd(world: None) -> Iterator[Crowd]:
    """Viewers."""
    with crowds() as crowd:
        yield crowd


@pytest.fixture(scope="session")
def standing_daphne(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process that outlives the tests that only talk to it."""
    with web_process(tmp_path_factory.mktemp("daphne") / "web.log", "daphne") as process:
        yield process


@pytest.fixture(scope="session")
def standing_uvicorn(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The same under the other server."""
    with web_process(tmp_path_factory.mktemp("uvicorn") / "web.log", "uvicorn") as process:
        yield process


@pytest.fixture(params=SERVERS)
def standing(world: None, request: pytest.FixtureRequest) -> Web:
    """A web process over the empty world, of each server."""
    process: Web = request.getfixturevalue(f"standing_{request.param}")
    return process
