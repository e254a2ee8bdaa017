"""A room from its announcement to its end: lists, times, starting and ending once, moderation at each step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from interactions.live.policy import RoomHasEnded
from interactions.models import LiveRoom, Question, QuestionStatus, QuestionUpvote, RoomEvent, RoomMute, RoomStatus
from interactions.services import questions, rooms
from posts.models import Media, MediaStatus
from stores.models import Store, StoreStatus
from tests.acceptance.scene import PICTURE
from tests.interactions.live.asking import answered, ended, question
from tests.interactions.live.conftest import Watch
from tests.people import Person, problem


def told() -> list[str]:
    """Types of all events of the lasting log, in order."""
    return list(RoomEvent.objects.order_by("id").values_list("type", flat=True))


# --- lists ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def season(store: Store, alice: Person) -> list[str]:
    """Rooms of the tea house in every stage; their titles, as a list of them is sorted."""
    now = clock.now()

    def make(title: str, status: RoomStatus, **times: float) -> None:
        moments = {name: now + timedelta(hours=hours) for name, hours in times.items()}
        LiveRoom.objects.create(store=store, host=alice.user, title=title, status=status, **moments)

    make("called off", RoomStatus.ENDED, starts_at=-50, ended_at=-55)
    make("some day", RoomStatus.SCHEDULED)
    make("next week", RoomStatus.SCHEDULED, starts_at=168)
    make("yesterday", RoomStatus.ENDED, started_at=-25, ended_at=-24)
    make("tomorrow", RoomStatus.SCHEDULED, starts_at=24)
    make("now", RoomStatus.LIVE, started_at=-1)
    make("just now", RoomStatus.LIVE, started_at=-0.1)
    make("last hour", RoomStatus.ENDED, started_at=-2, ended_at=-1)
    return ["just now", "now", "tomorrow", "next week", "some day", "last hour", "yesterday", "called off"]


def paged(reader: Person, path: str) -> list[dict[str, Any]]:
    """All items of a list, two at a time."""
    items: list[dict[str, Any]] = []
    first = path = f"{path}{'&' if '?' in path else '?'}limit=2"
    while True:
        page = reader.get(path).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        path = f"{first}&cursor={page['next_cursor']}"


def test_a_stores_rooms_are_listed_live_ones_first_then_upcoming_then_the_latest(
    season: list[str], anonymous: Person, erin: Person
) -> None:
    LiveRoom.objects.create(store=Store.objects.get(handle="bookshop"), title="Not tea", status=RoomStatus.LIVE)
    assert [room["title"] for room in paged(anonymous, "/stores/teahouse/rooms")] == season
    for status in RoomStatus.values:
        found = paged(anonymous, f"/stores/teahouse/rooms?status={status}")
        assert [room["title"] for room in found] == [
            title for title in season if LiveRoom.objects.get(title=title).status == status
        ]
    assert problem(anonymous.get("/stores/teahouse/rooms?status=gone")) == (422, "invalid")
    first = anonymous.get("/stores/teahouse/rooms?limit=1").json()["next_cursor"]
    assert problem(anonymous.get(f"/stores/teahouse/rooms?status=live&cursor={first}")) == (422, "bad_cursor")
    assert problem(anonymous.get(f"/stores/bookshop/rooms?cursor={first}")) == (422, "bad_cursor")


def test_rooms_of_a_suspended_store_are_listed_for_its_staff_alone(
    season: list[str], anonymous: Person, charlie: Person, ann: Person
) -> None:
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert problem(anonymous.get("/stores/teahouse/rooms")) == (404, "not_found")
    assert problem(charlie.get("/stores/teahouse/rooms")) == (404, "not_found")
    assert len(ann.get("/stores/teahouse/rooms").json()["items"]) == len(season)


# --- before the start -----------------------------------------------------------------------------------------------


def test_a_rooms_time_is_moved_while_it_is_scheduled(alice: Person, store: Store) -> None:
    soon, later = (clock.now() + timedelta(days=days) for days in (1, 2))
    room = alice.post("/stores/teahouse/rooms", {"title": "Tasting", "starts_at": soon.isoformat()}).json()
    path = f"/rooms/{room['id']}"
    assert alice.patch(path, {"starts_at": later.isoformat()}).status_code == 200
    assert LiveRoom.objects.get().starts_at == later
    assert alice.patch(path, {"title": "Tasting at nine"}).json()["starts_at"] is not None
    for wrong in (clock.now() - timedelta(seconds=1), clock.now() + timedelta(days=366)):
        assert problem(alice.patch(path, {"starts_at": wrong.isoformat()})) == (422, "invalid")
        assert problem(
            alice.post("/stores/teahouse/rooms", {"title": "x", "starts_at": wrong.isoformat()})
        ) == (422, "invalid")  # fmt: skip
    assert alice.patch(path, {"starts_at": None}).json()["starts_at"] is None
    alice.patch(path, {"starts_at": later.isoformat()})
    alice.post(f"{path}/start")
    assert alice.patch(path, {"starts_at": later.isoformat(), "title": "Now"}).status_code == 200
    assert problem(alice.patch(path, {"starts_at": soon.isoformat()})) == (409, "room_started")
    assert LiveRoom.objects.get().starts_at == later


def test_a_rooms_cover_is_a_ready_picture_of_the_store(alice: Person, store: Store, room: LiveRoom) -> None:
    def picture(**fields: Any) -> int:
        values = {"store": store, "by": alice.user, "status": MediaStatus.READY, "picture": PICTURE} | fields
        return Media.objects.create(**values).pk

    path, mine = f"/rooms/{room.pk}", picture()
    assert alice.patch(path, {"cover": mine}).status_code == 200
    assert problem(alice.patch(path, {"cover": picture(store=None)})) == (404, "not_found")
    assert problem(alice.patch(path, {"cover": picture(status=MediaStatus.PROCESSING)})) == (409, "media_not_ready")
    room.refresh_from_db()
    assert room.cover_id == mine
    assert alice.patch(path, {"cover": None}).status_code == 200
    room.refresh_from_db()
    assert room.cover_id is None


# --- start and end --------------------------------------------------------------------------------------------------


def at_once(verb: Callable[..., LiveRoom], alice: Person, room: LiveRoom) -> set[Any]:
    """The same verb from six hands; what they say of the room's times."""

    def run(_: int) -> Any:
        try:
            found = verb(user=alice.user, room_id=room.pk)
            return found.started_at, found.ended_at
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as hands:
        return set(hands.map(run, range(6)))


