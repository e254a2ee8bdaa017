"""What was committed and not told, as after kill -9 in between, is told as it is by then; and only that, and once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from core import clock, redis
from core.problems import Unavailable
from interactions.live import events, keys
from interactions.live.events import QuestionAnswered, QuestionOut, RoomStarted
from interactions.live.room import KNOWN_EVENTS, append
from interactions.models import LiveRoom, Question, QuestionStatus, RoomEvent, RoomProduct, RoomStatus
from interactions.services import questions, room_log
from interactions.services.rooms import end_room
from interactions.tasks import tell_untold
from tests.interactions.live.conftest import Watch
from tests.people import Person

Event = dict[str, Any]


@pytest.fixture
def born(redis: Any, room: LiveRoom) -> None:
    """The room's log began a while ago."""
    append(room_id=room.pk, event=RoomStarted(started_at=clock.now()))


@pytest.fixture
def question(born: None, room: LiveRoom, bob: Person) -> Question:
    """Bob's, told."""
    return questions.ask(user_id=bob.id, room_id=room.pk, text="Is it organic?", client_id="1")


def committed(room: LiveRoom, kind: str, payload: Event, *, seconds_ago: float = 6) -> RoomEvent:
    """A row whose writer died before it could tell."""
    row = RoomEvent.objects.create(room=room, type=kind, payload=payload)
    RoomEvent.objects.update(created_at=clock.now() - timedelta(seconds=seconds_ago))
    return row


def told(room: LiveRoom) -> list[Event]:
    """Everything in the live log since its birth."""
    entries: Any = redis.plain().client().lrange(keys.log(room.pk), 1, -1)
    return [orjson.loads(entry.split(b" ", 2)[2]) for entry in entries]


def test_what_was_never_told_is_told_once(room: LiveRoom, question: Question) -> None:
    row = committed(room, "answer", {"question": {"id": question.pk}})
    Question.objects.update(status=QuestionStatus.ANSWERED, answer="Yes.")
    assert tell_untold(0) == 1
    assert [event["type"] for event in told(room)] == ["question", "answer"]
    assert told(room)[-1]["id"] == row.pk
    assert told(room)[-1]["question"]["answer"] == "Yes."
    assert tell_untold(0) == 0
    assert len(told(room)) == 2


def test_who_has_just_committed_is_left_to_tell_it(room: LiveRoom, question: Question) -> None:
    committed(room, "hide", {"question_id": question.pk}, seconds_ago=3)
    assert tell_untold(0) == 0


def test_what_is_older_than_the_log_is_in_every_welcome(room: LiveRoom, question: Question) -> None:
    committed(room, "hide", {"question_id": question.pk}, seconds_ago=60)
    assert tell_untold(0) == 0


def test_a_room_without_a_log_is_told_nothing(room: LiveRoom, question: Question, redis: Any) -> None:
    committed(room, "hide", {"question_id": question.pk})
    redis.delete(keys.position(room.pk))
    assert tell_untold(0) == 0


def test_what_was_hidden_meanwhile_is_told_as_hidden(room: LiveRoom, question: Question) -> None:
    shown = {"question": QuestionOut.of(question).model_dump(mode="json")}
    for kind, payload in (("answer", shown), ("question", shown), ("pin", {"question_id": question.pk})):
        committed(room, kind, payload)
    Question.objects.update(status=QuestionStatus.HIDDEN, answer="A secret")
    assert tell_untold(0) == 3
    assert [event["type"] for event in told(room)[1:]] == ["hide"] * 3
    assert "secret" not in str(told(room))


def test_what_was_said_of_a_deleted_question_is_gone_with_it(room: LiveRoom, question: Question) -> None:
    committed(room, "question", {"question": {"id": question.pk}})
    Question.objects.all().delete()
    assert tell_untold(0) == 0
    assert room_log.question_as_it_is("question", question.pk, None).type == "hide"


def test_what_was_approved_again_is_told_as_shown(room: LiveRoom, question: Question) -> None:
    committed(room, "hide", {"question_id": question.pk})
    assert tell_untold(0) == 1
    assert told(room)[-1]["type"] == "question"
    assert told(room)[-1]["question"]["text"] == "Is it organic?"


def test_a_pin_is_told_as_it_is(room: LiveRoom, question: Question) -> None:
    committed(room, "pin", {"question_id": question.pk, "pinned": True})
    assert tell_untold(0) == 1
    assert told(room)[-1]["pinned"] is False


def test_rules_and_the_table_are_told_as_they_are(room: LiveRoom, born: None) -> None:
    product = RoomProduct.objects.create(
        room=room, position=0, title="Tea", url="https://tea.example/1", price="9.50", currency="EUR", featured=True
    )
    LiveRoom.objects.update(slow_mode_s=45)
    committed(room, "settings", {"ask_policy": "everyone", "slow_mode_s": 0, "premoderate": True})
    committed(room, "products", {"products": []})
    committed(room, "feature", {"product_id": None})
    assert tell_untold(0) == 3
    settings, products, feature = told(room)
    assert (settings["ask_policy"], settings["slow_mode_s"], settings["premoderate"]) == ("buyers", 45, False)
    assert [shown["title"] for shown in products["products"]] == ["Tea"]
    assert feature["product_id"] == product.pk


