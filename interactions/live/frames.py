"""The frames that the server sends, one class each, as they are documented.

Sockets are served with prepared bytes, not with these classes; a test reads what is really sent with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.api import FieldError
from interactions.live import protocol
from interactions.live.events import (
    ProductFeatured,
    ProductsChanged,
    QuestionAnswered,
    QuestionAsked,
    QuestionChanged,
    QuestionHidden,
    QuestionOut,
    QuestionPinned,
    RoomEnded,
    RoomProductOut,
    RoomStarted,
    SettingsChanged,
)
from interactions.live.schemas import Can, RoomInfo, WhyNot, You
from interactions.models import AskPolicy, QuestionStatus
from stores.models import Role

AnyEvent = Annotated[
    QuestionAsked
    | QuestionChanged
    | QuestionAnswered
    | QuestionPinned
    | QuestionHidden
    | SettingsChanged
    | ProductFeatured
    | ProductsChanged
    | RoomStarted
    | RoomEnded,
    Field(discriminator="type"),
]


class ServerFrame(BaseModel):
    """What the server sends. Clients ignore types and fields that they do not know: more may come."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FrameError(ServerFrame):
    """Why something was refused, as problem+json says it over HTTP."""

    code: str
    detail: str
    retry_after: int | None = Field(description="seconds after which to try again")
    errors: list[FieldError] | None = Field(default=None, description="what is wrong with which field")


class Reply(ServerFrame):
    """The answer to a frame that was done."""

    reply: str | int = Field(description="the frame's `id`; one without is not answered when it was done")
    ok: Literal[True]


class ResumeReply(Reply):
    """The answer to `resume`, after the `recovered` frame."""

    recovered: bool


class QuestionReply(Reply):
    """The answer to a frame that made or changed a question."""

    question: int
    status: QuestionStatus


class VoteReply(Reply):
    """The answer to a vote."""

    question: int
    upvotes: int


class PinReply(Reply):
    """The answer to `pin`."""

    question: int


class MuteReply(Reply):
    """The answer to `mute`."""

    user: int
    until: datetime | None = Field(description="null: they may ask")


class SettingsReply(Reply):
    """The answer to `settings`: the rules that hold now."""

    ask_policy: AskPolicy
    slow_mode_s: int
    premoderate: bool


class FeatureReply(Reply):
    """The answer to `feature`."""

    product: int | None


# How a frame is answered that was done; `resume` has `recovered` before it, and every frame may have a refusal instead.
REPLIES: Mapping[type[protocol.Frame], type[Reply]] = {
    protocol.Auth: Reply,
    protocol.Resume: ResumeReply,
    protocol.Tap: Reply,
    protocol.Ask: QuestionReply,
    protocol.Upvote: VoteReply,
    protocol.Unvote: VoteReply,
    protocol.Answer: QuestionReply,
    protocol.Pin: PinReply,
    protocol.Hide: QuestionReply,
    protocol.Approve: QuestionReply,
    protocol.Mute: MuteReply,
    protocol.Settings: SettingsReply,
    protocol.Feature: FeatureReply,
    protocol.Ping: Reply,
}


class Refusal(ServerFrame):
    """The answer to a frame that was not done."""

    reply: str | int | None = Field(description="the frame's `id`, where it could be read")
    error: FrameError


class Welcome(ServerFrame):
    """The room as it is, once the socket has its seat. Events after `offset` follow."""

    type: Literal["welcome"]
    room: RoomInfo
    epoch: str | None = Field(description="null while there is no live log")
    offset: int
    questions: list[QuestionOut]
    products: list[RoomProductOut]
    likes: int
    viewers: int
    you: You


class Events(ServerFrame):
    """What happened, in order, without a gap after what was told before."""

    type: Literal["events"]
    epoch: str
    events: list[AnyEvent] = Field(description="each with its `offset`")


class Tick(ServerFrame):
    """Hearts and viewers, at most four times a second, when they changed."""

    type: Literal["tick"]
    likes: int
    viewers: int


class Recovered(ServerFrame):
    """The answer to `resume`: all that was missed, or, with false, nothing: begin with the welcome or the room anew."""

    type: Literal["recovered"]
    recovered: bool
    epoch: str
    offset: int
    events: list[AnyEvent]


class Held(ServerFrame):
    """A question waits for a moderator; told to moderators alone. A hint that may be lost, and no event of the room."""

    type: Literal["held"]
    question: QuestionOut


class YouChanged(ServerFrame):
    """What you may do has changed: the room's rules, your purchases, your role, a mute."""

    type: Literal["you"]
    role: Role | None
    can: Can
    why_not: WhyNot
    retry_after: int | None = Field(description="seconds that a mute still lasts")


class Error(ServerFrame):
    """Something that no frame asked for; the socket is closed after it."""

    type: Literal["error"]
    error: FrameError


class FeedWelcome(ServerFrame):
    """The feed socket is signed in and listens."""

    type: Literal["welcome"]


class NewPosts(ServerFrame):
    """There are posts that were not seen yet; at most every two seconds."""

    type: Literal["new_posts"]
    count: int
    stores: list[str] = Field(description="handles of at most three stores")
    head: str | None


class CommentReply(ServerFrame):
    """Somebody answered a comment of yours."""

    type: Literal["comment_reply"]
    post: int
    parent: int = Field(description="your comment")
    comment: int = Field(description="the answer")
    author: str = Field(description="display name")
    by_store: bool


class LiveStore(ServerFrame):
    """The store that went live."""

    handle: str
    name: str
    avatar: str | None


class StoreLive(ServerFrame):
    """A store that you follow has just gone live."""

    type: Literal["store_live"]
    room: int
    title: str
    store: LiveStore
    started_at: datetime
