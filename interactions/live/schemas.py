"""What the API and the welcome frame say about rooms, and what it takes to open one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.conf import settings
from pydantic import AwareDatetime, Field, StringConstraints

from accounts.models import User
from core.api import In, Out, PageQuery
from core.pictures import picture_url
from core.problems import Problem
from core.text import FilledLine
from interactions.live.events import QuestionOut, RoomProductOut
from interactions.live.policy import Facts
from interactions.live.room import Position, Totals
from interactions.models import AskPolicy, LiveRoom, QuestionStatus, RoomStatus
from posts.schemas import ID_BOUND, Products
from stores.models import Role
from stores.schemas import StoreCard

LIMITS = settings.LIMITS


class RoomInfo(Out):
    """A room, without what is on its table."""

    id: int
    store: StoreCard
    title: str
    cover: str | None
    status: RoomStatus
    ask_policy: AskPolicy
    slow_mode_s: int
    premoderate: bool
    starts_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @staticmethod
    def of(room: LiveRoom) -> RoomInfo:
        """A room, read with its store and cover."""
        return RoomInfo(
            id=room.pk,
            store=StoreCard.of(room.store),
            title=room.title,
            cover=picture_url(room.cover.picture, width=640) if room.cover else None,
            status=RoomStatus(room.status),
            ask_policy=AskPolicy(room.ask_policy),
            slow_mode_s=room.slow_mode_s,
            premoderate=room.premoderate,
            starts_at=room.starts_at,
            started_at=room.started_at,
            ended_at=room.ended_at,
        )


class Can(Out):
    """What one may do in the room now."""

    tap: bool
    upvote: bool
    ask: bool
    answer: bool
    moderate: bool
    host: bool


class WhyNot(Out):
    """For what one may not do: the code that the frame would be refused with."""

    tap: str | None
    upvote: str | None
    ask: str | None
    answer: str | None
    moderate: str | None
    host: str | None


class You(Out):
    """The person behind the socket or request; `id` is null for who only watches."""

    id: int | None
    name: str | None
    role: Role | None
    can: Can
    why_not: WhyNot

    @staticmethod
    def of(user: User | None, facts: Facts, refusals: dict[str, Problem | None]) -> You:
        """From what policy.refusals said."""
        return You(
            id=user.pk if user else None,
            name=user.display_name if user else None,
            role=facts.role,
            can=Can(**{act: problem is None for act, problem in refusals.items()}),
            why_not=WhyNot(**{act: problem.code if problem else None for act, problem in refusals.items()}),
        )


class RoomOut(RoomInfo):
    """A room with everything that a screen needs; go on from `epoch` and `offset` over the websocket."""

    likes: int
    viewers: int
    products: list[RoomProductOut]
    questions: list[QuestionOut] = Field(description="pinned first, then the newest; the whole list is paged")
    epoch: str | None = Field(description="null while there is no live log")
    offset: int
    you: You
    socket: str = Field(description="path of the room's websocket")

    @staticmethod
    def whole(
        room: LiveRoom, *, questions: list[QuestionOut], position: Position | None, totals: Totals, you: You
    ) -> RoomOut:
        """A room, read with its products."""
        return RoomOut(
            **RoomInfo.of(room).dict(),
            likes=max(room.likes, totals.likes),
            viewers=totals.viewers,
            products=[RoomProductOut.of(product) for product in room.products.all()],
            questions=questions,
            epoch=position.epoch if position else None,
            offset=position.offset if position else 0,
            you=you,
            socket=f"/ws/rooms/{room.pk}",
        )


class RoomIn(In):
    """A new room. It is scheduled until it is started."""

    title: Annotated[FilledLine, StringConstraints(max_length=120)]
    ask_policy: AskPolicy = AskPolicy.BUYERS
    slow_mode_s: Annotated[int, Field(ge=0, le=LIMITS.live_slow_mode_max_s)] = 10
    premoderate: bool = False
    starts_at: AwareDatetime | None = Field(default=None, description="when followers may expect it")
    cover: Annotated[int, Field(ge=1, lt=ID_BOUND)] | None = Field(
        default=None, description="number of a processed picture of this store"
    )
    products: Products = []


class QuestionQuery(PageQuery):
    """`?sort=&status=` of a room's questions."""

    sort: Literal["time", "votes"] = "time"
    status: QuestionStatus | None = Field(default=None, description="held and hidden ones are for moderators")
