"""What the API says of a room that is looked back on, and reads to write its recap."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from core.api import In, Out, Page
from interactions.live.counts import QuestionCounts
from interactions.live.events import QuestionOut
from interactions.live.replay import LoggedThen, since_start
from interactions.live.schemas import RoomInfo
from interactions.models import LiveRoom, Question
from posts.schemas import ID_BOUND, Text, Title

MOST_NAMED = 50


class AnsweredOut(Out):
    """An answered question, and when in the room it was answered."""

    at_s: int = Field(description="seconds since the room went live")
    question: QuestionOut

    @staticmethod
    def of(question: Question, room: LiveRoom) -> AnsweredOut:
        """A question, read with its people."""
        at = since_start(room, question.answered_at or question.created_at)
        return AnsweredOut(at_s=at // timedelta(seconds=1), question=QuestionOut.of(question))


class ReplayOut(Page[AnsweredOut]):
    """A room's answered questions in the order of their answers, with its totals."""

    room: RoomInfo
    asked: int = Field(description="questions that are shown, answered or not")
    answered: int

    @staticmethod
    def page(
        room: LiveRoom, counts: QuestionCounts, answered: list[Question], *, staff: bool, cursor: str | None
    ) -> ReplayOut:
        """A page of it."""
        return ReplayOut(
            room=RoomInfo.of(room, staff=staff),
            asked=counts.asked,
            answered=counts.answered,
            items=[AnsweredOut.of(question, room) for question in answered],
            next_cursor=cursor,
        )


class RoomEventOut(Out):
    """Something that happened in a room, as the websocket told it."""

    at_ms: int = Field(description="milliseconds since the room went live; 0 for what was before that")
    event: dict[str, Any] = Field(description="`id`, `type` and the rest, without the live log's `offset`")

    @staticmethod
    def of(logged: LoggedThen) -> RoomEventOut:
        """An event of the lasting log."""
        return RoomEventOut(at_ms=logged.at_ms, event=logged.event)


def _unique(ids: list[int]) -> list[int]:
    if len(set(ids)) != len(ids):
        raise ValueError("must not name a question twice")
    return ids


class RecapIn(In):
    """How a room's recap is to be; without anything it is a draft of the most wanted answers."""

    title: Title = Field(default="", description="the room's own unless given")
    text: Text = Field(default="", description="what stands before the questions")
    questions: Annotated[
        list[Annotated[int, Field(ge=1, lt=ID_BOUND)]], Field(max_length=MOST_NAMED), AfterValidator(_unique)
    ] = Field(default=[], description="answered questions of this room, in order; none: the most wanted that fit")
    publish: bool = Field(default=False, description="at once; else it waits as a draft")
