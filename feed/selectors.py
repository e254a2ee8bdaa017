"""What PostgreSQL says about feeds: the truth that every window is checked against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from core import db
from feed.packing import BOTTOM, TOP, Window
from posts.models import Post, PostStatus
from stores.orders.proof import FACTS_SQL, Facts, judge_facts
from stores.selectors.stores import HANDLE

# So many candidates are looked at store by store (docs/decisions/0007-two-ways-to-the-newest.md).
FEW = 25_000


def _newest_sql(followed: str) -> str:
    """The newest posts of some stores: few stores one by one, many along the recency index. One statement, one is run.

    `+ 0` keeps the second way off the index by store, which PostgreSQL would take for any number of stores.
    """
    return f"""
WITH followed AS MATERIALIZED ({followed}),
     size AS MATERIALIZED (SELECT count(*) AS stores FROM followed)
SELECT feed_id FROM (
    (SELECT latest.feed_id FROM followed CROSS JOIN LATERAL (
         SELECT p.feed_id FROM posts_post p
         WHERE p.store_id = followed.store_id AND p.status = 'published' AND p.feed_id < %(before)s
         ORDER BY p.feed_id DESC LIMIT %(limit)s
     ) latest
     WHERE (SELECT stores FROM size) * %(limit)s <= {FEW}
     ORDER BY latest.feed_id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT p.feed_id FROM posts_post p
     WHERE (SELECT stores FROM size) * %(limit)s > {FEW} AND p.status = 'published' AND p.feed_id < %(before)s
       AND p.store_id + 0 = ANY (ARRAY(SELECT store_id FROM followed))
     ORDER BY p.feed_id DESC LIMIT %(limit)s)
) AS found ORDER BY feed_id DESC LIMIT %(limit)s
"""  # noqa: S608  # composed of our own constants


# For windows: muted ones and stores that are not approved are left in, as they may come back; pages filter them.
FOLLOWED_IDS_SQL = _newest_sql("SELECT store_id FROM stores_follow WHERE user_id = %(viewer)s")
# For a page that is made now: they would only be dropped from it.
READABLE_IDS_SQL = _newest_sql(
    "SELECT f.store_id FROM stores_follow f JOIN stores_store s ON s.id = f.store_id AND s.status = 'approved'"
    " WHERE f.user_id = %(viewer)s AND NOT f.muted"
)

# Everything that only this viewer sees, and whether each post may be seen at all: one statement a page.
VIEWER_SQL = f"""
SELECT p.feed_id, p.id, s.handle, p.version, floor(extract(epoch FROM s.updated_at) * 1000)::bigint,
       f.user_id IS NOT NULL, l.user_id IS NOT NULL, p.comment_policy,
       EXISTS (SELECT 1 FROM stores_staff r
               WHERE r.store_id = s.id AND r.user_id = %(viewer)s AND r.role <> 'analyst'),
       s.buyers_within_days, proof.*
FROM unnest(%(feed_ids)s::bigint[]) AS wanted (feed_id)
JOIN posts_post p ON p.feed_id = wanted.feed_id AND p.status = 'published'
JOIN stores_store s ON s.id = p.store_id AND s.status = 'approved'
LEFT JOIN stores_follow f ON f.store_id = s.id AND f.user_id = %(viewer)s
LEFT JOIN interactions_like l ON l.post_id = p.id AND l.user_id = %(viewer)s
LEFT JOIN LATERAL ({FACTS_SQL}) proof ON true
WHERE (NOT %(followed_only)s OR (f.user_id IS NOT NULL AND NOT f.muted
       AND NOT EXISTS (SELECT 1 FROM feed_hiddenpost h WHERE h.post_id = p.id AND h.user_id = %(viewer)s)))
