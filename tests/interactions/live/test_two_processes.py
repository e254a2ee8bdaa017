"""Two real web processes on one room: one story for all, sums over both, and one that is killed counts no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from interactions.models import LiveRoom
from tests.faults.processes import Web, allowed, wait_for, web_process
from tests.interactions.live.screen import Screen, ticket_of
from tests.people import Person

Open = Callable[..., Screen]
ROUNDS = 8


@pytest.fixture
def processes(world: None, tmp_path: Path) -> Iterator[list[Web]]:
    """Two of the application."""
    with ExitStack() as running, ThreadPoolExecutor(2) as starting:
        yield list(
            starting.map(lambda name: running.enter_context(web_process(tmp_path / f"{name}.log")), ("one", "other"))
        )


@pytest.fixture
def screen_at(room: LiveRoom) -> Iterator[Open]:
    """`screen_at(address, bob)`: a screen on the room through that process, past its welcome."""
    with ExitStack() as opened:

        def open_screen(address: str, person: Person | None = None) -> Screen:
            screen = opened.enter_context(Screen(address, room.pk))
            screen.send({"type": "auth", "ticket": ticket_of(person)} if person else {"type": "ping"})
            screen.welcome = screen.of_type("welcome")
            return screen

        yield open_screen


def _totals(screen: Screen, likes: int, viewers: int) -> Callable[[], bool]:
    def reached() -> bool:
        screen.quiet(0.1)
        ticks = [frame for frame in screen.seen if frame.get("type") == "tick"]
        return bool(ticks) and (ticks[-1]["likes"], ticks[-1]["viewers"]) == (likes, viewers)

    return reached


def test_both_tell_one_story_until_one_is_killed(
    processes: list[Web], screen_at: Open, alice: Person, bob: Person
) -> None:
    one, other = (process.url for process in processes)
    asker, host = screen_at(one, bob), screen_at(other, alice)
    viewers = [screen_at(one), screen_at(one), screen_at(other)]
    for number in range(ROUNDS):
        question = asker.do("ask", text=f"Question {number}?", client_id=str(number))["question"]
        assert host.do("answer", question=question, text=f"Answer {number}.")["ok"]
    stories = []
    for screen in (asker, host, *viewers):
        while len(screen.events()) < 2 * ROUNDS:
            screen.next()
        stories.append(screen.events())
    assert all(story == stories[0] for story in stories)
    assert [event["offset"] for event in stories[0]] == list(range(1, 2 * ROUNDS + 1))
    assert [event["type"] for event in stories[0]] == ["question", "answer"] * ROUNDS

    asker.send({"type": "tap", "count": 20})
    host.send({"type": "tap", "count": 3})
    for screen in (viewers[0], viewers[2]):
        wait_for(_totals(screen, likes=23, viewers=5), seconds=10)

    processes[0].process.kill()
    assert wait_for(_totals(host, likes=23, viewers=2), seconds=30) < allowed(10)
