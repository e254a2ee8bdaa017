"""What is left of a room: its answers in the order in which they were given, and its events, without what is hidden."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from core import clock
from interactions.live.policy import RoomHasEnded
from interactions.models import LiveRoom, Question, QuestionStatus, RoomEvent
from interactions.services import questions, rooms
from stores.models import Store, StoreStatus
from tests.interactions.live.asking import answered, ended, question
from tests.interactions.live.conftest import Watch
from tests.people import Person, problem


def pages(reader: Person, path: str, limit: int) -> list[dict[str, Any]]:
    """All items, page by page; fails when a link and a cursor do not go together."""
    items: list[dict[str, Any]] = []
    query = f"?limit={limit}"
    while True:
        answer = reader.get(path + query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        assert len(page["items"]) <= limit
        assert ("next" in answer.headers.get("Link", "")) == (page["next_cursor"] is not None)
        if page["next_cursor"] is None:
            return items
        query = f"?limit={limit}&cursor={page['next_cursor']}"


def test_answers_are_read_in_the_order_in_which_they_were_given(
    room: LiveRoom, bob: Person, anonymous: Person, alice: Person
) -> None:
    ended(room, likes=1286, peak_viewers=43)
    for text, after_s in (("third", 90.7), ("first", 5), ("second", 61.2), ("second, too", 61.2)):
        answered(room, bob, text, after_s=after_s, answered_by=alice.user)
    question(room, bob, "waits")
    question(room, bob, "held", status=QuestionStatus.HELD)
    answered(room, bob, "hidden", status=QuestionStatus.HIDDEN)
    items = pages(anonymous, f"/rooms/{room.pk}/replay", 2)
    assert [(item["at_s"], item["question"]["text"]) for item in items] == [
        (5, "first"), (61, "second"), (61, "second, too"), (90, "third")
    ]  # fmt: skip
    assert items[0]["question"]["answer"] == "Yes."
    assert items[0]["question"]["answered_by"]["name"] == "Alice"
    whole = anonymous.get(f"/rooms/{room.pk}/replay").json()
    assert (whole["asked"], whole["answered"]) == (5, 4)
    shown = whole["room"]
    assert (shown["likes"], shown["peak_viewers"], shown["status"], shown["recap"]) == (1286, 43, "ended", None)


def test_hiding_an_answer_after_the_end_takes_it_out_and_showing_it_brings_it_back(
    room: LiveRoom, bob: Person, mona: Person, anonymous: Person
) -> None:
    ended(room)
    first, second = answered(room, bob, "one"), answered(room, bob, "two")

    def shown() -> list[str]:
        return [item["question"]["text"] for item in anonymous.get(f"/rooms/{room.pk}/replay").json()["items"]]

    place: dict[str, Any] = {"user_id": mona.id, "room_id": room.pk, "question_id": first.pk}
    questions.hide(**place)
    assert shown() == ["two"]
    questions.approve(**place)
    assert shown() == ["one", "two"]
    assert not RoomEvent.objects.exists(), "nothing happens in a room that is over"
    assert second.pk != first.pk
    with pytest.raises(RoomHasEnded):
        questions.pin(**place, pinned=True)


def test_a_live_room_is_read_from_its_start(room: LiveRoom, bob: Person, alice: Person, watch: Watch) -> None:
    LiveRoom.objects.update(started_at=clock.now() - timedelta(seconds=100))
    number = question(room, bob, "Is it organic?").pk
    watch(alice).do("answer", question=number, text="Yes.")
    items = bob.get(f"/rooms/{room.pk}/replay").json()["items"]
    assert [item["question"]["id"] for item in items] == [number]
    assert 100 <= items[0]["at_s"] <= 102
    logged = bob.get(f"/rooms/{room.pk}/events").json()["items"]
    assert [item["event"]["type"] for item in logged] == ["answer"]
    assert 100_000 <= logged[0]["at_ms"] <= 102_000


def test_the_log_tells_again_what_the_sockets_told(watch: Watch, room: LiveRoom, alice: Person, bob: Person) -> None:
    LiveRoom.objects.update(status="scheduled")
    alice.patch(f"/rooms/{room.pk}", {"slow_mode_s": 5})
    alice.post(f"/rooms/{room.pk}/start")
    host, asker = watch(alice), watch(bob)
    number = asker.do("ask", text="Is it organic?", client_id="1")["question"]
    host.do("answer", question=number, text="Yes.")
    host.do("pin", question=number)
    host.do("settings", slow_mode_s=0)
    asker.until(lambda frame: any(event["type"] == "settings" for event in frame.get("events", ())))
    alice.post(f"/rooms/{room.pk}/end")
    asker.event("ended")
    items = pages(bob, f"/rooms/{room.pk}/events", 2)
    live = [{name: value for name, value in event.items() if name != "offset"} for event in asker.events()]
    assert [item["event"]["type"] for item in items] == ["settings", "started", "question", "answer", "pin",
                                                        "settings", "ended"]  # fmt: skip
    assert [item["event"] for item in items[2:]] == live
    times = [item["at_ms"] for item in items]
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] < 60_000


@pytest.mark.parametrize("withheld", ["hidden", "held"])
def test_no_old_event_tells_the_text_of_what_is_withheld_now(
    watch: Watch, room: LiveRoom, alice: Person, bob: Person, charlie: Person, anonymous: Person, withheld: str
) -> None:
    host, asker = watch(alice), watch(bob)
    number = asker.do("ask", text="Buy at evil.example", client_id="1")["question"]
    other = asker.do("ask", text="Is it organic?", client_id="2")["question"]
    for frame in ("answer", "pin"):
        for one in (number, other):
            host.do(frame, question=one, **({"text": f"Not {one}."} if frame == "answer" else {}))
    host.do("hide", question=number)
    Question.objects.filter(id=number).update(status=withheld)
    for reader in (anonymous, charlie, alice):
        items = pages(reader, f"/rooms/{room.pk}/events", 1)
        assert [item["event"]["type"] for item in items] == ["question", "answer", "pin"]
        assert "evil" not in str(items)
        assert f"Not {number}." not in str(items)
    host.do("approve", question=number)
    types = [item["event"]["type"] for item in pages(anonymous, f"/rooms/{room.pk}/events", 50)]
    assert types == ["question", "question", "answer", "answer", "pin", "pin", "hide", "question"]


def test_people_in_old_events_have_the_name_they_have_now(
    watch: Watch, room: LiveRoom, alice: Person, bob: Person, anonymous: Person
) -> None:
    number = watch(bob).do("ask", text="Is it organic?", client_id="1")["question"]
    watch(alice).do("answer", question=number, text="Yes.")
    bob.patch("/me", {"display_name": "Robert"})
    told = [item["event"]["question"] for item in anonymous.get(f"/rooms/{room.pk}/events").json()["items"]]
    assert [(one["author"]["name"], (one["answered_by"] or {}).get("name")) for one in told] == [
        ("Robert", None), ("Robert", "Alice")
    ]  # fmt: skip
    alice.user.delete()
    told = [item["event"]["question"] for item in anonymous.get(f"/rooms/{room.pk}/events").json()["items"]]
    assert [one["answered_by"] for one in told] == [None, None]


def test_a_replay_is_there_for_who_may_see_the_room(
    room: LiveRoom, store: Store, anonymous: Person, charlie: Person, ann: Person, paula: Person
) -> None:
    ended(room)
    for what in ("replay", "events"):
        path = f"/rooms/{room.pk}/{what}"
        assert anonymous.get(path).status_code == 200
        Store.objects.update(status=StoreStatus.SUSPENDED)
        assert problem(anonymous.get(path)) == (404, "not_found")
        assert problem(charlie.get(path)) == (404, "not_found")
        assert ann.get(path).status_code == paula.get(path).status_code == 200
        Store.objects.update(status=StoreStatus.APPROVED)
        assert problem(anonymous.get(f"/rooms/{room.pk + 1}/{what}")) == (404, "not_found")
        assert problem(anonymous.get(f"{path}?limit=51")) == (422, "invalid")


def test_rows_that_lack_their_question_show_nothing_of_it(
    room: LiveRoom, bob: Person, alice: Person, anonymous: Person
) -> None:
    """As processes of the release before write them while this one is rolled out."""
    number = questions.ask(user_id=bob.id, room_id=room.pk, text="SECRET TEXT", client_id="1").pk
    RoomEvent.objects.update(question=None)
    questions.hide(user_id=alice.id, room_id=room.pk, question_id=number)
    rooms.end_room(user=alice.user, room_id=room.pk)
    items = anonymous.get(f"/rooms/{room.pk}/events").json()["items"]
    assert [item["event"]["type"] for item in items] == ["ended"]


def test_the_migration_names_their_question_once_more(room: LiveRoom, bob: Person) -> None:
    number = questions.ask(user_id=bob.id, room_id=room.pk, text="Is it organic?", client_id="1").pk
    rows: list[tuple[str, dict[str, int]]] = [("hide", {"question_id": 10**9}), ("settings", {})]
    RoomEvent.objects.bulk_create(RoomEvent(room=room, type=kind, payload=payload) for kind, payload in rows)
    RoomEvent.objects.update(question=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("interactions.migrations.0005_events_by_time").FORWARD)
    assert list(RoomEvent.objects.order_by("id").values_list("type", "question")) == [
        ("question", number), ("settings", None),
    ]  # fmt: skip
