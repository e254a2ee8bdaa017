"""What the API says about feeds. Pages go out as prepared bytes; these describe them, a test holds both together."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from core.api import In, Out


class CardStoreOut(Out):
    """The store on a card."""

    handle: str
    name: str
    avatar: str | None
    verified: bool


class VariantOut(Out):
    """One size of a picture."""

    url: str
    width: int
    format: Literal["webp", "jpeg"]


class CardMediaOut(Out):
    """A picture on a card."""

    id: int
    kind: Literal["image"]
    alt: str
    width: int
    height: int
    blurhash: str
    variants: list[VariantOut]


class CardProductOut(Out):
    """A product on a card; the price is exact, as text."""

    title: str
    url: str
    price: Decimal
    currency: str
    image: str | None


class CountsOut(Out):
    """How often a post was liked, commented, shared."""

    likes: int
    comments: int
    shares: int


class CardViewerOut(Out):
    """What the post is to the person who reads it; `why_not` is a problem code."""

    liked: bool
    following: bool
    can_comment: bool
    why_not: str | None


class CardOut(Out):
    """A post as the feed shows it."""

    id: int
    feed_id: int
    kind: Literal["update", "magazine", "video", "activity"]
    title: str
    text: str
    published_at: datetime
    edited_at: datetime | None
    pinned: bool
    store: CardStoreOut
    media: list[CardMediaOut]
    products: list[CardProductOut]
    counts: CountsOut
    viewer: CardViewerOut


class LiveCardOut(Out):
    """A room that is live now; `GET /rooms/{room}` has all of it."""

    room: int
    title: str
    cover: str | None
    store: CardStoreOut
    started_at: datetime
    viewers: int = Field(description="as of the last second; the page's ETag does not change with it")
    socket: str = Field(description="path of the room's websocket")


class FeedOut(Out):
    """A page of the feed. `head` marks its newest post: send it to `PUT /feed/seen` when the person has seen it."""

    items: list[CardOut]
    live: list[LiveCardOut] = Field(
        description="on the first page of `GET /feed`: rooms of followed stores, the latest start first, at most 10"
    )
    next_cursor: str | None
    head: str | None


class NewPostsOut(Out):
    """How much is new since the seen mark."""

    count: int = Field(description="at most 99")
    stores: list[str] = Field(description="handles of up to three stores, newest first")
    head: str | None


class SeenIn(In):
    """The `head` of what the person has seen."""

    head: str = Field(pattern=r"^[0-9]{1,16}$")


class SeenOut(Out):
    """Where the mark is now."""

    head: str
