"""What happens in a room and is told to all: one class an event, as it goes into the log and to clients."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from core.api import Out
from interactions.models import AskPolicy, Question, QuestionStatus, RoomProduct, RoomStatus
from posts.schemas import Price
from stores.schemas import PersonCard


class RoomProductOut(Out):
    """A product on the room's table."""

    id: int
    title: str
    url: str
    price: Price
    currency: str
    image: str | None
    featured: bool

    @staticmethod
    def of(product: RoomProduct) -> RoomProductOut:
        """A row of the table."""
        return RoomProductOut(
            id=product.pk,
            title=product.title,
            url=product.url,
            price=product.price,
            currency=product.currency,
            image=product.image or None,
            featured=product.featured,
        )


class QuestionOut(Out):
    """A question, with its answer when there is one."""

    id: int
    author: PersonCard
    text: str
    status: QuestionStatus
    upvotes: int
    answer: str | None
    answered_by: PersonCard | None
    answered_at: datetime | None
    pinned: bool
    created_at: datetime

    @staticmethod
    def of(question: Question) -> QuestionOut:
        """A question, read with its author and answerer."""
        return QuestionOut(
            id=question.pk,
            author=PersonCard.of(question.author),
            text=question.text,
            status=QuestionStatus(question.status),
            upvotes=question.upvotes,
            answer=question.answer or None,
            answered_by=PersonCard.of(question.answered_by) if question.answered_by else None,
            answered_at=question.answered_at,
            pinned=question.pinned_at is not None,
            created_at=question.created_at,
        )


class Event(Out):
    """What every event bears. The log adds `offset` when it takes the event."""

    offset: int = Field(default=0, exclude=True, description="place in the live log, counted from 1 in each epoch")
    id: int = Field(default=0, description="the event's number in the lasting log; 0 for what only the live log keeps")
    type: str


class QuestionAsked(Event):
    """Somebody asked, or a held question was approved."""

    type: Literal["question"] = "question"
    question: QuestionOut


class QuestionChanged(Event):
    """So many want it answered now; told at most once a second. Nothing else of the question is told with it."""

    type: Literal["question_changed"] = "question_changed"
    question_id: int
    upvotes: int


class QuestionAnswered(Event):
    """The store answered."""

    type: Literal["answer"] = "answer"
    question: QuestionOut


class QuestionPinned(Event):
    """A question was put on top, or taken from there."""

    type: Literal["pin"] = "pin"
    question_id: int
    pinned: bool


class QuestionHidden(Event):
    """A question was taken away: forget its text."""

    type: Literal["hide"] = "hide"
    question_id: int


class SettingsChanged(Event):
    """The room's rules are now these."""

    type: Literal["settings"] = "settings"
    ask_policy: AskPolicy
    slow_mode_s: int
    premoderate: bool


class ProductFeatured(Event):
    """The host shows a product; null: none any more."""

    type: Literal["feature"] = "feature"
    product_id: int | None


class ProductsChanged(Event):
    """What is on the table now, in place of what was."""

    type: Literal["products"] = "products"
    products: list[RoomProductOut]


class RoomStarted(Event):
    """The host went live."""

    type: Literal["started"] = "started"
    status: Literal[RoomStatus.LIVE] = RoomStatus.LIVE
    started_at: datetime


class RoomEnded(Event):
    """It is over; the sockets are closed with 4501 after this."""

    type: Literal["ended"] = "ended"
    status: Literal[RoomStatus.ENDED] = RoomStatus.ENDED
    ended_at: datetime
    likes: int


# The types of events that are about no question.
ABOUT_THE_ROOM = frozenset({"settings", "feature", "products", "started", "ended"})


def encode_event(event: Event) -> bytes:
    """The event as the log takes it: a JSON object that begins with its id and type."""
    return event.model_dump_json().encode()
