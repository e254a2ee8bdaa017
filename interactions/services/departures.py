"""Somebody's account is deleted: what they said and counted in live rooms goes first, then they do."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Q

from accounts import services as accounts
from accounts.models import User
from core import clock
from interactions import counters
from interactions.live import room as live_log
from interactions.live.events import QuestionHidden
from interactions.models import Comment, Like, Question, QuestionStatus, QuestionUpvote, RoomStatus
from interactions.services import questions, recaps
from interactions.services.room_log import FORGOTTEN


def forget_person(*, user_id: int) -> bool:
    """Takes a person's questions and votes out of all rooms, whose viewers are told, and then erases the account.

    Whether it could be erased (accounts.services.erase). Every step may be done twice. Raises RedisAway, Unavailable.
    """
    if not User.objects.filter(id=user_id, is_active=False).exists():
        return False  # erased already, or let in again
    voted = _take_votes_back(user_id)
    questions.tell_votes(told=dict.fromkeys(voted))
    _hide_questions(user_id)
    edge = clock.now() - FORGOTTEN
    told = Question.objects.filter(author=user_id).filter(Q(room__status=RoomStatus.LIVE) | Q(room__ended_at__gt=edge))
    live_log.append_all(
        [(room_id, QuestionHidden(question_id=number)) for room_id, number in told.values_list("room_id", "id")]
    )
    mine = Comment.objects.filter(author=user_id), Like.objects.filter(user=user_id)
    posts = {post_id for rows in mine for post_id in rows.values_list("post_id", flat=True)}
    erased = accounts.erase(user_id=user_id)
    if erased and posts:
        counters.rebuild(sorted(posts))
    return erased


@transaction.atomic
def _take_votes_back(user_id: int) -> list[int]:
    votes = QuestionUpvote.objects.select_for_update().filter(user=user_id).order_by("question_id")
    voted = list(votes.values_list("question_id", flat=True))
    QuestionUpvote.objects.filter(user=user_id, question__in=voted).delete()
    Question.objects.filter(id__in=voted, upvotes__gt=0).update(upvotes=F("upvotes") - 1)
    return voted


@transaction.atomic
def _hide_questions(user_id: int) -> None:
    for question in Question.objects.select_for_update().filter(author=user_id).order_by("id"):
        recaps.forget(question)
    Question.objects.filter(author=user_id).update(status=QuestionStatus.HIDDEN, pinned_at=None)