def test_a_start_told_after_the_end_is_the_end(room: LiveRoom, born: None, watch: Watch) -> None:
    viewer = watch()
    committed(room, "started", {})
    LiveRoom.objects.update(status=RoomStatus.ENDED, started_at=clock.now(), ended_at=clock.now(), likes=7)
    assert tell_untold(0) == 1
    assert told(room)[-1]["type"] == "ended"
    assert viewer.closed() == 4501


def test_every_type_of_event_can_be_told_late() -> None:
    types = {
        kind.model_fields["type"].default
        for kind in events.Event.__subclasses__()
        if kind.__module__ == events.__name__
    }
    assert types == room_log.TOLD_LATE


def test_what_redis_was_away_for_is_told_when_it_is_back(
    room: LiveRoom, question: Question, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis answers when it is asked whether it is there, and is gone by the commit."""

    def gone(*args: Any, **kwargs: Any) -> None:
        raise redis.RedisAway

    with monkeypatch.context() as broken:
        broken.setattr(redis.Script, "run", gone)
        with pytest.raises(Unavailable):
            questions.hide(user_id=alice.id, room_id=room.pk, question_id=question.pk)
        RoomEvent.objects.update(created_at=clock.now() - timedelta(seconds=6))
        assert tell_untold(0) == 0  # and no failure
    assert Question.objects.get().status == QuestionStatus.HIDDEN
    assert [event["type"] for event in told(room)] == ["question"]
    assert tell_untold(0) == 1
    assert [event["type"] for event in told(room)] == ["hide", "hide"], "and what it hides is not in the log any more"


@pytest.mark.parametrize("verb", ["hide", "pin", "approve"])
def test_saying_it_again_tells_what_redis_was_away_for(
    room: LiveRoom, question: Question, alice: Person, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    if verb == "approve":
        questions.hide(user_id=alice.id, room_id=room.pk, question_id=question.pk)
    options: Any = {"pinned": True} if verb == "pin" else {}

    def say() -> None:
        getattr(questions, verb)(user_id=alice.id, room_id=room.pk, question_id=question.pk, **options)

    before = len(told(room))
    with monkeypatch.context() as broken:
        broken.setattr(redis.Script, "run", _gone)
        with pytest.raises(Unavailable):
            say()
    assert len(told(room)) == before
    for _ in range(2):
        say()
    assert [event["type"] for event in told(room)[before:]] == ["question" if verb == "approve" else verb]


def _gone(*args: Any, **kwargs: Any) -> None:
    raise redis.RedisAway


def test_rows_of_an_older_release_are_told_once_and_not_again(room: LiveRoom, question: Question) -> None:
    """They bear their question in the payload alone; and one of a question that is gone says nothing."""
    row = committed(room, "answer", {"question": {"id": question.pk}})
    RoomEvent.objects.filter(id=row.pk).update(question=None)
    assert tell_untold(0) == 1
    assert tell_untold(0) == 0
    assert told(room)[-1]["question"]["id"] == question.pk


def test_a_busy_room_hides_nothing_that_another_was_not_told(
    room: LiveRoom, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_log, "LOOKED_AT", 3)
    committed(room, "pin", {"question_id": question.pk})
    busy = LiveRoom.objects.create(store=room.store, host=room.host, title="Busy", status=RoomStatus.LIVE)
    for _ in range(9):
        RoomEvent.objects.create(room=busy, type="settings", payload={})
    RoomEvent.objects.update(created_at=clock.now() - timedelta(seconds=6))
    assert tell_untold(0) == 1
    assert told(room)[-1]["type"] == "pin"


def test_each_look_goes_on_where_the_last_one_ended(
    room: LiveRoom, question: Question, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_untold(0)
    redis.hset(keys.position(room.pk), "born", 0)
    committed(room, "pin", {"question_id": question.pk}, seconds_ago=90)
    assert tell_untold(0) == 0, "before what was looked at last"
    redis.delete(keys.looked_until())
    assert tell_untold(0) == 1


def test_an_answer_overtaken_by_the_questions_hiding_shows_no_text(
    room: LiveRoom, question: Question, alice: Person
) -> None:
    """Two processes committed one after the other, and tell the other way round."""
    out = QuestionOut.of(question).model_copy(update={"answer": "A secret"})
    row = RoomEvent.objects.create(room=room, type="answer", payload={"question": {"id": question.pk}})
    questions.hide(user_id=alice.id, room_id=room.pk, question_id=question.pk)
    room_log._tell_now(room_id=room.pk, event=QuestionAnswered(id=row.pk, question=out))
    assert [event["type"] for event in told(room)] == ["hide", "hide", "hide"]
    assert "secret" not in str(told(room))


def test_ended_rooms_are_told_of_their_end(room: LiveRoom, born: None, alice: Person, redis: Any) -> None:
    end_room(user=alice.user, room_id=room.pk)
    redis.zrem(keys.told(room.pk), RoomEvent.objects.get().pk)
    RoomEvent.objects.update(created_at=clock.now() - timedelta(seconds=6))
    assert tell_untold(0) == 1
    assert [event["type"] for event in told(room)] == ["ended", "ended"]


def test_all_that_is_looked_at_is_remembered() -> None:
    assert room_log.LOOKED_AT < KNOWN_EVENTS
