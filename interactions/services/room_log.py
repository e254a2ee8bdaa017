"""Telling what happened in a room: a row of the lasting log in the transaction, the live log after its commit.

What was committed and not told, because a process died or Redis went away in between, is found by `tell_untold` and
told as it is by then: a question that was hidden meanwhile is hidden, and no late word turns a room back.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from functools import partial

from django.db import transaction

from core import clock, logs
from interactions.live import room as live_log
from interactions.live import selectors
from interactions.live.events import (
    ABOUT_THE_ROOM,
    Event,
    ProductFeatured,
    ProductsChanged,
    QuestionAnswered,
    QuestionAsked,
    QuestionHidden,
    QuestionOut,
    QuestionPinned,
    RoomEnded,
    RoomProductOut,
    RoomStarted,
    SettingsChanged,
)
from interactions.models import SHOWN, AskPolicy, LiveRoom, Question, RoomEvent, RoomStatus

log = logs.get(__name__)

# Of a room, so many of the latest events are looked at, which is fewer than its live log remembers.
LOOKED_AT = 2_000
# Who has just committed is telling it now.
PATIENCE = timedelta(seconds=5)
# Each look begins so much before the end of the last one: what is committed may have been written that long ago.
OVERLAP = timedelta(seconds=60)
# No live log is older than its silence may be.
FORGOTTEN = timedelta(seconds=live_log.LIFE_S)
MOST_AT_ONCE = 200


def tell(*, room: LiveRoom, event: Event) -> None:
    """Within a transaction: keeps the event for good, and appends it to the live log once all is committed.

    When Redis goes away in between, the caller gets Unavailable although the row is there; saying the same again
    (services repeat with `tell_again`) tells it, and so does `tell_untold` before long.
    """
    row = RoomEvent.objects.create(
        room=room, type=event.type, payload=event.model_dump(mode="json", exclude={"id", "type"})
    )
    told = event.model_copy(update={"id": row.pk})
    transaction.on_commit(partial(_tell_now, room_id=room.pk, event=told))


def tell_again(*, room: LiveRoom, event: Event, question_id: int, answer: str | None = None) -> None:
    """Within a transaction that changes nothing, because it was done before: makes sure that the live log has it.

    It is the latest event of its type about this question; with `answer` the latest that told this one.
    """
    rows = RoomEvent.objects.filter(room=room, question=question_id, type=event.type)
    if answer is not None:
        rows = rows.filter(payload__question__answer=answer)
    row = rows.order_by("-id").first()
    if row is not None:
        told = event.model_copy(update={"id": row.pk})
        transaction.on_commit(partial(_tell_now, room_id=room.pk, event=told))


def _tell_now(*, room_id: int, event: Event) -> None:
    appended = live_log.append_in_order(room_id=room_id, event=event, subject=_subject(event))
    if appended.late:
        # Of two who wrote at the same time, the later one was told first. A hidden text must not be shown after all.
        _tell_as_it_is(event.id)


def _subject(event: Event) -> str:
    """What an event is about: of one subject, the last word counts."""
    match event:
        case QuestionAsked() | QuestionAnswered():
            return f"question {event.question.id}"
        case QuestionPinned() | QuestionHidden():
            return f"question {event.question_id}"
        case RoomStarted() | RoomEnded():
            return "status"
    return event.type


def tell_untold() -> int:
    """Tells events that were committed and never reached their room's live log; how many. May run twice at once.

    It looks at what was written since its last look, a day at most. Raises RedisAway, Unavailable.
    """
    until = clock.now() - PATIENCE
    before = live_log.looked_until()
    since = max(before - OVERLAP, until - FORGOTTEN) if before else until - FORGOTTEN
    rows = RoomEvent.objects.filter(type__in=TOLD_LATE, created_at__gt=since, created_at__lt=until).order_by("id")
    candidates: dict[int, deque[tuple[int, float]]] = {}
    for room_id, number, at in rows.values_list("room_id", "id", "created_at").iterator():
        candidates.setdefault(room_id, deque(maxlen=LOOKED_AT)).append((number, at.timestamp()))
    lacking = live_log.untold(candidates) if candidates else []
    told = 0
    for room_id, number in lacking[:MOST_AT_ONCE]:
        if _tell_as_it_is(number):
            log.warning("event %s of room %s had not been told: it is told now", number, room_id)
            told += 1
    if len(lacking) <= MOST_AT_ONCE:
        live_log.looked(until)
    return told


@transaction.atomic
def _tell_as_it_is(number: int) -> bool:
    """Appends what an event of the lasting log says by now, if it says anything; whether it does. Raises Unavailable.

    What it is about is locked until that is told: who changes it meanwhile commits, and tells, after that.
    """
    row = RoomEvent.objects.filter(id=number).first()
    if row is None:
        return False
    room = LiveRoom.objects.select_for_update(no_key=True).get(id=row.room_id)
    event = _question_event(row) if row.type in _ABOUT_QUESTIONS else _room_event(row.type, room)
    if event is not None:
        live_log.append(room_id=room.pk, event=event.model_copy(update={"id": number}))
    return event is not None


_ABOUT_QUESTIONS = {"question", "question_changed", "answer", "pin", "hide"}
# Every type of event (events.py).
TOLD_LATE = _ABOUT_QUESTIONS | ABOUT_THE_ROOM


def _question_event(row: RoomEvent) -> Event | None:
    number = row.question_named
    if number is None:
        return None
    locked = selectors.complete_questions().select_for_update(of=("self",), no_key=True)
    return question_as_it_is(row.type, number, locked.filter(room=row.room_id, id=number).first())


def question_as_it_is(kind: str, question_id: int, question: Question | None) -> Event:
    """What an event of some kind about a question says by now. None: there is no such question any more."""
    if question is None or question.status not in SHOWN:
        return QuestionHidden(question_id=question_id)
    if kind == "pin":
        return QuestionPinned(question_id=question_id, pinned=question.pinned_at is not None)
    out = QuestionOut.of(question)
    return QuestionAnswered(question=out) if question.answer else QuestionAsked(question=out)


def _room_event(kind: str, room: LiveRoom) -> Event | None:
    match kind:
        case "settings":
            return SettingsChanged(
                ask_policy=AskPolicy(room.ask_policy), slow_mode_s=room.slow_mode_s, premoderate=room.premoderate
            )
        case "feature":
            shown = room.products.filter(featured=True).first()
            return ProductFeatured(product_id=shown.pk if shown else None)
        case "products":
            return ProductsChanged(products=[RoomProductOut.of(product) for product in room.products.all()])
        case _:
            return status_as_it_is(room)


def status_as_it_is(room: LiveRoom) -> Event | None:
    """How far a room is, as an event; None while it is scheduled."""
    if room.status == RoomStatus.ENDED and room.ended_at:
        return RoomEnded(ended_at=room.ended_at, likes=room.likes)
    return RoomStarted(started_at=room.started_at) if room.status == RoomStatus.LIVE and room.started_at else None
