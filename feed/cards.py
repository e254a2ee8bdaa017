"""Cards: a post as every viewer sees it, as bytes prepared once. Each bears a stamp, so that an old one is never shown.

Stored form: stamp (post version u32, store's time of change in ms u64, big-endian), then a JSON object without its
closing brace, so that a page only appends counts and the viewer's part.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
import time
from collections.abc import Container, Iterable, Sequence
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings

from core.api import to_json
from core.batching import Joined
from core.pictures import picture_url, public_url
from core.redis import RedisAway, async_client, client, guard
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
        self._young: dict[int, bytes] = {}
        self._old: dict[int, bytes] = {}
        self._bytes = 0

    def get(self, post: SeenPost) -> bytes | None:
        """The post's card, if it is known and right."""
        packed = self._young.get(post.feed_id) or self._old.get(post.feed_id)
        if packed is None or _STAMP.unpack_from(packed) != post.stamp:
            return None
        self.add(post.feed_id, packed)
        return packed

    def add(self, feed_id: int, packed: bytes) -> None:
        """Remembers a card."""
        if self._young.get(feed_id) is packed:
            return
        if self._bytes > settings.CARD_MEMORY_BYTES // 2:
            self._old, self._young, self._bytes = self._young, {}, 0
        self._young[feed_id] = packed
        self._bytes += len(packed)


_known = _Known()


def _fill(feed_ids: list[int], post_ids: list[int]) -> tuple[dict[int, bytes], dict[int, Counts]]:
    cards = build_cards(feed_ids)
    with contextlib.suppress(RedisAway):  # the page has what it needs; the next one tries again
        store_cards(cards)
    return cards, counters.rebuild(post_ids) if post_ids else {}


class _Lacking(NamedTuple):
    """What a page needs from Redis: cards by feed id, counts by post id."""

    cards: list[int]
    counts: list[int]


_Found = tuple[dict[int, bytes], dict[int, Counts]]


async def _from_redis(wanted: Sequence[_Lacking]) -> list[_Found]:
    """As far as Redis has it, for all these pages together. One trip."""
    no_card = list({feed_id for each in wanted for feed_id in each.cards})
    no_count = list({post_id for each in wanted for post_id in each.counts})
    asked_at = time.monotonic()
    with guard():
        pipeline = async_client().pipeline(transaction=False)
        for feed_id in no_card:
            pipeline.get(keys.card(feed_id))
        for post_id in no_count:
            pipeline.hmget(counters.key(post_id), counters.FIELDS)
        replies = await pipeline.execute()
    cards = {feed_id: packed for feed_id, packed in zip(no_card, replies, strict=False) if packed is not None}
    parsed = {post_id: counters.parse(reply) for post_id, reply in zip(no_count, replies[len(no_card) :], strict=True)}
    counts = {post_id: found for post_id, found in parsed.items() if found is not None}
    counters.remember(asked_at, counts)
    return [(cards, counts)] * len(wanted)


_ask_redis = Joined(_from_redis)


async def _complete(posts: Sequence[SeenPost]) -> _Found:
    """Right cards by feed id and counts by post id: from this process, else from Redis, else from PostgreSQL."""
    cards = {post.feed_id: packed for post in posts if (packed := _known.get(post)) is not None}
    counts = counters.recent([post.post_id for post in posts])
    if len(cards) == len(counts) == len(posts):
        return cards, counts
    with contextlib.suppress(RedisAway):
        more_cards, more_counts = await _ask_redis(_lacking(posts, cards, counts))
        for post in posts:
            packed = more_cards.get(post.feed_id)
            if packed is not None and _STAMP.unpack_from(packed) == post.stamp:
                cards[post.feed_id] = packed
        counts = more_counts | counts
    lacking = _lacking(posts, cards, counts)
    if lacking.cards or lacking.counts:
        asked_at = time.monotonic()
        more_cards, more_counts = await sync_to_async(_fill)(*lacking)
        counters.remember(asked_at, more_counts)
        cards, counts = cards | more_cards, counts | more_counts
    for feed_id, packed in cards.items():
        _known.add(feed_id, packed)
    return cards, counts


def _lacking(posts: Sequence[SeenPost], cards: Container[int], counts: Container[int]) -> _Lacking:
    return _Lacking(
        [post.feed_id for post in posts if post.feed_id not in cards],
        [post.post_id for post in posts if post.post_id not in counts],
    )


class Items(NamedTuple):
    """Posts as a JSON array, and a hash of all that makes it what it is: cheaper than a hash of the array."""

    json: bytes
    digest: str


async def items(posts: Sequence[SeenPost]) -> Items:
    """These posts' cards, in this order, each with counts and the viewer's part."""
    cards, counts = await _complete(posts) if posts else ({}, {})
    nothing = Counts(0, 0, 0)
    shown: list[bytes] = []
    digest = hashlib.blake2b(digest_size=12)
    for post in posts:
        packed = cards.get(post.feed_id)
        if packed is not None:
            own = _own_part(counts.get(post.post_id, nothing), post)
            shown.append(packed[_STAMP.size :] + own)
            digest.update(b"%d %d %b%b" % (keys.CARD_SCHEMA, post.feed_id, packed[: _STAMP.size], own))
    return Items(b"[%b]" % b",".join(shown), digest.hexdigest())


def _own_part(counts: Counts, post: SeenPost) -> bytes:
    why_not = b"null" if post.why_not is None else b'"%b"' % post.why_not.encode()
    return (
        b',"counts":{"likes":%d,"comments":%d,"shares":%d}'
        b',"viewer":{"liked":%b,"following":%b,"can_comment":%b,"why_not":%b}}'
        % (*counts, _BOOL[post.liked], _BOOL[post.following], _BOOL[post.can_comment], why_not)
    )


_BOOL = {True: b"true", False: b"false"}
