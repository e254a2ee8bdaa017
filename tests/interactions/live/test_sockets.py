"""What people in front of a live room see and do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from core.problems import Problem
from interactions.live.keys import told as ids_told
from interactions.models import AskPolicy, LiveRoom, Question, RoomEvent
from interactions.services import questions
from stores.models import Follow
from tests.conftest import Newcomer
from tests.interactions.live.conftest import Watch
from tests.people import Person, make_store


def test_everybody_sees_a_question_and_its_answer_in_one_order(
    watch: Watch, alice: Person, bob: Person, charlie: Person
) -> None:
    host, first, second, nobody = watch(alice), watch(bob), watch(charlie), watch()
    reply = first.do("ask", text="  How long does  it steep? ", client_id="q-1")
    assert reply["ok"] is True
    question_id = reply["question"]
    answered = host.do("answer", question=question_id, text="Three minutes.\nNo longer.")
    assert answered == {"reply": answered["reply"], "ok": True, "question": question_id, "status": "answered"}
    seen = []
    for screen in (host, first, second, nobody):
        screen.ever(lambda frame: any(event["type"] == "answer" for event in frame.get("events", ())))
        seen.append(screen.events())
    assert seen[0] == seen[1] == seen[2] == seen[3]
    asked, answer = seen[0]
    assert (asked["type"], answer["type"]) == ("question", "answer")
    assert [asked["offset"], answer["offset"]] == [host.welcome["offset"] + 1, host.welcome["offset"] + 2]
    assert asked["question"]["text"] == "How long does it steep?"
    assert asked["question"]["author"] == {"id": bob.id, "name": "Bob", "avatar": None}
    assert answer["question"]["answer"] == "Three minutes.\nNo longer."
    assert answer["question"]["answered_by"]["name"] == "Alice"
    assert list(RoomEvent.objects.values_list("type", flat=True).order_by("id")) == ["question", "answer"]


def test_the_welcome_says_where_one_is_and_what_one_may_do(watch: Watch, alice: Person, charlie: Person) -> None:
    welcome = watch(charlie).welcome
    assert welcome["room"]["title"] == "New harvest"
    assert welcome["room"]["store"]["handle"] == "teahouse"
    assert isinstance(welcome["epoch"], str)
    assert welcome["offset"] == 0
    assert welcome["questions"] == welcome["products"] == []
    assert welcome["you"]["id"] == charlie.id
    assert welcome["you"]["can"] == {
        "tap": True, "upvote": True, "ask": False, "answer": False, "moderate": False, "host": False
    }  # fmt: skip
    assert welcome["you"]["why_not"] == {
        "tap": None, "upvote": None, "ask": "not_a_buyer", "answer": "not_staff", "moderate": "not_staff",
        "host": "not_staff",
    }  # fmt: skip
    assert all(watch(alice).welcome["you"]["can"].values())
    nobody = watch().welcome["you"]
    assert nobody["id"] is None
    assert set(nobody["why_not"].values()) == {"not_signed_in"}


def test_a_late_viewer_is_welcomed_with_the_questions_on_the_table(watch: Watch, alice: Person, bob: Person) -> None:
    asker = watch(bob)
    question_id = asker.do("ask", text="Is it organic?", client_id="q-1")["question"]
    watch(alice).do("answer", question=question_id, text="Yes.")
    late = watch().welcome
    assert late["offset"] == 2
    assert [(q["text"], q["answer"], q["status"]) for q in late["questions"]] == [
        ("Is it organic?", "Yes.", "answered")
    ]


def test_a_stranger_cannot_ask(watch: Watch, charlie: Person) -> None:
    assert watch(charlie).refusal("ask", text="Buy my watches", client_id="q-1") == "not_a_buyer"
    assert not Question.objects.exists()
    assert not RoomEvent.objects.exists()


def test_nobody_cannot_ask_tap_vote_or_answer(watch: Watch) -> None:
    screen = watch()
    assert screen.refusal("ask", text="Hello?", client_id="q-1") == "not_signed_in"
    assert screen.refusal("tap", count=1) == "not_signed_in"
    assert screen.refusal("upvote", question=1) == "not_signed_in"
    assert screen.refusal("answer", question=1, text="No") == "not_signed_in"


def test_a_room_for_followers_takes_their_questions_and_no_others(
    watch: Watch, room: LiveRoom, charlie: Person, newcomer: Newcomer
) -> None:
    LiveRoom.objects.update(ask_policy=AskPolicy.FOLLOWERS)
    dora = newcomer("Dora")
    Follow.objects.create(user=dora.user, store=room.store)
    assert watch(charlie).refusal("ask", text="Hello?", client_id="q-1") == "not_a_follower"
    assert watch(dora).do("ask", text="Hello?", client_id="q-1")["ok"]


def test_a_room_for_everyone_takes_a_strangers_question(watch: Watch, room: LiveRoom, charlie: Person) -> None:
    LiveRoom.objects.update(ask_policy=AskPolicy.EVERYONE)
    assert watch(charlie).do("ask", text="Hello?", client_id="q-1")["ok"]


def test_asking_twice_with_one_client_id_is_one_question(watch: Watch, bob: Person) -> None:
    screen = watch(bob)
    first = screen.do("ask", text="Is it organic?", client_id="same")
    again = screen.do("ask", text="Is it organic?", client_id="same")
    assert first["question"] == again["question"]
    assert Question.objects.count() == RoomEvent.objects.count() == 1
    screen.quiet(0.3)
    assert [event["type"] for event in screen.events()] == ["question"]


def test_asking_again_tells_a_question_that_the_log_has_lost(watch: Watch, bob: Person, redis: Any) -> None:
    screen, other = watch(bob), watch()
    question_id = screen.do("ask", text="Is it organic?", client_id="same")["question"]
    lost = other.event("question")
    redis.zrem(ids_told(screen.welcome["room"]["id"]), lost["id"])
    screen.do("ask", text="Is it organic?", client_id="same")
    told = other.event("question")
    assert told["question"]["id"] == question_id
    assert (told["id"], told["offset"]) == (lost["id"], lost["offset"] + 1)


def test_slow_mode_says_how_long_to_wait(watch: Watch, room: LiveRoom, bob: Person, alice: Person) -> None:
    LiveRoom.objects.update(slow_mode_s=60)
    screen = watch(bob)
    assert screen.do("ask", text="One", client_id="1")["ok"]
    error = screen.do("ask", text="Two", client_id="2")["error"]
    assert error["code"] == "slow_mode"
    assert 50 < error["retry_after"] <= 60
    host = watch(alice)
    assert host.do("ask", text="One", client_id="1")["ok"]
    assert host.do("ask", text="Two", client_id="2")["ok"]


def test_slow_mode_cannot_be_outrun(room: LiveRoom, bob: Person) -> None:
    LiveRoom.objects.update(slow_mode_s=60)

    def ask(number: int) -> str:
        try:
            questions.ask(user_id=bob.id, room_id=room.pk, text="Me!", client_id=str(number))
            return "asked"
        except Problem as problem:
            return problem.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as devices:
        answers = list(devices.map(ask, range(12)))
    assert sorted(answers) == ["asked"] + ["slow_mode"] * 11


def test_a_premoderated_question_is_seen_once_it_is_approved(watch: Watch, alice: Person, bob: Person) -> None:
    LiveRoom.objects.update(premoderate=True)
    host, asker, viewer = watch(alice), watch(bob), watch()
    reply = asker.do("ask", text="Is it organic?", client_id="1")
    assert reply["status"] == "held"
    assert viewer.quiet(0.3) == [] or all(frame["type"] == "tick" for frame in viewer.seen[1:])
    assert asker.refusal("approve", question=reply["question"]) == "not_staff"
    assert host.do("approve", question=reply["question"])["status"] == "waiting"
    assert viewer.event("question")["question"]["text"] == "Is it organic?"


def test_moderators_pin_and_hide(watch: Watch, alice: Person, bob: Person) -> None:
    host, viewer = watch(alice), watch(bob)
    question_id = viewer.do("ask", text="Is it organic?", client_id="1")["question"]
    assert viewer.refusal("pin", question=question_id) == "not_staff"
    assert viewer.refusal("hide", question=question_id) == "not_staff"
    host.do("pin", question=question_id)
    assert viewer.event("pin") | {"id": 0, "epoch": ""} == {
        "offset": 2, "id": 0, "epoch": "", "type": "pin", "question_id": question_id, "pinned": True
    }  # fmt: skip
    host.do("hide", question=question_id)
    hidden = viewer.event("hide")
    assert hidden["question_id"] == question_id
    assert "organic" not in str(hidden)
    assert host.refusal("answer", question=question_id, text="Yes") == "question_hidden"
    assert watch().welcome["questions"] == []


def test_a_shopper_cannot_answer(watch: Watch, bob: Person) -> None:
    screen = watch(bob)
    question_id = screen.do("ask", text="Is it organic?", client_id="1")["question"]
    assert screen.refusal("answer", question=question_id, text="I say no") == "not_staff"
    assert Question.objects.get().answer == ""


def test_the_host_of_another_room_cannot_answer_here(watch: Watch, newcomer: Newcomer, bob: Person) -> None:
    eve = newcomer("Eve")
    theirs = make_store(owner=eve, handle="evestore")
    other = LiveRoom.objects.create(store=theirs, host=eve.user, title="Mine", status="live")
    question_id = watch(bob).do("ask", text="Is it organic?", client_id="1")["question"]
    assert watch(eve).refusal("answer", question=question_id, text="Ha") == "not_staff"
    assert watch(eve, at=other.pk).refusal("answer", question=question_id, text="Ha") == "not_found"
    assert Question.objects.get().answer == ""


def test_votes_count_once_and_are_told(watch: Watch, bob: Person, charlie: Person) -> None:
    asker, voter, viewer = watch(bob), watch(charlie), watch()
    question_id = asker.do("ask", text="Is it organic?", client_id="1")["question"]
    assert voter.do("upvote", question=question_id)["upvotes"] == 1
    assert voter.do("upvote", question=question_id)["upvotes"] == 1
    assert asker.do("upvote", question=question_id)["upvotes"] == 2
    assert voter.do("unvote", question=question_id)["upvotes"] == 1
    changed = viewer.event("question_changed")
    while changed["upvotes"] != 1:
        changed = viewer.event("question_changed")
    assert changed["question_id"] == question_id
    assert "question" not in changed, "votes tell nothing of the question but their number"


def test_hearts_of_two_people_come_as_few_ticks_with_the_right_total(
    watch: Watch, bob: Person, charlie: Person
) -> None:
    first, second, viewer = watch(bob), watch(charlie), watch()
    for _ in range(8):
        first.send({"type": "tap", "count": 50})
        second.send({"type": "tap", "count": 3})
    last = viewer.until(lambda frame: frame.get("likes") == 8 * 53 and frame["viewers"] == 3)
    assert last["type"] == "tick"
    assert "offset" not in last


@pytest.mark.alone
def test_a_socket_gets_at_most_four_ticks_a_second(watch: Watch, bob: Person) -> None:
    tapper, viewer = watch(bob), watch()
    for _ in range(25):
        tapper.send({"type": "tap", "count": 1})
        viewer.quiet(0.12)
    ticks = [
        at for frame, at in zip(viewer.seen, viewer.read_at, strict=True) if frame["type"] == "tick" and frame["likes"]
    ]
    assert len(ticks) >= 6
    assert all(later - earlier >= 0.95 for earlier, later in zip(ticks, ticks[4:], strict=False))
    viewer.ever(lambda frame: frame.get("likes") == 25)


def test_viewers_are_counted(watch: Watch) -> None:
    first = watch()
    second = watch()
    first.until(lambda frame: frame.get("viewers") == 2)
    second.close()
    first.until(lambda frame: frame.get("viewers") == 1)


def test_ping_is_answered(watch: Watch) -> None:
    screen = watch()
    screen.send({"type": "ping", "id": 7})
    assert screen.until(lambda frame: "reply" in frame) == {"reply": 7, "ok": True}
