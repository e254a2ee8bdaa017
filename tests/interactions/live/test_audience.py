"""An audience hears every event once and in order, however its news arrive."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import redis
from interactions.live import taps
from interactions.live.audience import Audience
from interactions.live.outlet import Outlet
from interactions.live.room import LoggedEvent, Position, Totals, Window

LAST = 12


def _event(offset: int) -> LoggedEvent:
    return LoggedEvent(offset, "hide", b'{"offset":%d}' % offset)


class Viewer:
    """Collects what an audience sends to one socket."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.closed_with = 0
        self.reads = asyncio.Event()
        self.reads.set()
        self.outlet = Outlet(self.send)

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        if message["type"] == "websocket.close":
            self.closed_with = message["code"]
        else:
            self.frames.append(json.loads(message["text"]))

    @property
    def offsets(self) -> list[int]:
        return [event["offset"] for frame in self.frames for event in frame.get("events", ())]


def _audience(*, at: int = 0, epoch: str = "e") -> tuple[Audience, Viewer]:
    audience, viewer = Audience(1), Viewer()
    audience.catch_up(Window(Position(epoch, at), False, []))
    audience.outlets.add(viewer.outlet)
    return audience, viewer


# What the hub does: messages as they come (late, twice, or never), or a look at the log as far as it was then.
steps = st.lists(st.lists(st.integers(1, LAST), min_size=1, max_size=5) | st.integers(1, LAST), max_size=30)


@given(steps)
def test_offsets_are_contiguous_whatever_comes_late_twice_or_never(news: list[list[int] | int]) -> None:
    audience, viewer = _audience()
    for offset in [*news, LAST]:
        if isinstance(offset, list):
            audience.take([("e", _event(number)) for number in offset])
        else:
            reached = audience.position.offset
            events = [_event(number) for number in range(reached + 1, offset + 1)]
            audience.catch_up(Window(Position("e", max(offset, reached)), True, events))
    assert viewer.offsets == list(range(1, LAST + 1))
    assert viewer.closed_with == 0


def test_events_that_come_together_are_told_together() -> None:
    audience, viewer = _audience()
    assert audience.take([("e", _event(1)), ("e", _event(2)), ("e", _event(2)), ("e", _event(3))])
    assert not audience.take([("e", _event(4)), ("e", _event(6))])
    assert [[event["offset"] for event in frame["events"]] for frame in viewer.frames] == [[1, 2, 3], [4]]


def test_a_look_that_was_overtaken_by_messages_repeats_nothing() -> None:
    audience, viewer = _audience()
    window = Window(Position("e", 2), True, [_event(1), _event(2)])
    for offset in (1, 2, 3):
        assert audience.take([("e", _event(offset))])
    audience.catch_up(window)
    assert viewer.offsets == [1, 2, 3]


def test_a_gap_is_not_told_before_it_is_filled() -> None:
    audience, viewer = _audience()
    assert not audience.take([("e", _event(2))])
    assert viewer.offsets == []
    audience.catch_up(Window(Position("e", 2), True, [_event(1), _event(2)]))
    assert viewer.offsets == [1, 2]


async def test_another_epoch_a_trimmed_log_and_an_older_one_close_with_lost_position() -> None:
    for window in (
        Window(Position("f", 1), False, [_event(1)]),
        Window(Position("e", 9), False, [_event(8), _event(9)]),
        Window(Position("e", 3), False, [_event(3)]),
    ):
        audience, viewer = _audience(at=5)
        audience.catch_up(window)
        assert viewer.closed_with == 4002
        assert viewer.offsets == []
        assert audience.position == window.position
        assert not audience.take([("other", _event(6))])


async def test_a_tick_waits_for_nobody_and_is_not_repeated() -> None:
    audience, viewer = _audience()
    audience.tick(Totals(5, 1))
    audience.tick(Totals(5, 1))
    assert viewer.frames == [{"type": "tick", "likes": 5, "viewers": 1}]
    viewer.reads.clear()
    for likes in range(6, 100):
        audience.tick(Totals(likes, 1))
    viewer.reads.set()
    await asyncio.sleep(0.01)
    # One was on its way, one waited; who read nothing meanwhile needs no others but the last.
    assert [frame["likes"] for frame in viewer.frames] == [5, 6, 7]
    audience.tick(Totals(99, 1))
    audience.tick(Totals(99, 1))
    assert [frame["likes"] for frame in viewer.frames] == [5, 6, 7, 99]
    assert viewer.closed_with == 0


async def test_hearts_wait_while_redis_is_away(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    audience, viewer = _audience()
    audience.taps = 7
    monkeypatch.setattr(redis.plain().breaker, "open_until", float("inf"))
    with pytest.raises(redis.RedisAway):
        await taps.beat([audience], process="p", count_viewers=False)
    assert (audience.taps, viewer.frames) == (7, [])
    monkeypatch.undo()
    await taps.beat([audience], process="p", count_viewers=False)
    assert (audience.taps, viewer.frames) == (0, [{"type": "tick", "likes": 7, "viewers": 1}])
    await redis.plain().async_client().aclose()


def test_memory_says_what_was_missed_or_nothing() -> None:
    audience, _ = _audience(at=5)
    audience.catch_up(Window(Position("e", 8), True, [_event(6), _event(7), _event(8)]))
    assert audience.after(Position("e", 8)) == []
    assert audience.after(Position("e", 6)) == [_event(7), _event(8)]
    assert audience.after(Position("e", 5)) == [_event(6), _event(7), _event(8)]
    assert audience.after(Position("e", 4)) is None
    assert audience.after(Position("e", 9)) is None
    assert audience.after(Position("f", 8)) is None
