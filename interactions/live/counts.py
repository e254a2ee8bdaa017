"""How many questions a room has."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, Q

from interactions.models import SHOWN, LiveRoom, Question, QuestionStatus


class QuestionCounts(NamedTuple):
    """Questions that are shown, and how many of these were answered."""

    asked: int
    answered: int


def counts_of(room: LiveRoom) -> QuestionCounts:
    """The room's questions, counted in one statement from an index."""
    found = Question.objects.filter(room=room, status__in=SHOWN).aggregate(
        asked=Count("id"), answered=Count("id", filter=Q(status=QuestionStatus.ANSWERED))
    )
    return QuestionCounts(found["asked"], found["answered"])
