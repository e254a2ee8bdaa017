"""Reading rooms: who may see one, what is on its table, what is known of a person in it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from accounts.models import User
from core.problems import NotFound
from interactions.live import policy
from interactions.live.counts import counts_of
from interactions.live.events import QuestionOut
from interactions.live.policy import NOBODY, Facts
from interactions.live.room import now_at
from interactions.live.schemas import RoomOut, You
from interactions.live.standing import standing_by, you_of
from interactions.models import SHOWN, AskPolicy, LiveRoom, Question, QuestionStatus, QuestionUpvote, RoomMute
from stores import roles
from stores.models import Follow, Store
from stores.orders.proof import Refusal, purchase_proof
from stores.roles import Action, NotStaff

# How many questions a screen is given at once; the rest is paged.
TABLE_SIZE = 50
# How many of their latest votes in a room a person is told.
VOTES_TOLD = 200


class Joining(NamedTuple):
    """A person at the door of a room. `user` is None for who only watches."""

    room: LiveRoom
    user: User | None
    facts: Facts


def _visible(room: LiveRoom | None, facts: Facts) -> LiveRoom:
    if room is None or not policy.may_see(facts, store_status=room.store.status):
        raise NotFound
    return room


def _room(room_id: int) -> LiveRoom | None:
    return LiveRoom.objects.select_related("store", "cover").filter(id=room_id).first()


def facts_of(*, user: User | None, room: LiveRoom) -> Facts:
    """What policy needs to know of a person in this room. For many at once there is seats.read."""
    if user is None:
        return NOBODY
    role = roles.role_of(user=user, store=room.store)
    refusal = None
    if role is None and room.ask_policy == AskPolicy.BUYERS:
        proof = purchase_proof(user=user, store=room.store)
        refusal = proof.problem if isinstance(proof, Refusal) else None
    return Facts(
        signed_in=True,
        platform_staff=user.is_staff,
        role=role,
        follows=room.ask_policy == AskPolicy.FOLLOWERS and _follows(user, room.store),
        refusal=refusal,
        muted_until=_muted_until(user, room),
    )


def _follows(user: User, store: Store) -> bool:
    return Follow.objects.filter(user=user, store=store).exists()


def _muted_until(user: User, room: LiveRoom) -> datetime | None:
    return RoomMute.objects.filter(room=room, user=user).values_list("until", flat=True).first()


def visible_room(*, room_id: int, viewer: User | None) -> LiveRoom:
    """A room of an approved store; its staff and platform staff see it anyway. Raises NotFound."""
    return join(room_id=room_id, viewer=viewer).room


def join(*, room_id: int, viewer: User | None) -> Joining:
    """A visible room and what is known of the person there. Raises NotFound."""
    room = _room(room_id)
    if room is None:
        raise NotFound
    facts = facts_of(user=viewer, room=room)
    return Joining(_visible(room, facts), viewer, facts)


def you(joining: Joining) -> You:
    """What the person may do in the room now, and why not."""
    room, user, facts = joining
    standing = standing_by(facts, status=room.status, ask_policy=room.ask_policy)
    if user is None:
        return you_of(standing, user_id=None, name=None, voted=[])
    return you_of(standing, user_id=user.pk, name=user.display_name, voted=_voted(user, room))


def _voted(user: User, room: LiveRoom) -> list[int]:
    # Of a person's votes those of other times are not even read: a room's questions have ids near each other.
    asked = Question.objects.filter(room=room).values("id")
    votes = QuestionUpvote.objects.filter(
        user=user,
        question__room=room,
        question_id__gte=asked.order_by("id")[:1],
        question_id__lte=asked.order_by("-id")[:1],
    ).order_by("-id")
    return list(votes.values_list("question_id", flat=True)[:VOTES_TOLD])


def complete_questions() -> QuerySet[Question]:
    """Questions with what showing them takes."""
    return Question.objects.select_related("author", "answered_by")


def table(room: LiveRoom) -> list[QuestionOut]:
    """The questions that a screen starts with: pinned ones, then the newest."""
    found = complete_questions().filter(room=room, status__in=SHOWN)
    shown = found.order_by(F("pinned_at").desc(nulls_last=True), "-id")[:TABLE_SIZE]
    return [QuestionOut.of(question) for question in shown]


def whole_room(*, room_id: int, viewer: User | None) -> RoomOut:
    """A room with all that a screen needs. The position is read first, so that the rest is at least as new."""
    position, totals = now_at(room_id)
    joining = join(room_id=room_id, viewer=viewer)
    return RoomOut.whole(
        joining.room,
        questions=table(joining.room),
        counts=counts_of(joining.room),
        position=position,
        totals=totals,
        you=you(joining),
    )


def question_page(
    *, room_id: int, viewer: User | None, status: QuestionStatus | None, by_votes: bool,
    after: tuple[int, int] | None, limit: int,
) -> tuple[list[Question], tuple[int, int] | None]:  # fmt: skip
    """A page of questions, newest or most wanted first, and the (upvotes, id) to go on after (None: the end).

    Raises NotFound, and NotStaff when somebody else than a moderator asks for held or hidden ones.
    """
    joining = join(room_id=room_id, viewer=viewer)
    if status not in (None, *SHOWN) and not policy.may_act(joining.facts, Action.MODERATE):
        raise NotStaff
    found = complete_questions().filter(room=joining.room, status__in=[status] if status else SHOWN)
    if by_votes:
        found = found.order_by("-upvotes", "-id")
        if after is not None:
            found = found.filter(Q(upvotes__lt=after[0]) | Q(upvotes=after[0], id__lt=after[1]))
    else:
        found = found.order_by("-id")
        if after is not None:
            found = found.filter(id__lt=after[1])
    rows = list(found[: limit + 1])
    more = len(rows) > limit
    return rows[:limit], (rows[limit - 1].upvotes, rows[limit - 1].pk) if more else None
