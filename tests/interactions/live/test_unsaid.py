"""What was hidden or corrected cannot be read again: not in the log, not by coming back, not in a welcome."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from interactions.live import keys
from interactions.live.audience import Audience
from interactions.live.events import QuestionOut
from interactions.live.room import LoggedEvent, Position, Window
from interactions.models import LiveRoom, Question
from interactions.services import questions
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Screen
from tests.people import Person

BAD = "SECRET TEXT"


def come_back(screen: Screen, epoch: str) -> list[dict[str, Any]]:
    """All events since the log's beginning."""
    reply = screen.do("resume", epoch=epoch, offset=0)
    assert reply["recovered"] is True
    found: list[dict[str, Any]] = next(frame for frame in screen.seen if frame.get("type") == "recovered")["events"]
    return found


def in_log(room: LiveRoom, redis: Any) -> list[dict[str, Any]]:
    """What the live log holds."""
    return [orjson.loads(entry.split(b" ", 2)[2]) for entry in redis.lrange(keys.log(room.pk), 0, -1)]


def test_a_hidden_text_is_told_to_nobody_who_comes_back(
    watch: Watch, alice: Person, bob: Person, room: LiveRoom, redis: Any
) -> None:
    host, asker = watch(alice), watch(bob)
    fine = asker.do("ask", text='Is it "question":{"id":2, organic?', client_id="1")["question"]
    bad = asker.do("ask", text=BAD, client_id="2")["question"]
    host.do("answer", question=bad, text=f"No {BAD}")
    host.do("hide", question=bad)
    host.ever(lambda frame: any(event["type"] == "hide" for event in frame.get("events", ())))
    events = in_log(room, redis)
    assert BAD not in str(events)
    assert [(event["offset"], event["type"]) for event in events] == [(1, "question")] + [
        (offset, "hide") for offset in (2, 3, 4)
    ]
    assert {event["question_id"] for event in events[1:]} == {bad}
    anybody = watch()
    assert come_back(anybody, anybody.welcome["epoch"]) == events
    assert BAD not in str(anybody.seen)
    assert events[0]["question"]["id"] == fine


def test_what_is_approved_again_is_read_again(watch: Watch, alice: Person, bob: Person, room: LiveRoom) -> None:
    host, asker = watch(alice), watch(bob)
    number = asker.do("ask", text="Is it organic?", client_id="1")["question"]
    host.do("hide", question=number)
    host.do("approve", question=number)
    host.ever(lambda frame: any(event["offset"] == 3 for event in frame.get("events", ())))
    anybody = watch()
    types = [event["type"] for event in come_back(anybody, anybody.welcome["epoch"])]
    assert types == ["hide", "hide", "question"]


def test_first_words_of_a_corrected_answer_are_told_to_nobody_who_comes_back(
    watch: Watch, alice: Person, bob: Person, anonymous: Person, room: LiveRoom, redis: Any
) -> None:
    host, asker = watch(alice), watch(bob)
    number = asker.do("ask", text="How do I reach you?", client_id="1")["question"]
    host.do("answer", question=number, text=f"Call {BAD}")
    host.do("answer", question=number, text="Write to us.")
    asker.until(lambda frame: "Write to us." in str(frame))
    events = in_log(room, redis)
    assert [(event["type"], event["question"]["answer"]) for event in events] == [
        ("question", None), ("answer", "Write to us."), ("answer", "Write to us."),
    ]  # fmt: skip
    anybody = watch()
    assert come_back(anybody, anybody.welcome["epoch"]) == events
    later = anonymous.get(f"/rooms/{room.pk}/events").json()["items"]
    assert [item["event"]["question"]["answer"] for item in later] == [None, "Write to us.", "Write to us."]


@pytest.fixture
def question(room: LiveRoom, bob: Person) -> Question:
    """Bob's, with a text to be hidden."""
    return questions.ask(user_id=bob.id, room_id=room.pk, text=BAD, client_id="1")


def test_a_process_forgets_what_it_remembered(question: Question) -> None:
    """Also of events that come in one message with the hiding."""
    out = QuestionOut.of(question).model_dump_json().encode()

    def asked(offset: int) -> LoggedEvent:
        return LoggedEvent(offset, "question", b'{"offset":%d,"id":7,"type":"question","question":%s}' % (offset, out))

    hide = LoggedEvent(3, "hide", b'{"offset":3,"id":8,"type":"hide","question_id":%d}' % question.pk)
    audience = Audience(1)
    audience.catch_up(Window(Position("e", 0), True, []))
    audience.take([("e", asked(1))])
    assert BAD.encode() in audience.recent[0].json
    audience.take([("e", asked(2)), ("e", hide)])
    assert [event.offset for event in audience.recent] == [1, 2, 3]
    assert {event.type for event in audience.recent} == {"hide"}
    assert BAD.encode() not in b"".join(event.json for event in audience.recent)
    assert orjson.loads(audience.recent[0].json) == {"offset": 1, "id": 8, "type": "hide", "question_id": question.pk}
