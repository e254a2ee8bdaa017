"""A moderator mutes somebody: they may watch and vote, and not ask, until the time is over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection

from core import clock
from core.problems import NotFound
from interactions.models import LiveRoom, Question, QuestionStatus, RoomEvent, RoomMute, RoomStatus
from interactions.services import mutes, questions
from stores.models import Role, Store, StoreStatus
from stores.selectors.stores import StoreSuspended
from tests.conftest import Newcomer
from tests.interactions.live.asking import question
from tests.interactions.live.conftest import Watch
from tests.people import Person, make_order, make_staff, problem


def test_who_is_muted_cannot_ask_and_nobody_else_hears_of_it(
    watch: Watch, room: LiveRoom, mona: Person, bob: Person
) -> None:
    moderator, shopper, viewer = watch(mona), watch(bob), watch()
    reply = moderator.do("mute", user=bob.id, seconds=600)
    until = datetime.fromisoformat(reply["until"])
    assert timedelta(seconds=590) < until - clock.now() <= timedelta(seconds=600)
    assert (reply["user"], reply["ok"]) == (bob.id, True)
    assert shopper.refusal("ask", text="Hello?", client_id="1") == "muted"
    assert shopper.do("tap", count=1)["ok"]
    assert not Question.objects.exists()
    assert not RoomEvent.objects.exists()
    assert "events" not in {frame["type"] for frame in viewer.quiet(0.2)}
    assert moderator.do("mute", user=bob.id, seconds=0)["until"] is None
    assert shopper.do("ask", text="Hello?", client_id="1")["ok"]


def test_a_mute_ends_by_itself(watch: Watch, room: LiveRoom, mona: Person, bob: Person) -> None:
    watch(mona).do("mute", user=bob.id, seconds=600)
    RoomMute.objects.update(until=clock.now() - timedelta(seconds=1))
    assert watch(bob).do("ask", text="Hello?", client_id="1")["ok"]


def test_the_latest_word_counts_and_there_is_one_row(room: LiveRoom, mona: Person, alice: Person, bob: Person) -> None:
    for seconds in (600, 60):
        mona.post(f"/rooms/{room.pk}/mutes", {"user": bob.id, "seconds": seconds})
    row = RoomMute.objects.get()
    assert row.until < clock.now() + timedelta(seconds=61)
    assert row.by_id == mona.id
    alice.post(f"/rooms/{room.pk}/mutes", {"user": bob.id, "seconds": 900})
    row.refresh_from_db()
    assert row.until > clock.now() + timedelta(seconds=800)
    assert row.by_id == alice.id


def test_moderators_who_mute_at_once_leave_one_row(room: LiveRoom, mona: Person, bob: Person) -> None:
    def mute(seconds: int) -> None:
        try:
            mutes.mute(user_id=mona.id, room_id=room.pk, muted_id=bob.id, seconds=seconds)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as hands:
        list(hands.map(mute, range(100, 112)))
    assert RoomMute.objects.count() == 1


def test_staff_of_the_store_and_of_the_platform_cannot_be_muted(
    watch: Watch, room: LiveRoom, store: Store, alice: Person, mona: Person, ann: Person, paula: Person
) -> None:
    moderator = watch(mona)
    for person in (alice, ann, paula, mona):
        assert moderator.refusal("mute", user=person.id, seconds=60) == "cannot_mute_staff"
    assert problem(paula.post(f"/rooms/{room.pk}/mutes", {"user": ann.id, "seconds": 60})) == (403, "cannot_mute_staff")
    assert not RoomMute.objects.exists()


def test_who_became_staff_can_be_let_speak_again(room: LiveRoom, store: Store, mona: Person, charlie: Person) -> None:
    mona.post(f"/rooms/{room.pk}/mutes", {"user": charlie.id, "seconds": 600})
    make_staff(user=charlie.user, store=store, role=Role.ANALYST)
    assert mona.post(f"/rooms/{room.pk}/mutes", {"user": charlie.id, "seconds": 0}).json()["until"] is None
    assert RoomMute.objects.get().until <= clock.now()


def test_only_moderators_mute_and_see_who_is(
    watch: Watch, room: LiveRoom, bob: Person, charlie: Person, ann: Person, erin: Person, paula: Person
) -> None:
    assert watch(bob).refusal("mute", user=charlie.id, seconds=60) == "not_staff"
    assert watch().refusal("mute", user=charlie.id, seconds=60) == "not_signed_in"
    for person in (bob, ann, erin):
        assert problem(person.post(f"/rooms/{room.pk}/mutes", {"user": charlie.id, "seconds": 60})) == (
            403, "not_staff"
        )  # fmt: skip
        assert problem(person.get(f"/rooms/{room.pk}/mutes")) == (403, "not_staff")
    assert paula.post(f"/rooms/{room.pk}/mutes", {"user": charlie.id, "seconds": 60}).status_code == 200
    assert [item["user"]["name"] for item in paula.get(f"/rooms/{room.pk}/mutes").json()["items"]] == ["Charlie"]


def test_nobody_and_too_long_cannot_be_muted(watch: Watch, room: LiveRoom, mona: Person, charlie: Person) -> None:
    moderator = watch(mona)
    assert moderator.refusal("mute", user=2**52, seconds=60) == "not_found"
    assert moderator.refusal("mute", user=2**52, seconds=0) == "not_found"
    assert moderator.refusal("mute", user=charlie.id, seconds=86_401) == "bad_frame"
    assert moderator.refusal("mute", user=charlie.id, seconds=-1) == "bad_frame"
    assert moderator.do("mute", user=charlie.id, seconds=0)["until"] is None
    assert not RoomMute.objects.exists()
    LiveRoom.objects.update(status=RoomStatus.ENDED)
    assert problem(mona.post(f"/rooms/{room.pk}/mutes", {"user": charlie.id, "seconds": 60})) == (409, "room_ended")


def test_the_list_has_who_is_muted_now_in_pages(room: LiveRoom, store: Store, mona: Person, newcomer: Newcomer) -> None:
    people = [newcomer(name) for name in ("Ida", "Jan", "Kai", "Lea")]
    for person in people:
        make_order(user=person.user, store=store)
        mona.post(f"/rooms/{room.pk}/mutes", {"user": person.id, "seconds": 600})
    RoomMute.objects.filter(user=people[1].user).update(until=clock.now())
    mona.post(f"/rooms/{room.pk}/mutes", {"user": people[2].id, "seconds": 0})
    first = mona.get(f"/rooms/{room.pk}/mutes?limit=1").json()
    second = mona.get(f"/rooms/{room.pk}/mutes?limit=1&cursor={first['next_cursor']}").json()
    items = first["items"] + second["items"]
    assert [(item["user"]["name"], item["by"]["name"]) for item in items] == [("Lea", "Mona"), ("Ida", "Mona")]
    assert second["next_cursor"] is None


def test_a_mute_in_one_room_is_none_in_another(
    watch: Watch, room: LiveRoom, store: Store, alice: Person, mona: Person, bob: Person
) -> None:
    other = LiveRoom.objects.create(store=store, host=alice.user, title="Second table", slow_mode_s=0, status="live")
    mona.post(f"/rooms/{room.pk}/mutes", {"user": bob.id, "seconds": 600})
    assert watch(bob, at=other.pk).do("ask", text="Hello?", client_id="1")["ok"]


def test_in_a_suspended_stores_room_the_platforms_staff_moderate_and_nobody_else(
    room: LiveRoom, alice: Person, bob: Person, paula: Person
) -> None:
    asked, held = question(room, bob), question(room, bob, status=QuestionStatus.HELD)
    Store.objects.update(status=StoreStatus.SUSPENDED)
    for person, refusal in ((alice, StoreSuspended), (bob, NotFound)):
        with pytest.raises(refusal):
            questions.hide(user_id=person.id, room_id=room.pk, question_id=asked.pk)
        with pytest.raises(refusal):
            mutes.mute(user_id=person.id, room_id=room.pk, muted_id=bob.id, seconds=60)
    questions.hide(user_id=paula.id, room_id=room.pk, question_id=asked.pk)
    questions.approve(user_id=paula.id, room_id=room.pk, question_id=held.pk)
    assert mutes.mute(user_id=paula.id, room_id=room.pk, muted_id=bob.id, seconds=60)
    shown = dict(Question.objects.values_list("id", "status"))
    assert shown == {asked.pk: QuestionStatus.HIDDEN, held.pk: QuestionStatus.WAITING}
    with pytest.raises(StoreSuspended):
        questions.ask(user_id=paula.id, room_id=room.pk, text="May I?", client_id="1")
