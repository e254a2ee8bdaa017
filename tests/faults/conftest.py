"""What the fault tests share: the feed's people, processes of their own, and a line on what each drill checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest

from tests.drills import SAID
from tests.feed.conftest import mia, publish

__all__ = ["mia", "publish"]


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
