"""What PostgreSQL says about feeds: the truth that every window is checked against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from core import db
from core.batching import Joined
from feed.live_cards import ASKERS_MOST, LIVE_ROWS_SQL, LIVE_SQL, LiveCard, read_card
from feed.packing import BOTTOM, TOP, Window
from posts.models import Post, PostStatus
from stores.orders.proof import Facts, facts_sql, judge_facts
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

# Everything that only a viewer sees, and whether each post may be seen at all: one statement for a page, and on a busy
# process for the pages of several viewers together. Each LIMIT makes PostgreSQL look a person and a post up together:
# left to itself it may read all likes of a popular post and then look for the viewer's.
VIEWER_SQL = f"""
SELECT wanted.page, p.feed_id, p.id, s.handle, p.version, floor(extract(epoch FROM s.updated_at) * 1000)::bigint,
       f.muted IS NOT NULL, coalesce(l.liked, false), p.comment_policy, r.role <> 'analyst',
       s.buyers_within_days, proof.latest, proof.had_refunded
FROM unnest(%(pages)s::int[], %(viewers)s::bigint[], %(home)s::bool[], %(feed_ids)s::bigint[])
     AS wanted (page, viewer, home, feed_id)
JOIN posts_post p ON p.feed_id = wanted.feed_id AND p.status = 'published'
JOIN stores_store s ON s.id = p.store_id AND s.status = 'approved'
LEFT JOIN LATERAL (
    SELECT muted FROM stores_follow WHERE user_id = wanted.viewer AND store_id = s.id LIMIT 1) f ON true
LEFT JOIN LATERAL (
    SELECT true AS liked FROM interactions_like WHERE user_id = wanted.viewer AND post_id = p.id LIMIT 1) l ON true
LEFT JOIN LATERAL (
    SELECT role FROM stores_staff WHERE user_id = wanted.viewer AND store_id = s.id LIMIT 1) r ON true
LEFT JOIN LATERAL (
    SELECT true AS hidden FROM feed_hiddenpost WHERE user_id = wanted.viewer AND post_id = p.id LIMIT 1) h ON true
LEFT JOIN LATERAL ({facts_sql("wanted.viewer")}) proof ON true
WHERE NOT wanted.home OR (NOT f.muted AND h.hidden IS NULL)
"""  # noqa: S608  # composed of our own constants
# The same where a page wants the rooms that are live as well: a room's row has no feed id, and its JSON as the handle.
VIEWER_AND_LIVE_SQL = f"""
WITH {LIVE_SQL} {VIEWER_SQL} UNION ALL
SELECT page, NULL, id, json, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM ({LIVE_ROWS_SQL}) AS rooms
"""  # noqa: S608  # composed of our own constants


class SeenPost(NamedTuple):
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


_PULLS_SQL = """
SELECT d.store_id FROM feed_storedelivery d JOIN stores_follow f ON f.store_id = d.store_id AND f.user_id = %(viewer)s
WHERE d.mode <> 'push'
"""


async def newest_window(viewer_id: int) -> Window:
    """The newest entries up to the cap, with the floor that they reach down to (0 when there are no older ones).

    Pull stores first, then posts: a store that stops being one in between has its posts among them.
    """
    pulls = await db.fetch_all(_PULLS_SQL, {"viewer": viewer_id})
    cap = int(settings.LIMITS.feed_inbox_cap)
    rows = await db.fetch_all(FOLLOWED_IDS_SQL, {"viewer": viewer_id, "before": TOP, "limit": cap + 1})
    return _window([row[0] for row in rows], cap, tuple(row[0] for row in pulls))


def _window(ids: list[int], cap: int, pulls: tuple[int, ...] = ()) -> Window:
    return Window(ids[cap], ids[:cap], pulls) if len(ids) > cap else Window(BOTTOM, ids, pulls)


_OUTBOX_SQL = """
SELECT feed_id FROM posts_post WHERE store_id = %(store)s AND status = 'published' ORDER BY feed_id DESC LIMIT %(limit)s
"""


async def outbox_window(store_id: int) -> Window:
    """A store's newest entries up to the cap of an outbox."""
    cap = int(settings.LIMITS.feed_outbox_cap)
    rows = await db.fetch_all(_OUTBOX_SQL, {"store": store_id, "limit": cap + 1})
    return _window([row[0] for row in rows], cap)