def test_starting_and_ending_at_once_happens_once(room: LiveRoom, alice: Person) -> None:
    LiveRoom.objects.update(status=RoomStatus.SCHEDULED)
    assert len(at_once(rooms.start_room, alice, room)) == 1
    assert len(at_once(rooms.end_room, alice, room)) == 1
    assert told() == ["started", "ended"]


@pytest.mark.parametrize("late", ["ask", "answer"])
def test_nothing_is_said_after_the_end_however_close_it_comes(
    room: LiveRoom, alice: Person, bob: Person, late: str
) -> None:
    waiting, place = question(room, bob), {"room_id": room.pk}
    ending, enough = threading.Event(), threading.Event()

    def end() -> None:
        try:
            with transaction.atomic():
                rooms.end_room(user=alice.user, room_id=room.pk)
                ending.set()
                enough.wait(5)
        finally:
            connection.close()

    def speak() -> str:
        try:
            if late == "ask":
                questions.ask(user_id=bob.id, text="One more?", client_id="late", **place)
            else:
                questions.answer(user_id=alice.id, question_id=waiting.pk, text="Yes.", **place)
        except RoomHasEnded as problem:
            return problem.code
        finally:
            connection.close()
        return "said"

    with ThreadPoolExecutor(2) as hands:
        hands.submit(end)
        assert ending.wait(5)
        said = hands.submit(speak)
        assert wait([said], timeout=0.3).not_done, "it waits for the end"
        enough.set()
        assert said.result() == "room_ended"
    assert told() == ["ended"]
    assert not Question.objects.exclude(id=waiting.pk, status="waiting").exists()