"""  # noqa: S608  # composed of our own constants


@dataclass(frozen=True, slots=True)
class SeenPost:
    """One post of a page, for one viewer. `stamp` is the card version that is right now."""

    feed_id: int
    post_id: int
    store_handle: str
    stamp: tuple[int, int]
    liked: bool
    following: bool
    can_comment: bool
    why_not: str | None


async def readable_ids(*, viewer_id: int, before: int = TOP, limit: int) -> list[int]:
    """Feed ids older than `before` of the stores that this person reads now, newest first."""
    rows = await db.fetch_all(READABLE_IDS_SQL, {"viewer": viewer_id, "before": before, "limit": limit})
    return [row[0] for row in rows]


async def newest_window(viewer_id: int) -> Window:
    """The newest entries up to the cap, with the floor that they reach down to (0 when there are no older ones)."""
    cap = int(settings.LIMITS.feed_inbox_cap)
    rows = await db.fetch_all(FOLLOWED_IDS_SQL, {"viewer": viewer_id, "before": TOP, "limit": cap + 1})
    ids = [row[0] for row in rows]
    return Window(ids[cap], ids[:cap]) if len(ids) > cap else Window(BOTTOM, ids)


async def seen_posts(*, viewer_id: int | None, feed_ids: list[int], followed_only: bool = True) -> dict[int, SeenPost]:
    """The visible ones among these posts, by feed id, with what this viewer may do. One statement.

    `followed_only` applies the home feed's rules (followed, not muted, not hidden); without it, only what makes a post
    public (published, in an approved store).
    """
    if not feed_ids:
        return {}
    rows = await db.fetch_all(VIEWER_SQL, {"viewer": viewer_id, "feed_ids": feed_ids, "followed_only": followed_only})
    now = datetime.now(UTC)
    return {row[0]: _seen(row, viewer_id, now) for row in rows}


def _seen(row: tuple[Any, ...], viewer_id: int | None, now: datetime) -> SeenPost:
    feed_id, post_id, handle, version, store_ms, following, liked, policy, is_staff, within_days, *facts = row
    if policy == "nobody":
        why_not: str | None = "comments_closed"
    elif viewer_id is None:
        why_not = "not_signed_in"
    elif is_staff:
        why_not = None
    else:
        why_not = judge_facts(Facts(*facts), within_days=within_days, now=now)
    return SeenPost(feed_id, post_id, handle, (version, store_ms), liked, following, why_not is None, why_not)


def latest_ids(*, store_id: int, limit: int) -> list[int]:
    """A store's published feed ids, newest first."""
    posts = Post.objects.filter(store_id=store_id, status=PostStatus.PUBLISHED)
    return [feed_id for feed_id in posts.order_by("-feed_id").values_list("feed_id", flat=True)[:limit] if feed_id]


# A store page's order: pinned posts, then the others, each newest first. A place is the feed id, raised above all feed
# ids for pinned ones, so that a cursor is one number.
_STORE_PLACES_SQL = """
SELECT place FROM (
    SELECT feed_id + %(top)s AS place FROM posts_post
    WHERE store_id = %(store)s AND status = 'published' AND pinned_at IS NOT NULL
    UNION ALL
    (SELECT feed_id FROM posts_post
     WHERE store_id = %(store)s AND status = 'published' AND pinned_at IS NULL AND feed_id < %(before)s
     ORDER BY feed_id DESC LIMIT %(limit)s)
) AS places WHERE place < %(before)s ORDER BY place DESC LIMIT %(limit)s
"""
FIRST_PLACE = 2 * TOP


async def store_places(*, store_id: int, before: int, limit: int) -> list[int]:
    """Places of a store's posts on its page, after the place `before`; the feed id is the place modulo 2^53."""
    rows = await db.fetch_all(_STORE_PLACES_SQL, {"store": store_id, "before": before, "limit": limit, "top": TOP})
    return [row[0] for row in rows]


_STORE_SQL = "SELECT id FROM stores_store WHERE handle = %(handle)s AND status = 'approved'"


async def approved_store_id(handle: str) -> int | None:
    """The id of an approved store by its handle in any case, or None."""
    handle = handle.lower()
    row = await db.fetch_one(_STORE_SQL, {"handle": handle}) if HANDLE.fullmatch(handle) else None
    return row[0] if row else None


_SEEN_SQL = "SELECT feed_id FROM feed_seenmark WHERE user_id = %(viewer)s"


async def seen_mark(viewer_id: int) -> int:
    """The newest feed id this person has seen; 0 before the first."""
    row = await db.fetch_one(_SEEN_SQL, {"viewer": viewer_id})
    return row[0] if row else 0