def _array(parts: Iterable[str]) -> str:
    """An array as PostgreSQL reads it; the driver's own way of writing lists costs more than the whole statement."""
    return "{" + ",".join(parts) + "}"


class PageAsked(NamedTuple):
    """What one page asks VIEWER_SQL. `home`: by the home feed's rules; `live`: for the rooms that are live as well."""

    viewer_id: int | None
    feed_ids: list[int]
    home: bool
    live: bool = False


class SeenPage(NamedTuple):
    """The visible ones among a page's posts, by feed id, and, if asked for, the rooms that are live for its viewer."""

    posts: dict[int, SeenPost]
    live: list[LiveCard]


def viewer_parameters(pages: Sequence[PageAsked]) -> dict[str, str]:
    """VIEWER_SQL's parameters: four arrays of the same length, in which a row is one post of one page.

    `askers` has the viewer of each page that asks for live rooms, and nothing for the others.
    """
    sizes = [len(page.feed_ids) for page in pages]
    viewers = ["NULL" if page.viewer_id is None else str(page.viewer_id) for page in pages]
    return {
        "pages": _array(chain.from_iterable(map(repeat, map(str, range(len(pages))), sizes))),
        "viewers": _array(chain.from_iterable(map(repeat, viewers, sizes))),
        "home": _array(chain.from_iterable(map(repeat, [str(page.home) for page in pages], sizes))),
        "feed_ids": _array(map(str, chain.from_iterable(page.feed_ids for page in pages))),
        "askers": ",".join(str(page.viewer_id) if page.live else "" for page in pages),
    }


async def _seen_pages(pages: Sequence[PageAsked]) -> list[SeenPage]:
    seen = [SeenPage({}, []) for _ in pages]
    now = datetime.now(UTC)
    sql = VIEWER_AND_LIVE_SQL if any(page.live for page in pages) else VIEWER_SQL
    for row in await db.fetch_all(sql, viewer_parameters(pages)):
        page, feed_id = row[:2]
        if feed_id is None:
            seen[page].live.append(read_card(row[3]))
        else:
            seen[page].posts[feed_id] = _seen(row, pages[page].viewer_id, now)
    return seen


_seen_page = Joined(_seen_pages, at_most=ASKERS_MOST, lanes=2)


async def seen_page(page: PageAsked) -> SeenPage:
    """Which of a page's posts its viewer may see, and what they may do there. One statement at most."""
    return await _seen_page(page) if page.feed_ids or page.live else SeenPage({}, [])


async def seen_posts(*, viewer_id: int | None, feed_ids: list[int]) -> dict[int, SeenPost]:
    """The public ones among these posts (published, in an approved store), by feed id. One statement at most."""
    return (await seen_page(PageAsked(viewer_id, feed_ids, home=False))).posts


def _seen(row: Sequence[Any], viewer_id: int | None, now: datetime) -> SeenPost:
    _, feed_id, post_id, handle, version, store_ms, following, liked, policy, is_staff, within, latest, refunded = row
    if policy == "nobody":
        why_not: str | None = "comments_closed"
    elif viewer_id is None:
        why_not = "not_signed_in"
    elif is_staff:
        why_not = None
    else:
        why_not = judge_facts(Facts(None, None, latest, None, refunded), within_days=within, now=now)
    return SeenPost(feed_id, post_id, handle, (version, store_ms), liked, following, why_not is None, why_not)


_FOLLOWERS_SQL = """
SELECT array_agg(user_id) FROM (
    SELECT user_id FROM stores_follow WHERE store_id = %s AND user_id > %s AND user_id <= %s ORDER BY user_id LIMIT %s
) AS span
"""


def follower_ids(store_id: int, *, after: int, upto: int, limit: int | None = None) -> list[int]:
    """A store's followers with after < id <= upto, in order, as one array: millions of rows a second."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOWERS_SQL, [store_id, after, upto, limit])
        (found,) = cursor.fetchone() or (None,)
    return found or []


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
