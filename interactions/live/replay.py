"""Reading rooms as a list, and what is left of one: its answered questions in order, and the log of its events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, Extract

from accounts.models import User
from core import clock
from core.problems import NotFound
from interactions.live import policy
from interactions.live.events import ABOUT_THE_ROOM
from interactions.live.policy import Facts
from interactions.live.selectors import complete_questions
from interactions.models import SHOWN, LiveRoom, Question, QuestionStatus, RoomEvent, RoomMute, RoomStatus
from stores import roles
from stores.models import Role, Store, StoreStatus
from stores.roles import ALLOWED, Action
from stores.schemas import PersonCard

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SOME_DAY = 2**53  # in microseconds: the year 2255

RoomPlace = tuple[int, int, int]  # live, scheduled or ended; when, as it is sorted; id
Moment = tuple[int, int]  # microseconds since 1970; id


class LoggedThen(NamedTuple):
    """An event of the lasting log as clients are told it, milliseconds after the start (0: before it)."""

    at_ms: int
    event: dict[str, Any]


def complete_rooms() -> QuerySet[LiveRoom]:
    """Rooms with what telling of them takes."""
    return LiveRoom.objects.select_related("store", "cover", "recap")


class Shown(NamedTuple):
    """A room, and its reader's role in its store."""

    room: LiveRoom
    role: Role | None

    @property
    def staff(self) -> bool:
        """Whether they work for the store."""
        return self.role is not None

    @property
    def may_recap(self) -> bool:
        """Whether they may write the room's recap, once it has ended."""
        return self.role is not None and {Action.HOST, Action.POST} <= ALLOWED[self.role]


def shown_room(*, room_id: int, viewer: User | None) -> Shown:
    """A room of an approved store; its staff and platform staff see it anyway. Raises NotFound.

    One statement, and for who is signed in another.
    """
    room = complete_rooms().filter(id=room_id).first()
    if room is None:
        raise NotFound
    role = roles.role_of(user=viewer, store=room.store)
    inside = role is not None or (viewer is not None and viewer.is_staff)
    if room.store.status != StoreStatus.APPROVED and not inside:
        raise NotFound
    return Shown(room, role)


def rooms_of(
    *, store: Store, status: RoomStatus | None, after: RoomPlace | None, limit: int
) -> tuple[list[LiveRoom], RoomPlace | None]:
    """A store's rooms: live ones, the upcoming ones by their time, then the latest ended. One statement.

    And where to go on (None: the end). The store is one that the reader may see.
    """
    rooms = complete_rooms().filter(store=store).annotate(stage=_STAGE, moment=_MOMENT)
    if status is not None:
        rooms = rooms.filter(status=status)
    if after is not None:
        stage, moment, room_id = after
        later = Q(moment__gt=moment) | Q(moment=moment, id__lt=room_id)
        rooms = rooms.filter(Q(stage__gt=stage) | Q(later, stage=stage))
    rows: list[Any] = list(rooms.order_by("stage", "moment", "-id")[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], (last.stage, last.moment, last.pk)


def _microseconds(field: str) -> Cast:
    return Cast(Extract(field, "epoch") * 1_000_000, BigIntegerField())


_STAGE = Case(
    When(status=RoomStatus.LIVE, then=0), When(status=RoomStatus.SCHEDULED, then=1), default=2,
    output_field=IntegerField(),
)  # fmt: skip
# Without a time, upcoming rooms come after those with one.
_MOMENT = Case(
    When(status=RoomStatus.LIVE, then=-_microseconds("started_at")),
    When(status=RoomStatus.SCHEDULED, then=Coalesce(_microseconds("starts_at"), Value(SOME_DAY))),
    default=-_microseconds("ended_at"),
    output_field=BigIntegerField(),
)


def answered_page(
    *, room: LiveRoom, after: Moment | None, limit: int
) -> tuple[list[Question], Moment | None]:  # fmt: skip
    """Questions that were answered and are shown, in the order of their answers, and where to go on (None: the end)."""
    found = complete_questions().filter(room=room, status=QuestionStatus.ANSWERED).order_by("answered_at", "id")
    if after is not None:
        at = EPOCH + after[0] * MICROSECOND
        found = found.filter(answered_at__gte=at).filter(Q(answered_at__gt=at) | Q(id__gt=after[1]))
    rows = list(found[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    assert last.answered_at is not None  # answered
    return rows[:limit], ((last.answered_at - EPOCH) // MICROSECOND, last.pk)


def since_start(room: LiveRoom, at: datetime) -> timedelta:
    """How long after the room's start something was; zero for what was before it, or without a start."""
    return max(at - room.started_at, timedelta(0)) if room.started_at else timedelta(0)


def event_page(*, room: LiveRoom, after: int | None, limit: int) -> tuple[list[LoggedThen], int | None]:
    """Events as they were told, in order, and the id to go on after (None: the end). One statement.

    Everything about a question that is not shown now is left out, whatever was told then. People, and an answer where
    one was told, are as they are now.
    """
    shown = Q(question=None, type__in=ABOUT_THE_ROOM) | Q(question__status__in=SHOWN)
    told = RoomEvent.objects.filter(room=room).filter(shown)
    if after is not None:
        told = told.filter(id__gt=after)
    rows = list(told.select_related("question__author", "question__answered_by").order_by("id")[: limit + 1])
    page = rows[:limit]
    return [_logged(room, row) for row in page], page[-1].pk if len(rows) > limit else None


def _logged(room: LiveRoom, row: RoomEvent) -> LoggedThen:
    event = {"id": row.pk, "type": row.type} | row.payload
    if row.question is not None and "question" in row.payload:
        event["question"] = row.payload["question"] | _by_now(row.question, row.payload["question"])
    return LoggedThen(since_start(room, row.created_at) // timedelta(milliseconds=1), event)


def _by_now(question: Question, told: dict[str, Any]) -> dict[str, Any]:
    by = question.answered_by if told.get("answered_by") else None
    return {
        "author": PersonCard.of(question.author).dict(),
        "answer": question.answer or None if told.get("answer") else None,
        "answered_by": PersonCard.of(by).dict() if by else None,
    }


def muted_page(
    *, room_id: int, viewer: User, before: int | None, limit: int
) -> tuple[list[RoomMute], int | None]:  # fmt: skip
    """Who is muted in a room now, the latest first, and the id to go on before (None: the end). For moderators.

    Raises NotFound, NotStaff.
    """
    room, _ = shown_room(room_id=room_id, viewer=viewer)
    role = roles.role_of(user=viewer, store=room.store)
    facts = Facts(signed_in=True, platform_staff=viewer.is_staff, role=role)
    refusal = policy.staff_refusal(facts, Action.MODERATE)
    if refusal is not None:
        raise refusal
    muted = RoomMute.objects.filter(room=room, until__gt=clock.now()).select_related("user", "by")
    if before is not None:
        muted = muted.filter(id__lt=before)
    rows = list(muted.order_by("-id")[: limit + 1])
    return rows[:limit], rows[limit - 1].pk if len(rows) > limit else None
