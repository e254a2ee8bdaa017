"""What the API and the welcome frame say about rooms, and what it takes to open one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.conf import settings
from pydantic import AwareDatetime, Field, StringConstraints

from core.api import In, Out, PageQuery
from core.pictures import picture_url
from core.text import FilledLine
from interactions.live.changes import RoomText, Rules
from interactions.live.counts import QuestionCounts
from interactions.live.events import QuestionOut, RoomProductOut
from interactions.live.room import Position, Totals
from interactions.models import AskPolicy, LiveRoom, QuestionStatus, RoomMute, RoomStatus
from posts.models import PostStatus
from posts.schemas import ID_BOUND, Products
from stores.models import Role
from stores.schemas import PersonCard, StoreCard

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
    likes: int = Field(description="hearts; while the room is live, ticks know better")
    peak_viewers: int = Field(description="the most who watched at the same time")
    recap: int | None = Field(description="id of the post that looks back on it; a draft is told to staff alone")

    @staticmethod
    def of(room: LiveRoom, *, staff: bool = False) -> RoomInfo:
        """A room, read with its store, cover and recap, for anybody or for the store's staff."""
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
            likes=room.likes,
            peak_viewers=room.peak_viewers,
            recap=_recap(room, staff=staff),
        )


def _recap(room: LiveRoom, *, staff: bool) -> int | None:
    # Most rooms have none: then its post is not even asked for.
    post = room.recap if room.recap_id else None
    if post is None or post.status == PostStatus.DELETED:
        return None
    return post.pk if staff or post.status == PostStatus.PUBLISHED else None


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
    voted: list[int] = Field(description="ids of the questions here that you voted for, the latest 200 votes")
    retry_after: int | None = Field(description="seconds that a mute still lasts")


class RoomOut(RoomInfo):
    """A room with everything that a screen needs; go on from `epoch` and `offset` over the websocket."""

    viewers: int
    asked: int = Field(description="questions that are shown, answered or not")
    answered: int
    products: list[RoomProductOut]
    questions: list[QuestionOut] = Field(description="pinned first, then the newest; the whole list is paged")
    epoch: str | None = Field(description="null while there is no live log")
    offset: int
    you: You
    socket: str = Field(description="path of the room's websocket")

    @staticmethod
    def whole(
        room: LiveRoom,
        *,
        questions: list[QuestionOut],
        counts: QuestionCounts,
        position: Position | None,
        totals: Totals,
        you: You,
    ) -> RoomOut:
        """A room, read with its products. What has ended keeps the totals that it ended with."""
        info = RoomInfo.of(room, staff=you.role is not None).dict()
        if room.status != RoomStatus.ENDED:
            info["likes"] = max(room.likes, totals.likes)
            info["peak_viewers"] = max(room.peak_viewers, totals.viewers)
        return RoomOut(
            **info,
            viewers=totals.viewers,
            asked=counts.asked,
            answered=counts.answered,
            products=[RoomProductOut.of(product) for product in room.products.all()],
            questions=questions,
            epoch=position.epoch if position else None,
            offset=position.offset if position else 0,
            you=you,
            socket=f"/ws/rooms/{room.pk}",
        )


Title = Annotated[FilledLine, StringConstraints(max_length=120)]
SlowMode = Annotated[int, Field(ge=0, le=LIMITS.live_slow_mode_max_s, description="seconds between one's questions")]
PictureId = Annotated[int, Field(ge=1, lt=ID_BOUND)]


class RoomIn(In):
    """A new room. It is scheduled until it is started."""

    title: Title
    ask_policy: AskPolicy = AskPolicy.BUYERS
    slow_mode_s: SlowMode = 10
    premoderate: bool = False
    starts_at: AwareDatetime | None = Field(default=None, description="when followers may expect it; in the future")
    cover: PictureId | None = Field(default=None, description="number of a processed picture of this store")
    products: Products = []


class RoomPatch(In):
    """What may be changed about a room before it ends; what is left out stays. A null takes time or cover away."""

    title: Title | None = None
    ask_policy: AskPolicy | None = None
    slow_mode_s: SlowMode | None = None
    premoderate: bool | None = None
    starts_at: AwareDatetime | None = Field(default=None, description="in the future; while the room is scheduled")
    cover: PictureId | None = Field(default=None, description="number of a processed picture of this store")

    def about(self) -> RoomText:
        """What people read of the room."""
        return cast(RoomText, self._given("title") | self.dict(include={"starts_at", "cover"}, exclude_unset=True))

    def rules(self) -> Rules:
        """The room's rules."""
        return cast(Rules, self._given("ask_policy", "slow_mode_s", "premoderate"))

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


class TableIn(In):
    """All products on the table, in their order."""

    products: Products


class RoomsQuery(PageQuery):
    """`?status=` of a store's rooms."""

    status: RoomStatus | None = None


class MuteIn(In):
    """Who may not ask for a while."""

    user: Annotated[int, Field(ge=1, lt=ID_BOUND)]
    seconds: Annotated[int, Field(ge=0, le=LIMITS.live_mute_max_s, description="from now; 0 lets them ask again")]


class MutedOut(Out):
    """Somebody who may not ask until a time; null: they may again."""

    user: int
    until: datetime | None


class MuteOut(Out):
    """Somebody who is muted in a room now."""

    user: PersonCard
    until: datetime
    by: PersonCard | None

    @staticmethod
    def of(mute: RoomMute) -> MuteOut:
        """A mute, read with its people."""
        return MuteOut(user=PersonCard.of(mute.user), until=mute.until, by=PersonCard.of(mute.by) if mute.by else None)


class QuestionQuery(PageQuery):
    """`?sort=&status=` of a room's questions."""

    sort: Literal["time", "votes"] = "time"
    status: QuestionStatus | None = Field(default=None, description="held and hidden ones are for moderators")