def test_a_room_that_never_started_is_called_off(alice: Person, room: LiveRoom, watch: Watch) -> None:
    LiveRoom.objects.update(status=RoomStatus.SCHEDULED)
    viewer = watch()
    off = alice.post(f"/rooms/{room.pk}/end").json()
    assert (off["status"], off["started_at"], off["likes"]) == ("ended", None, 0)
    assert off["ended_at"] is not None
    assert viewer.closed() == 4501
    assert problem(alice.post(f"/rooms/{room.pk}/start")) == (409, "room_ended")
    replay = alice.get(f"/rooms/{room.pk}/replay").json()
    assert (replay["items"], replay["asked"]) == ([], 0)
    assert told() == ["ended"]


def test_a_store_may_have_two_rooms_live(alice: Person, room: LiveRoom) -> None:
    other = alice.post("/stores/teahouse/rooms", {"title": "Second table"}).json()
    assert alice.post(f"/rooms/{other['id']}/start").json()["status"] == "live"
    assert LiveRoom.objects.filter(status=RoomStatus.LIVE).count() == 2


def test_totals_are_frozen_when_a_room_ends(alice: Person, bob: Person, room: LiveRoom, redis: Any) -> None:
    rooms.save_totals(room_id=room.pk, likes=90, viewers=7)
    rooms.save_totals(room_id=room.pk, likes=100, viewers=5)
    question(room, bob)
    question(room, bob, answer="Yes", status=QuestionStatus.ANSWERED)
    question(room, bob, status=QuestionStatus.HIDDEN)
    redis.hset(f"live:{{r{room.pk}}}:totals", "likes", 120)
    ended_room = alice.post(f"/rooms/{room.pk}/end").json()
    redis.hset(f"live:{{r{room.pk}}}:totals", "likes", 500)
    rooms.save_totals(room_id=room.pk, likes=500, viewers=50)
    for shown in (ended_room, alice.get(f"/rooms/{room.pk}").json()):
        assert (shown["likes"], shown["peak_viewers"], shown["asked"], shown["answered"]) == (120, 7, 2, 1)


# --- moderation -----------------------------------------------------------------------------------------------------


def test_a_repeated_word_of_a_moderator_tells_nobody(watch: Watch, room: LiveRoom, mona: Person, bob: Person) -> None:
    moderator, number = watch(mona), question(room, bob).pk
    for frame, fields in (
        ("pin", {}), ("pin", {}), ("pin", {"pinned": False}), ("pin", {"pinned": False}), ("approve", {}),
        ("hide", {}), ("hide", {}), ("approve", {}), ("approve", {}),
    ):  # fmt: skip
        assert moderator.do(frame, question=number, **fields)["ok"]
    assert told() == ["pin", "pin", "hide", "question"]


def test_a_hidden_question_loses_its_pin_and_gets_its_answer_back(
    watch: Watch, room: LiveRoom, mona: Person, bob: Person
) -> None:
    moderator, viewer = watch(mona), watch()
    number = question(room, bob, "Is it organic?").pk
    moderator.do("answer", question=number, text="Yes.")
    moderator.do("pin", question=number)
    assert moderator.do("hide", question=number)["status"] == "hidden"
    assert moderator.refusal("pin", question=number) == "question_hidden"
    assert moderator.refusal("answer", question=number, text="No.") == "question_hidden"
    assert moderator.refusal("upvote", question=number) == "not_found"
    assert moderator.do("approve", question=number)["status"] == "answered"
    back = viewer.event("question")["question"]
    assert (back["answer"], back["status"], back["pinned"]) == ("Yes.", "answered", False)
    assert told() == ["answer", "pin", "hide", "question"]


def test_a_held_question_is_told_once_it_is_answered_or_approved(
    watch: Watch, room: LiveRoom, mona: Person, bob: Person
) -> None:
    moderator, viewer = watch(mona), watch()
    first, second, third = (question(room, bob, text, status="held").pk for text in ("One?", "Two?", "Three?"))
    assert moderator.refusal("pin", question=first) == "question_hidden"
    assert moderator.do("answer", question=first, text="Yes.")["status"] == "answered"
    assert viewer.event("answer")["question"]["text"] == "One?"
    assert moderator.do("approve", question=second)["status"] == "waiting"
    assert viewer.event("question")["question"]["text"] == "Two?"
    assert moderator.do("hide", question=third)["status"] == "hidden"
    assert "Three?" not in str(viewer.event("hide"))


