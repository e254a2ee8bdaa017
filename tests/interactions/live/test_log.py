"""A room's log in Redis: offsets, epochs, what is kept and for how long."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.redis import plain
from interactions.live import room
from interactions.live.events import QuestionHidden, RoomStarted
from interactions.live.keys import log, position, told
from interactions.live.room import Position, Window

ROOM = 7


def _append(*ids: int) -> list[Position]:
    return [room.append(room_id=ROOM, event=QuestionHidden(id=number, question_id=number)) for number in ids]


def _since(epoch: str, offset: int, **limits: int) -> Window:
    async def ask() -> Window:
        try:
            return await room.since(room_id=ROOM, epoch=epoch, offset=offset, **limits)
        finally:
            await plain().async_client().aclose()

    return asyncio.run(ask())


def test_offsets_count_from_one_in_a_new_epoch(redis: Any) -> None:
    first, second = _append(1, 2)
    assert (first.offset, second.offset) == (1, 2)
    assert first.epoch == second.epoch
    redis.delete(position(ROOM))
    (anew,) = _append(3)
    assert anew.offset == 1
    assert anew.epoch != first.epoch
    assert redis.llen(log(ROOM)) == 1


def test_an_event_bears_its_offset_first_and_is_published_as_it_is_logged(redis: Any) -> None:
    listener = redis.pubsub()
    listener.subscribe(f"live:{ROOM}")
    assert listener.get_message(timeout=2)["type"] == "subscribe"
    epoch, _ = room.append(room_id=ROOM, event=RoomStarted(id=5, started_at=datetime(2030, 1, 1, tzinfo=UTC)))
    told_epoch, told = room.read_message(listener.get_message(timeout=2)["data"])
    listener.close()
    assert (told_epoch, told.offset, told.type) == (epoch, 1, "started")
    assert json.loads(told.json) == {
        "offset": 1, "id": 5, "type": "started", "status": "live", "started_at": "2030-01-01T00:00:00Z"
    }  # fmt: skip
    assert _since(epoch, 0).events == [told]


def test_what_came_after_a_position_is_whole_or_said_not_to_be(redis: Any) -> None:
    epoch = _append(1, 2, 3)[0].epoch
    assert [event.offset for event in _since(epoch, 1).events] == [2, 3]
    assert _since(epoch, 1).whole
    assert _since(epoch, 3) == Window(Position(epoch, 3), True, [])
    for known, offset in ((epoch, 4), ("other", 1), ("", 0)):
        window = _since(known, offset, latest=2)
        assert not window.whole
        assert window.position == Position(epoch, 3)
        assert [event.offset for event in window.events] == [2, 3]
        assert _since(known, offset).events == []
    assert _since(epoch, 1, most=2).whole
    assert _since(epoch, 0, most=2) == Window(Position(epoch, 3), False, [])


def test_an_event_is_told_once_however_often_it_is_said(redis: Any) -> None:
    epoch, first = _append(5)[0]
    assert _append(6, 5, 6) == [Position(epoch, 2), Position(epoch, first), Position(epoch, 2)]
    assert redis.llen(log(ROOM)) == 2
    # What only the live log keeps has no number, and is told each time.
    assert [at.offset for at in _append(0, 0)] == [3, 4]


def test_what_was_told_is_known_of_the_latest_events_only(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "KNOWN_EVENTS", 3)
    _append(1, 2, 3, 4)
    assert redis.zrange(told(ROOM), 0, -1) == [b"2", b"3", b"4"]
    assert [at.offset for at in _append(2, 1)] == [2, 5]


def test_what_was_overtaken_by_a_later_word_on_the_same_subject_is_not_told(redis: Any) -> None:
    def say(number: int, subject: str) -> tuple[int, bool]:
        event = QuestionHidden(id=number, question_id=1)
        (_, offset), late = room.append_in_order(room_id=ROOM, event=event, subject=subject)
        return offset, late

    assert say(8, "question 1") == (1, False)
    assert say(7, "question 1") == (1, True)
    assert say(7, "question 2") == (2, False)
    assert say(9, "question 1") == (3, False)
    assert redis.llen(log(ROOM)) == 3


def test_looking_at_a_room_without_a_log_begins_one(redis: Any) -> None:
    window = _since("", 0)
    assert window.position.offset == 0
    assert _append(1)[0] == Position(window.position.epoch, 1)


def test_300_events_or_ten_minutes_are_kept_whichever_is_more(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    epoch = _append(*range(400))[0].epoch
    assert redis.llen(log(ROOM)) == 400  # all of them of the last ten minutes
    now += timedelta(seconds=599)
    _append(401)
    assert redis.llen(log(ROOM)) == 401
    now += timedelta(seconds=2)
    _append(402)
    assert redis.llen(log(ROOM)) == 300
    assert _since(epoch, 102).whole
    assert not _since(epoch, 101).whole
    assert [event.offset for event in _since(epoch, 102).events] == list(range(103, 403))


def test_a_silent_log_is_forgotten_after_a_day(redis: Any) -> None:
    _append(1)
    assert 86_000 < redis.ttl(position(ROOM)) <= 86_400
    assert 86_000 < redis.ttl(log(ROOM)) <= 86_400
    assert 86_000 < redis.ttl(told(ROOM)) <= 86_400


def test_viewers_of_processes_that_fell_silent_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(1_000, tz=UTC))
    assert room.viewers_of([b"5:1000", b"7:992", b"100:991"]) == 12
