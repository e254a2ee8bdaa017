"""Cards: a post as every viewer sees it, as bytes prepared once. Each bears a stamp, so that an old one is never shown.

Stored form: stamp (post version u32, store's time of change in ms u64, big-endian), then a JSON object without its
closing brace, so that a page only appends counts and the viewer's part.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from asgiref.sync import sync_to_async

from core.api import to_json
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


def _fill(feed_ids: list[int], post_ids: list[int]) -> tuple[dict[int, bytes], dict[int, Counts]]:
    cards = build_cards(feed_ids)
    with contextlib.suppress(RedisAway):  # the page has what it needs; the next one tries again
        store_cards(cards)
    return cards, counters.rebuild(post_ids) if post_ids else {}


async def _from_redis(posts: Sequence[SeenPost]) -> tuple[dict[int, bytes], dict[int, Counts]]:
    """Right cards by feed id and counts by post id, as far as Redis has them. One trip."""
    with guard():
        pipeline = async_client().pipeline(transaction=False)
        pipeline.mget([keys.card(post.feed_id) for post in posts])
        for post in posts:
            pipeline.hmget(counters.key(post.post_id), counters.FIELDS)
        cards, *counts = await pipeline.execute()
    right = {
        post.feed_id: packed
        for post, packed in zip(posts, cards, strict=True)
        if packed is not None and _STAMP.unpack_from(packed) == post.stamp
    }
    parsed = {post.post_id: counters.parse(reply) for post, reply in zip(posts, counts, strict=True)}
    return right, {post_id: found for post_id, found in parsed.items() if found is not None}


async def items(posts: Sequence[SeenPost]) -> bytes:
    """The JSON array of these posts' cards, in this order, each with counts and the viewer's part."""
    if not posts:
        return b"[]"
    try:
        cards, counts = await _from_redis(posts)
    except RedisAway:
        cards, counts = {}, {}
    no_card = [post.feed_id for post in posts if post.feed_id not in cards]
    no_count = [post.post_id for post in posts if post.post_id not in counts]
    if no_card or no_count:
        more_cards, more_counts = await sync_to_async(_fill)(no_card, no_count)
        cards, counts = cards | more_cards, counts | more_counts
    nothing = Counts(0, 0, 0)
    return (
        b"["
        + b",".join(
            _item(cards[post.feed_id], counts.get(post.post_id, nothing), post)
            for post in posts
            if post.feed_id in cards
        )
        + b"]"
    )


def _item(packed: bytes, counts: Counts, post: SeenPost) -> bytes:
    why_not = b"null" if post.why_not is None else b'"' + post.why_not.encode() + b'"'
    return (
        packed[_STAMP.size :]
        + b',"counts":{"likes":%d,"comments":%d,"shares":%d}' % (counts.likes, counts.comments, counts.shares)
        + b',"viewer":{"liked":%s,"following":%s,"can_comment":%s,"why_not":%s}}'
        % (_bool(post.liked), _bool(post.following), _bool(post.can_comment), why_not)
    )


def _bool(value: bool) -> bytes:
    return b"true" if value else b"false"
