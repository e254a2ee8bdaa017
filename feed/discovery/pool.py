"""The pool: the best recent posts of all stores, before anybody's interests. Made by a job, kept in Redis, rebuildable.

Where Redis has none, a reader makes one from a smaller sample of the same statement (docs/decisions/0009-*.md).
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

import orjson
from django.conf import settings
from django.db import connection

from core import clock, db
from core.batching import Joined
from core.ids import EPOCH_MS, feed_id
from core.redis import RedisAway, async_client, client, guard
from feed import keys
from feed.discovery.ranking import COMMENT, LIKE, NOBODY, SHARE, Candidate, Place, Ranked, personal, pooled, rank

# The job comes every minute; a pool that it does not renew is not shown for longer than this.
LIFE_S = 300
# A reader's pool only bridges the time to the next job.
READERS_LIFE_S = 30
# A process asks for the pool so often at most, however many read.
KEPT_S = 5.0


@dataclass(frozen=True, slots=True)
class Sample:
    """How much a ranking looks at: so many of the newest posts, and of the newest acts of each kind."""

    posts: int
    acts: int


WHOLE = Sample(posts=50_000, acts=50_000)
SMALL = Sample(posts=1_000, acts=2_000)

# Each part is bounded by an index walk in time: of posts by feed id, of each kind of act by its created_at. LIMIT 1 has
# PostgreSQL look up the follow behind each act, where it would else read all followers of these stores. Only followers'
# acts count, as only of followers it is known how many could have acted. Where the fan-out has not counted whom it
# reached (it is under way, or readers look into the outbox), the store's followers times the usual share stand in.
CANDIDATES_SQL = f"""
WITH recent AS MATERIALIZED (
    SELECT p.id, p.feed_id, p.store_id, s.category, s.follower_count, p.followers, p.reached,
           p.fanned_out_at IS NOT NULL AND p.reached > 0 AS counted
    FROM posts_post p JOIN stores_store s ON s.id = p.store_id AND s.status = 'approved'
    WHERE p.status = 'published' AND p.feed_id >= %(oldest)s
    ORDER BY p.feed_id DESC LIMIT %(posts)s
), acts AS MATERIALIZED (
    (SELECT post_id, user_id, {LIKE} AS weight FROM interactions_like
     WHERE created_at >= %(since)s ORDER BY created_at DESC LIMIT %(acts)s)
    UNION ALL
    SELECT DISTINCT post_id, author_id, {COMMENT} FROM (
        SELECT post_id, author_id FROM interactions_comment
        WHERE created_at >= %(since)s AND status = 'visible' AND NOT by_store
        ORDER BY created_at DESC LIMIT %(acts)s) AS comments
    UNION ALL
    SELECT DISTINCT post_id, user_id, {SHARE} FROM (
        SELECT post_id, user_id FROM interactions_share
        WHERE created_at >= %(since)s ORDER BY created_at DESC LIMIT %(acts)s) AS shares
), engaged AS (
    SELECT a.post_id, sum(a.weight) AS weight
    FROM acts a JOIN recent r ON r.id = a.post_id
    CROSS JOIN LATERAL (
        SELECT 1 FROM stores_follow f WHERE f.user_id = a.user_id AND f.store_id = r.store_id LIMIT 1) AS followers
    GROUP BY a.post_id
), usual AS (
    SELECT coalesce(sum(reached)::float8 / nullif(sum(followers), 0), 1) AS share FROM recent WHERE counted
)
SELECT r.feed_id, r.store_id, r.category,
       CASE WHEN r.counted THEN r.reached ELSE r.follower_count * usual.share END,
       coalesce(e.weight, 0)
FROM recent r CROSS JOIN usual LEFT JOIN engaged e ON e.post_id = r.id
"""  # noqa: S608  # composed of our own constants


def _parameters(sample: Sample, now: datetime) -> dict[str, Any]:
    since = now - timedelta(days=int(settings.LIMITS.discover_days))
    return {"since": since, "oldest": feed_id(at=since, sequence=0), **asdict(sample)}


def _best(rows: Iterable[tuple[Any, ...]], now: datetime) -> list[Ranked]:
    limits = settings.LIMITS
    now_h = (now.timestamp() * 1000 - EPOCH_MS) / 3_600_000
    ranked = rank([Candidate(*row) for row in rows], now_h=now_h, half_life_h=limits.discover_half_life_h)
    return pooled(ranked, per_store=limits.discover_per_store, size=limits.discover_pool_posts)


def _pack(best: Iterable[Ranked]) -> bytes:
    return orjson.dumps([tuple(post) for post in best])


def _unpack(kept: bytes) -> list[Ranked]:
    return [Ranked(*post) for post in orjson.loads(kept)]


def refresh() -> int:
    """Makes the pool anew of everything recent and keeps it in Redis; how many posts it has. Raises RedisAway."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES_SQL, _parameters(WHOLE, now))
        best = _best(cursor.fetchall(), now)
    with guard():
        client().set(keys.discover_pool(), _pack(best), ex=LIFE_S)
    forget()
    return len(best)


class Pool:
    """The pool as a process keeps it for KEPT_S."""

    def __init__(self, best: Sequence[Ranked]) -> None:
        self.best = best
        self.until = time.monotonic() + KEPT_S

    @functools.cached_property
    def nobodys(self) -> Sequence[Place]:
        """The list of all who are not signed in."""
        return personal(self.best, NOBODY, size=int(settings.LIMITS.discover_posts))


_kept: Pool | None = None


def forget() -> None:
    """The next reader asks for the pool."""
    global _kept  # one for the process, replaced as a whole
    _kept = None


async def current() -> Pool:
    """The pool, KEPT_S old at most in this process. Else one trip; where it is missing, also a statement over a small
    sample of the same. Whoever comes meanwhile waits for that, too.
    """
    return _kept if _is_fresh(_kept) else await _joined(None)


def _is_fresh(pool: Pool | None) -> TypeGuard[Pool]:
    return pool is not None and time.monotonic() < pool.until


async def _for_all(callers: Sequence[None]) -> list[Pool]:
    global _kept
    pool = _kept if _is_fresh(_kept) else Pool(await _load())
    _kept = pool
    return [pool] * len(callers)


# A statement that takes long is not begun again while it runs.
_joined = Joined(_for_all, at_most=10_000)


async def _load() -> list[Ranked]:
    try:
        with guard():
            kept = await async_client().get(keys.discover_pool())
    except RedisAway:
        return await _sampled()
    if isinstance(kept, bytes):
        return _unpack(kept)
    best = await _sampled()
    with contextlib.suppress(RedisAway), guard():  # other processes are spared the statement
        await async_client().set(keys.discover_pool(), _pack(best), ex=READERS_LIFE_S, nx=True)
    return best


async def _sampled() -> list[Ranked]:
    now = clock.now()
    return _best(await db.fetch_all(CANDIDATES_SQL, _parameters(SMALL, now)), now)
