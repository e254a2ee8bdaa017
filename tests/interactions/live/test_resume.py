"""Coming back after a pause: everything missed, or the word that it cannot be told; never a part of it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from core.problems import Unavailable
from interactions.live import protocol
from interactions.live.acts import Seat, resume
from interactions.live.audience import Audience
from interactions.live.events import QuestionHidden
from interactions.live.keys import log, position
from interactions.live.outlet import Outlet
from interactions.live.room import append
from interactions.models import LiveRoom
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Frame, Screen
from tests.people import Person


def _ask(screen: Screen, *numbers: int) -> None:
    for number in numbers:
        assert screen.do("ask", text=f"Question {number}?", client_id=f"q-{number}")["ok"]


def _resume(screen: Screen, epoch: str, offset: int) -> Frame:
    screen.send({"type": "resume", "epoch": epoch, "offset": offset})
    return screen.of_type("recovered")


def _texts(events: list[Frame]) -> list[str]:
    return [event["question"]["text"] for event in events]


def test_who_comes_back_gets_exactly_what_was_missed(watch: Watch, bob: Person) -> None:
    asker, viewer = watch(bob), watch()
    _ask(asker, 1, 2)
    while len(viewer.events()) < 2:
        viewer.next()
    epoch, reached = viewer.welcome["epoch"], viewer.events()[-1]["offset"]
    viewer.close()
    _ask(asker, 3, 4, 5)
    back = watch()
    recovered = _resume(back, epoch, reached)
    assert recovered["recovered"] is True
    assert _texts(recovered["events"]) == ["Question 3?", "Question 4?", "Question 5?"]
    assert [event["offset"] for event in recovered["events"]] == [reached + 1, reached + 2, reached + 3]
    assert (recovered["epoch"], recovered["offset"]) == (epoch, reached + 3)
    assert back.welcome["offset"] == reached + 3
    _ask(asker, 6)
    assert back.event("question")["offset"] == reached + 4


def test_a_process_that_has_just_opened_the_room_recovers_from_the_log(watch: Watch, bob: Person) -> None:
    asker = watch(bob)
    epoch = asker.welcome["epoch"]
    _ask(asker, 1, 2, 3)
    asker.close()
    back = watch()
    assert _texts(_resume(back, epoch, 1)["events"]) == ["Question 2?", "Question 3?"]


def test_what_memory_has_forgotten_is_recovered_from_the_log(watch: Watch, room: LiveRoom, world: None) -> None:
    for number in range(1, 321):
        epoch, _ = append(room_id=room.pk, event=QuestionHidden(id=number, question_id=number))
    recovered = _resume(watch(), epoch, 5)
    assert [event["offset"] for event in recovered["events"]] == list(range(6, 321))
    assert recovered["offset"] == 320


def test_nothing_missed_is_recovered_too(watch: Watch) -> None:
    viewer = watch()
    recovered = _resume(viewer, viewer.welcome["epoch"], viewer.welcome["offset"])
    assert (recovered["recovered"], recovered["events"]) == (True, [])
    assert viewer.do("resume", epoch=viewer.welcome["epoch"], offset=0)["recovered"] is True


def test_another_epoch_is_not_recovered(watch: Watch, bob: Person) -> None:
    asker = watch(bob)
    _ask(asker, 1)
    recovered = _resume(asker, "another", 0)
    assert (recovered["recovered"], recovered["events"]) == (False, [])
    assert recovered["epoch"] == asker.welcome["epoch"]


def test_an_offset_that_was_never_reached_is_not_recovered(watch: Watch) -> None:
    viewer = watch()
    recovered = _resume(viewer, viewer.welcome["epoch"], 7)
    assert (recovered["recovered"], recovered["events"]) == (False, [])


def test_a_trimmed_offset_is_not_recovered(watch: Watch, room: LiveRoom, bob: Person, redis: Any) -> None:
    asker = watch(bob)
    _ask(asker, 1, 2, 3)
    epoch = asker.welcome["epoch"]
    asker.close()
    redis.lpop(log(room.pk))
    recovered = _resume(watch(), epoch, 0)
    assert (recovered["recovered"], recovered["events"]) == (False, [])
    assert _texts(_resume(watch(), epoch, 1)["events"]) == ["Question 2?", "Question 3?"]


def test_a_room_may_be_resumed_from_where_http_left_it(watch: Watch, room: LiveRoom, bob: Person) -> None:
    asker = watch(bob)
    _ask(asker, 1)
    shown = bob.get(f"/rooms/{room.pk}").json()
    _ask(asker, 2)
    assert _texts(_resume(watch(), shown["epoch"], shown["offset"])["events"]) == ["Question 2?"]


def test_when_redis_has_lost_the_log_viewers_come_back_to_a_new_one(
    watch: Watch, room: LiveRoom, bob: Person, redis: Any
) -> None:
    asker, viewer = watch(bob), watch()
    _ask(asker, 1, 2)
    redis.delete(position(room.pk), log(room.pk))
    asker.send({"type": "ask", "text": "Question 3?", "client_id": "q-3"})
    assert viewer.closed() == asker.closed() == 4002
    back = watch()
    assert back.welcome["epoch"] != viewer.welcome["epoch"]
    assert len(back.welcome["questions"]) == 3
    assert _resume(back, viewer.welcome["epoch"], 2)["recovered"] is False


def test_hearts_survive_the_loss_of_redis(watch: Watch, bob: Person, redis: Any) -> None:
    tapper = watch(bob)
    tapper.send({"type": "tap", "count": 40})
    tapper.until(lambda frame: frame.get("likes") == 40)
    redis.flushall()
    tapper.send({"type": "tap", "count": 2})
    tapper.until(lambda frame: frame.get("likes") == 42)


def test_before_the_log_was_read_nothing_is_said_to_be_whole() -> None:
    """A position without an epoch is no position, although the audience has none either."""
    seat = Seat(None, Audience(1), cast(Outlet, None))
    with pytest.raises(Unavailable):
        asyncio.run(resume(seat, protocol.Resume(type="resume", epoch="", offset=0)))
