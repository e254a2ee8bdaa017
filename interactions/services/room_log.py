"""Telling what happened in a room: a row of the lasting log in the transaction, the live log after its commit.

What was committed and not told, because a process died or Redis went away in between, is found by `tell_untold` and
told as it is by then: a question that was hidden meanwhile is hidden, and no late word turns a room back.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db import transaction

from core import clock, logs
from interactions.live import room as live_log
from interactions.live import selectors
from interactions.live.events import (
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
from interactions.models import AskPolicy, LiveRoom, Question, RoomEvent, RoomStatus

log = logs.get(__name__)

# Of the lasting log, so many of the latest events are looked at, which is fewer than a live log remembers of a room.
LOOKED_AT = 2_000
# Who has just committed is telling it now.
PATIENCE = timedelta(seconds=5)
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


def tell_again(*, room: LiveRoom, event: Event, about: dict[str, object]) -> None:
    """Within a transaction that changes nothing, because it was done before: makes sure that the live log has it.

    `about` finds the event among the room's, by its payload.
    """
    row = RoomEvent.objects.filter(room=room, type=event.type, payload__contains=about).order_by("-id").first()
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

    Raises RedisAway, Unavailable.
    """
    now = clock.now()
    latest = RoomEvent.objects.filter(id__in=RoomEvent.objects.order_by("-id").values("id")[:LOOKED_AT])
    rows = latest.filter(type__in=TOLD_LATE, created_at__gt=now - FORGOTTEN, created_at__lt=now - PATIENCE)
    candidates: dict[int, list[tuple[int, float]]] = {}
    for room_id, number, at in rows.values_list("room_id", "id", "created_at"):
        candidates.setdefault(room_id, []).append((number, at.timestamp()))
    if not candidates:
        return 0
    lacking = live_log.untold(candidates)[:MOST_AT_ONCE]
    for room_id, number in lacking:
        log.warning("event %s of room %s had not been told: it is told now", number, room_id)
        _tell_as_it_is(number)
    return len(lacking)


@transaction.atomic
def _tell_as_it_is(number: int) -> None:
    """Appends what an event of the lasting log says by now. Raises Unavailable.

    What it is about is locked until that is told: who changes it meanwhile commits, and tells, after that.
    """
    row = RoomEvent.objects.filter(id=number).first()
    if row is None:
        return
    room = LiveRoom.objects.select_for_update(no_key=True).get(id=row.room_id)
    event = _question_event(row) if row.type in _ABOUT_QUESTIONS else _room_event(row.type, room)
    if event is not None:
        live_log.append(room_id=room.pk, event=event.model_copy(update={"id": number}))


_ABOUT_QUESTIONS = {"question", "question_changed", "answer", "pin", "hide"}
_ABOUT_THE_ROOM = {"settings", "feature", "products", "started", "ended"}
# Every type of event (events.py).
TOLD_LATE = _ABOUT_QUESTIONS | _ABOUT_THE_ROOM


def _question_event(row: RoomEvent) -> Event | None:
    if row.question_id is None:
        return None
    locked = selectors.complete_questions().select_for_update(of=("self",), no_key=True)
    return question_as_it_is(row.type, row.question_id, locked.filter(id=row.question_id).first())


def question_as_it_is(kind: str, question_id: int, question: Question | None) -> Event:
    """What an event of some kind about a question says by now. None: there is no such question any more."""
    if question is None or question.status not in selectors.PUBLIC:
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
