"""Cards: a post as every viewer sees it, as bytes prepared once. Each bears a stamp, so that an old one is never shown.

Stored form: stamp (post version u32, store's time of change in ms u64, big-endian), then a JSON object without its
closing brace, so that a page only appends counts and the viewer's part.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import struct
import time
from collections.abc import Container, Iterable, Sequence
from typing import Any, NamedTuple

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.db import close_old_connections

from core.api import to_json
from core.batching import Joined
from core.pictures import picture_url, public_url
from core.redis import RedisAway, aexecute, async_client, client, guard, is_open
from feed import keys
from feed.selectors import SeenPost
from interactions import counters
from interactions.counters import Counts
from posts.models import Post, PostStatus
from posts.selectors import complete_posts

_STAMP = struct.Struct(">IQ")
CARD_TTL_S = 86_400


def _media(post: Post) -> list[dict[str, Any]]:
    placed = [place.media for place in post.media_places.all()]
    return [
        {
            "id": media.id,
            "kind": "image",
            "alt": media.alt,
            "width": media.picture["width"],
            "height": media.picture["height"],
            "blurhash": media.picture["blurhash"],
            "variants": [
                {"url": public_url(v["name"]), "width": v["width"], "format": v["format"]}
                for v in media.picture["variants"]
            ],
        }
        for media in placed
        if media.picture
    ]


def card(post: Post) -> dict[str, Any]:
    """A post's card without counts and viewer; needs `complete_posts`' prefetch."""
    return {
        "id": post.id,
        "feed_id": post.feed_id,
        "kind": post.kind,
        "title": post.title,
        "text": post.text,
        "published_at": post.published_at,
        "edited_at": post.edited_at,
        "pinned": post.pinned_at is not None,
        "store": {
            "handle": post.store.handle,
            "name": post.store.name,
            "avatar": picture_url(post.store.avatar),
            "verified": post.store.verified,
        },
        "media": _media(post),
        "products": [
            {
                "title": product.title,
                "url": product.url,
                "price": str(product.price),
                "currency": product.currency,
                "image": product.image or None,
            }
            for product in post.products.all()
        ],
    }


def stamp_of(post: Post) -> tuple[int, int]:
    """What a card of this post must bear to be right."""
    return post.version, int(post.store.updated_at.timestamp() * 1_000_000) // 1000


class Card(NamedTuple):
    """A prepared card: what it was made of, the same as bytes, and the JSON without its closing brace."""

    made_of: tuple[int, int]
    stamp: bytes
    json: bytes

    @classmethod
    def read(cls, packed: bytes) -> Card:
        """From the stored form."""
        return cls(_STAMP.unpack_from(packed), packed[: _STAMP.size], packed[_STAMP.size :])


def packed_card(post: Post) -> bytes:
    """The stored form."""
    return _STAMP.pack(*stamp_of(post)) + to_json(card(post))[:-1]


def build_cards(feed_ids: Iterable[int]) -> dict[int, bytes]:
    """Stored forms of the published ones among these posts, from PostgreSQL."""
    posts = complete_posts(Post.objects.filter(feed_id__in=list(feed_ids), status=PostStatus.PUBLISHED))
    return {post.feed_id: packed_card(post) for post in posts if post.feed_id is not None}


def store_cards(cards: dict[int, bytes]) -> None:
    """Puts cards into Redis over whatever is there. One trip."""
    if not cards:
        return
    with guard():
        pipeline = client().pipeline(transaction=False)
        for feed_id, packed in cards.items():
            pipeline.set(keys.card(feed_id), packed, ex=CARD_TTL_S)
        pipeline.execute()


class _Known:
    """Right cards that this process has met, in two generations: when the young one is full, the old one is dropped.

    A stamp says whether a card is right, so that nothing here can be out of date.
    """

    def __init__(self) -> None:
        self._young: dict[int, Card] = {}
        self._old: dict[int, Card] = {}
        self._bytes = 0

    def right(self, posts: Sequence[SeenPost]) -> dict[int, Card]:
        """The right cards of these posts, as far as they are known."""
        young, found = self._young, {}
        for post in posts:
            feed_id = post.feed_id
            card = young.get(feed_id)
            if card is None:
                card = self._old.get(feed_id)
                if card is not None:
                    self.add(feed_id, card)
            if card is not None and card.made_of == post.stamp:
                found[feed_id] = card
        return found

    def add(self, feed_id: int, card: Card) -> None:
        """Remembers a card."""
        if self._bytes > settings.CARD_MEMORY_BYTES // 2:
            self._old, self._young, self._bytes = self._young, {}, 0
        self._young[feed_id] = card
        self._bytes += len(card.json)


_known = _Known()


class _Lacking(NamedTuple):
    """What a page needs from Redis: cards by feed id, counts by post id."""

    cards: list[int]
    counts: list[int]


_Found = tuple[dict[int, Card], dict[int, Counts]]


_NO_REPLY = (None, None, None)


def _together(wanted: Sequence[_Lacking]) -> _Lacking:
    """What several pages need, each once."""
    return _Lacking(
        list({feed_id for each in wanted for feed_id in each.cards}),
        list({post_id for each in wanted for post_id in each.counts}),
    )


async def _from_redis(wanted: Sequence[_Lacking]) -> list[_Found]:
    """As far as Redis has it, for all these pages together. One trip."""
    no_card, no_count = _together(wanted)
    asked_at = time.monotonic()
    with guard():
        pipeline = async_client().pipeline(transaction=False)
        for feed_id in no_card:
            pipeline.get(keys.card(feed_id))
        for post_id in no_count:
            pipeline.hmget(counters.key(post_id), counters.FIELDS)
        # Where one server of a cluster is away, the rest is still good.
        replies = [None if isinstance(reply, RedisAway) else reply for reply in await aexecute(pipeline)]
    cards = {feed_id: Card.read(packed) for feed_id, packed in zip(no_card, replies, strict=False) if packed}
    parsed = {
        post_id: counters.parse(reply or _NO_REPLY)
        for post_id, reply in zip(no_count, replies[len(no_card) :], strict=True)
    }
    counts = {post_id: found for post_id, found in parsed.items() if found is not None}
    counters.remember(asked_at, counts)
    return [(cards, counts)] * len(wanted)


_ask_redis = Joined(_from_redis, late=RedisAway)


def _fill(feed_ids: list[int], post_ids: list[int]) -> _Found:
    cards = build_cards(feed_ids) if feed_ids else {}
    with contextlib.suppress(RedisAway):  # the page has what it needs; the next one tries again
        store_cards(cards)
    asked_at = time.monotonic()
    counts = counters.rebuild(post_ids) if post_ids else {}
    counters.remember(asked_at, counts)
    return {feed_id: Card.read(packed) for feed_id, packed in cards.items()}, counts


async def _from_postgresql(wanted: Sequence[_Lacking]) -> list[_Found]:
    """Made anew, and left in Redis, once for all pages that lack the same: a popular post is on many at once."""
    async with ThreadSensitiveContext():  # a thread of its own, for the connection
        try:
            found = await sync_to_async(_fill)(*_together(wanted))
        finally:
            await sync_to_async(close_old_connections)()
    return [found] * len(wanted)


_ask_postgresql = Joined(_from_postgresql, lanes=2)


async def _complete(posts: Sequence[SeenPost]) -> _Found:
    """Right cards by feed id and counts by post id: from this process, else from Redis, else from PostgreSQL."""
    cards = _known.right(posts)
    counts = counters.recent([post.post_id for post in posts])
    if len(cards) == len(counts) == len(posts):
        return cards, counts
    if not is_open():  # else one trip finds out how Redis is; nobody waits behind it
        with contextlib.suppress(RedisAway):
            more_cards, more_counts = await _ask_redis(_lacking(posts, cards, counts))
            _take(cards, more_cards, posts, right_only=True)
            counts |= more_counts
    lacking = _lacking(posts, cards, counts)
    if lacking.cards or lacking.counts:
        more_cards, more_counts = await _ask_postgresql(lacking)
        _take(cards, more_cards, posts, right_only=False)
        counts |= more_counts
    return cards, counts


def _take(cards: dict[int, Card], more: dict[int, Card], posts: Sequence[SeenPost], *, right_only: bool) -> None:
    """Adds the cards that are right for these posts; those just made may be newer still."""
    for post in posts:
        card = more.get(post.feed_id)
        if card is not None and (not right_only or card.made_of == post.stamp):
            cards[post.feed_id] = card
            _known.add(post.feed_id, card)


def _lacking(posts: Sequence[SeenPost], cards: Container[int], counts: Container[int]) -> _Lacking:
    return _Lacking(
        [post.feed_id for post in posts if post.feed_id not in cards],
        [post.post_id for post in posts if post.post_id not in counts],
    )


class Items(NamedTuple):
    """Posts as JSON array, in pieces, and a hash of all that makes it what it is: cheaper than a hash of the array."""

    pieces: list[bytes]
    digest: str


_NO_COUNTS = Counts(0, 0, 0)


async def items(posts: Sequence[SeenPost]) -> Items:
    """These posts' cards, in this order, each with counts and the viewer's part."""
    cards, counts = await _complete(posts) if posts else ({}, {})
    pieces, parts = [b"["], [b"%d" % keys.CARD_SCHEMA]
    for post in posts:
        card = cards.get(post.feed_id)
        if card is not None:
            own = _own_part(*counts.get(post.post_id, _NO_COUNTS), *post[4:])
            pieces += (card.json, own, b",")
            parts += (b"%d" % post.feed_id, card.stamp, own)
    if len(pieces) > 1:
        pieces.pop()
    pieces.append(b"]")
    return Items(pieces, hashlib.blake2b(b"".join(parts), digest_size=12).hexdigest())


@functools.lru_cache(maxsize=10_000)
def _own_part(
    likes: int, comments: int, shares: int, liked: bool, following: bool, can_comment: bool, why_not: str | None
) -> bytes:
    """What ends a card: its counts and the viewer's part. Few differ."""
    counts = {"likes": likes, "comments": comments, "shares": shares}
    viewer = {"liked": liked, "following": following, "can_comment": can_comment, "why_not": why_not}
    return b"," + to_json({"counts": counts, "viewer": viewer})[1:]
