"""Held questions reach whoever may moderate, on every process, and nobody else, and never the log."""

from __future__ import annotations

from typing import Any

from interactions.live import keys
from interactions.models import LiveRoom, QuestionStatus, RoomEvent
from stores.models import Role
from tests.conftest import Newcomer
from tests.faults.processes import Web
from tests.interactions.live.asking import question
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Frame, Screen
from tests.interactions.live.test_two_processes import Open, processes, screen_at
from tests.people import Person, make_staff

__all__ = ["processes", "screen_at"]


def is_held(frame: Frame) -> bool:
    return bool(frame.get("type") == "held")


def held_by(screen: Screen) -> list[int]:
    """Ids of the held questions that a screen was told of."""
    return [frame["question"]["id"] for frame in screen.seen if is_held(frame)]


def premoderated(room: LiveRoom) -> None:
    LiveRoom.objects.filter(id=room.pk).update(premoderate=True)


def test_moderators_on_both_processes_are_told_and_nobody_else(
    processes: list[Web], screen_at: Open, room: LiveRoom, redis: Any, newcomer: Newcomer,
    alice: Person, bob: Person, paula: Person,
) -> None:  # fmt: skip
    premoderated(room)
    mona, ana = newcomer("Mona"), newcomer("Ana")
    make_staff(user=mona.user, store=room.store, role=Role.MODERATOR)
    make_staff(user=ana.user, store=room.store, role=Role.ANALYST)
    one, other = (process.url for process in processes)
    moderators = [screen_at(one, alice), screen_at(other, mona), screen_at(other, paula)]
    asker = screen_at(one, bob)
    others = [asker, screen_at(other, ana), screen_at(one), screen_at(other)]

    first = asker.do("ask", text="Secret one?", client_id="1")["question"]
    second = asker.do("ask", text="Secret two?", client_id="2")["question"]
    for screen in moderators:
        told = [screen.until(is_held) for _ in range(2)]
        assert [frame["question"]["text"] for frame in told] == ["Secret one?", "Secret two?"]
        assert {frame["question"]["status"] for frame in told} == {"held"}
    assert moderators[1].do("approve", question=first)["status"] == "waiting"
    assert moderators[2].do("hide", question=second)["ok"]
    for screen in (*moderators, *others):
        screen.ever(lambda frame: any(event["type"] == "hide" for event in frame.get("events", [])))
        assert [(event["offset"], event["type"]) for event in screen.events()] == [(1, "question"), (2, "hide")]
    for screen in others:
        assert held_by(screen) == []
        assert "Secret two?" not in str(screen.seen)

    late = screen_at(one, alice)
    late.do("resume", epoch=late.welcome["epoch"], offset=0)
    assert [len(frame["events"]) for frame in late.seen if frame.get("type") == "recovered"] == [2]
    assert "Secret two?" not in str(late.seen)
    assert b"Secret two?" not in b"".join(redis.lrange(keys.log(room.pk), 0, -1))
    assert [event.type for event in RoomEvent.objects.order_by("id")] == ["question", "hide"]


def test_a_question_that_is_sent_again_and_again_is_hinted_at_once(
    watch: Watch, room: LiveRoom, alice: Person, bob: Person
) -> None:
    premoderated(room)
    host, asker = watch(alice), watch(bob)
    numbers = [asker.do("ask", text="May I?", client_id="1")["question"] for _ in range(2)]
    asker.do("ask", text="And I?", client_id="2")
    host.until(lambda frame: is_held(frame) and frame["question"]["text"] == "And I?")
    assert numbers[0] == numbers[1]
    assert held_by(host)[:-1] == numbers[:1]


def test_who_does_not_moderate_any_more_is_not_told(
    watch: Watch, room: LiveRoom, newcomer: Newcomer, bob: Person
) -> None:
    premoderated(room)
    mona = newcomer("Mona")
    staff = make_staff(user=mona.user, store=room.store, role=Role.MODERATOR)
    screen, asker = watch(mona), watch(bob)
    asker.do("ask", text="One?", client_id="1")
    screen.until(is_held)
    staff.delete()
    assert not screen.of_type("you")["can"]["moderate"]
    asker.do("ask", text="Two?", client_id="2")
    assert [frame for frame in screen.quiet(0.7) if is_held(frame)] == []


def test_a_held_question_that_is_hidden_tells_viewers_its_number_alone(
    watch: Watch, room: LiveRoom, alice: Person, bob: Person
) -> None:
    held = question(room, bob, "Nobody reads this", status=QuestionStatus.HELD)
    host, viewer = watch(alice), watch()
    host.do("hide", question=held.pk)
    event = viewer.event("hide")
    assert event["question_id"] == held.pk
    assert set(event) == {"offset", "id", "type", "question_id", "epoch"}
    assert "Nobody reads this" not in str(viewer.seen)
