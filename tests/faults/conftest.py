"""What the fault tests share: the feed's people, processes of their own, and a line on what each drill checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest

from tests.feed.conftest import mia, publish

__all__ = ["mia", "publish"]

SAID = "drill"


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says at the end what the drills checked. From the reports, which come from other processes too."""
    reports = terminalreporter.getreports("passed")
    lines = [str(value) for report in reports for name, value in report.user_properties if name == SAID]
    if lines:
        terminalreporter.section("drills")
        for line in sorted(set(lines)):
            terminalreporter.write_line(line)
