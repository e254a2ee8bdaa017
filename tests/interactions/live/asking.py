"""Questions and mutes put into a room through the tables, where asking itself is not what a test is about."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from core import clock
from interactions.models import LiveRoom, Question, QuestionStatus, RoomStatus
from tests.people import Person

_numbers = itertools.count(1)


def question(room: LiveRoom, author: Person, text: str = "", **fields: Any) -> Question:
    """A question of this person."""
    number = next(_numbers)
    return Question.objects.create(
        room=room, author=author.user, client_id=f"t{number}", text=text or f"Question {number}", **fields
    )


def answered(room: LiveRoom, author: Person, text: str = "", *, after_s: float = 60, **fields: Any) -> Question:
    """A question that was answered so many seconds after the start."""
    assert room.started_at is not None
    values = {
        "answer": "Yes.",
        "status": QuestionStatus.ANSWERED,
        "answered_at": room.started_at + timedelta(seconds=after_s),
    }
    return question(room, author, text, **(values | fields))


def ended(room: LiveRoom, *, minutes: int = 30, **fields: Any) -> LiveRoom:
    """The same room, which went live so many minutes ago and has just ended."""
    now = clock.now()
    values = {"status": RoomStatus.ENDED, "started_at": now - timedelta(minutes=minutes), "ended_at": now} | fields
    LiveRoom.objects.filter(id=room.pk).update(**values)
    room.refresh_from_db()
    return room
