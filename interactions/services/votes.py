"""Votes for questions, many at a time: what a crowd wants costs a few statements, and holds nobody up.

No question is locked while its voters are judged. Its number changes in the last statement but one, once for all votes
of a batch, so that an answer waits for a moment at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts.models import User
from core.problems import NotFound, NotSignedIn, Problem
from interactions.live import policy
from interactions.live.policy import Facts
from interactions.models import SHOWN, LiveRoom, Question, QuestionUpvote
from interactions.services.access import taking_part
from stores.models import StoreStatus

_SOMEBODY = Facts(signed_in=True)
# Sorted, as everybody's: two batches that add the same votes wait for each other in one order.
_ADD = """
INSERT INTO interactions_questionupvote (question_id, user_id)
SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING RETURNING question_id
"""


class Vote(NamedTuple):
    """A person (None: not signed in) wants a question answered; not `wanted`: not any more."""

    user_id: int | None
    room_id: int
    question_id: int
    wanted: bool


def cast(votes: Sequence[Vote]) -> list[int | Exception]:
    """For each vote the question's upvotes after all of them, or the Problem that it is refused with.

    Problems: NotFound, NotSignedIn, RoomNotLive, RoomHasEnded, StoreSuspended, StoreNotApproved. What was done before
    changes nothing; of a person's votes for one question in a batch the last one counts.
    """
    try:
        return _cast(votes)
    except IntegrityError:  # a person or a question was deleted meanwhile: the others' votes count
        return _cast(votes)


@transaction.atomic
def _cast(votes: Sequence[Vote]) -> list[int | Exception]:
    refusals = _refusals(votes)
    valid = [vote for vote, refusal in zip(votes, refusals, strict=True) if refusal is None]
    last = {(vote.question_id, vote.user_id): vote for vote in valid}
    changes = _add([vote for _, vote in sorted(last.items()) if vote.wanted])
    changes.subtract(_take_back([vote for vote in last.values() if not vote.wanted]))
    for question_id, change in sorted(changes.items()):
        if change:
            Question.objects.filter(id=question_id).update(upvotes=F("upvotes") + change)
    upvotes = dict(Question.objects.filter(id__in={q for q, _ in last}).values_list("id", "upvotes"))
    return [
        refusal if refusal is not None else upvotes.get(vote.question_id, 0)
        for vote, refusal in zip(votes, refusals, strict=True)
    ]


def _add(votes: Iterable[Vote]) -> Counter[int]:
    """Votes that were not there yet, by question."""
    pairs = [(vote.question_id, vote.user_id) for vote in votes]
    if not pairs:
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [[question for question, _ in pairs], [user for _, user in pairs]])
        return Counter(row[0] for row in cursor.fetchall())


def _take_back(votes: Sequence[Vote]) -> Counter[int]:
    """Votes that were there, by question."""
    if not votes:
        return Counter()
    unwanted = {(vote.question_id, vote.user_id) for vote in votes}
    there = QuestionUpvote.objects.select_for_update().order_by("id").filter(
        question_id__in={question for question, _ in unwanted}, user_id__in={user for _, user in unwanted}
    )  # fmt: skip
    found = [row for row in there.values_list("id", "question_id", "user_id") if row[1:] in unwanted]
    QuestionUpvote.objects.filter(id__in=[number for number, _, _ in found]).delete()
    return Counter(question for _, question, _ in found)


def _refusals(votes: Sequence[Vote]) -> list[Problem | None]:
    people = User.objects.filter(is_active=True).in_bulk({vote.user_id for vote in votes if vote.user_id is not None})
    rooms = LiveRoom.objects.select_related("store").in_bulk({vote.room_id for vote in votes})
    shown = Question.objects.filter(id__in={vote.question_id for vote in votes}, status__in=SHOWN)
    places = set(shown.values_list("room_id", "id"))
    return [
        _refusal(
            vote, people.get(vote.user_id or 0), rooms.get(vote.room_id), (vote.room_id, vote.question_id) in places
        )
        for vote in votes
    ]


def _refusal(vote: Vote, user: User | None, room: LiveRoom | None, shown: bool) -> Problem | None:
    if user is None:
        return NotSignedIn()
    if room is None:
        return NotFound()
    if room.store.status != StoreStatus.APPROVED:
        try:
            taking_part(vote.room_id, user)
        except Problem as problem:
            return problem
    return policy.part_refusal(_SOMEBODY, status=room.status) or (None if shown else NotFound())