def test_a_corrected_answer_keeps_its_moment(watch: Watch, room: LiveRoom, mona: Person, bob: Person) -> None:
    moderator, number = watch(mona), question(room, bob).pk
    moderator.do("answer", question=number, text="Tree minutes.")
    before = Question.objects.get().answered_at
    moderator.do("answer", question=number, text="Three minutes.")
    after = Question.objects.get()
    assert (after.answer, after.answered_at) == ("Three minutes.", before)


# --- leaving --------------------------------------------------------------------------------------------------------


def test_a_room_stays_when_its_hosts_account_goes(
    room: LiveRoom, newcomer: Callable[[str], Person], mona: Person, bob: Person, anonymous: Person
) -> None:
    host = newcomer("Harry")
    room.host, room.started_at = host.user, clock.now()
    room.save()
    answered(room, bob, answered_by=host.user)
    RoomMute.objects.create(room=room, user=bob.user, by=host.user, until=clock.now())
    host.user.delete()
    shown = anonymous.get(f"/rooms/{room.pk}").json()
    assert (shown["status"], shown["answered"], shown["questions"][0]["answered_by"]) == ("live", 1, None)
    assert LiveRoom.objects.get().host is None


def test_what_somebody_asked_goes_with_their_account_out_of_the_log_too(
    watch: Watch, room: LiveRoom, bob: Person, charlie: Person, mona: Person, anonymous: Person
) -> None:
    kept = question(room, charlie, "Stays?").pk
    number = watch(bob).do("ask", text="My secret?", client_id="1")["question"]
    moderator = watch(mona)
    moderator.do("answer", question=number, text="No.")
    moderator.do("pin", question=number)
    moderator.do("pin", question=kept)
    moderator.do("mute", user=bob.id, seconds=60)
    QuestionUpvote.objects.create(question_id=number, user=charlie.user)
    bob.user.delete()
    assert list(Question.objects.values_list("id", flat=True)) == [kept]
    assert [(event.type, event.question_id) for event in RoomEvent.objects.all()] == [("pin", kept)]
    assert not RoomMute.objects.exists()
    assert anonymous.get(f"/rooms/{room.pk}/events").json()["items"][0]["event"]["question_id"] == kept


def test_a_store_goes_with_all_its_rooms(watch: Watch, room: LiveRoom, store: Store, mona: Person, bob: Person) -> None:
    number = watch(bob).do("ask", text="Hello?", client_id="1")["question"]
    watch(mona).do("pin", question=number)
    watch(mona).do("mute", user=bob.id, seconds=60)
    store.delete()
    assert not LiveRoom.objects.exists()
    assert not RoomEvent.objects.exists()


# --- cost -----------------------------------------------------------------------------------------------------------


def test_reading_a_room_takes_as_many_statements_for_one_question_as_for_thirty(
    room: LiveRoom, bob: Person, world: None
) -> None:
    ended(room)

    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert Client().get(f"/api/v1{path}").status_code == 200
        return len(captured)

    def all_of_them() -> dict[str, int]:
        paths = (f"/rooms/{room.pk}", f"/rooms/{room.pk}/replay", f"/rooms/{room.pk}/events", "/stores/teahouse/rooms")
        return {path.replace(str(room.pk), "1"): statements(path) for path in paths}

    def fill() -> None:
        asked = answered(room, bob, answered_by=bob.user)
        RoomEvent.objects.create(room=room, type="pin", payload={"question_id": asked.pk, "pinned": True})
        RoomEvent.objects.create(room=room, type="answer", payload={"question": {"id": asked.pk, "answered_by": {}}})

    fill()
    few = all_of_them()
    for _ in range(29):
        fill()
    assert few == all_of_them() == {
        "/rooms/1": 4, "/rooms/1/replay": 3, "/rooms/1/events": 2, "/stores/teahouse/rooms": 2
    }  # fmt: skip
