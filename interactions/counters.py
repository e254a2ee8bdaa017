"""How many likes, comments and shares a post has: cached in Redis, exact unless a bump is lost, and then for 5 minutes.

The cache holds counts together with the PostgreSQL snapshot they were read in. A bump carries the number of its
transaction, so the script can tell whether the counts have it already; bumps that arrive while PostgreSQL is being read
are noted and done right after. So readers and writers may meet in any order
(docs/decisions/0005-counts-bear-snapshots.md).
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from django.db import connection, transaction

from core import logs, redis
from core.redis import RedisAway, Reply, Script

log = logs.get(__name__)

Field = Literal["likes", "comments", "shares"]
FIELDS: tuple[Field, ...] = ("likes", "comments", "shares")
# Whatever was lost (a process that died between commit and bump, Redis's last second) is gone after this long.
LIFE_S = (240, 300)
LEASE_S = 10
SWEEP_BATCH = 500

_LUA = Path(__file__).parent / "lua"
_BUMP = Script(_LUA / "bump.lua")
_LEASE = Script(_LUA / "lease.lua")
_FILL = Script(_LUA / "fill.lua")

_COUNT_SQL = """
SELECT post_id,
       (SELECT count(*) FROM interactions_like l WHERE l.post_id = wanted.post_id),
       (SELECT count(*) FROM interactions_comment c WHERE c.post_id = wanted.post_id AND c.status = 'visible'),
       (SELECT count(*) FROM interactions_share s WHERE s.post_id = wanted.post_id),
       pg_current_snapshot()::text
FROM unnest(%s::bigint[]) AS wanted (post_id)
"""
_TOUCHED_SQL = """
SELECT post_id FROM interactions_like WHERE created_at >= %(since)s
UNION SELECT post_id FROM interactions_comment WHERE created_at >= %(since)s
UNION SELECT post_id FROM interactions_share WHERE created_at >= %(since)s
"""


class Counts(NamedTuple):
    """The public numbers of a post; comments are the visible ones, replies included."""

    likes: int
    comments: int
    shares: int


def key(post_id: int) -> str:
    """The Redis hash of a post's counts; read it with HMGET and FIELDS, then `parse`."""
    return f"count:{post_id}"


def parse(reply: Sequence[bytes | None]) -> Counts | None:
    """Counts from the reply to HMGET `key` FIELDS, or None when they must be rebuilt."""
    likes, comments, shares = reply
    if likes is None or comments is None or shares is None:
        return None
    return Counts(int(likes), int(comments), int(shares))


# Counts that a page of this process read this short a time ago are good enough for the next page: popular posts are on
# most pages, and what people do here themselves is forgotten at once.
RECENT_S = 2.0
_recent: dict[int, tuple[float, Counts | None]] = {}
_RECENT_MOST = 20_000


def recent(post_ids: Sequence[int]) -> dict[int, Counts]:
    """Counts that were read less than RECENT_S ago, without asking anybody."""
    since, found = time.monotonic() - RECENT_S, {}
    for post_id in post_ids:
        known = _recent.get(post_id)
        if known is not None and known[0] >= since and known[1] is not None:
            found[post_id] = known[1]
    return found


def remember(asked_at: float, counts: dict[int, Counts]) -> None:
    """Keeps counts for `recent`; `asked_at` is the monotonic time from before they were asked for."""
    if len(_recent) > _RECENT_MOST:
        _recent.clear()
    for post_id, found in counts.items():
        known = _recent.get(post_id)
        if known is None or known[0] <= asked_at:  # else somebody was quicker, or the count has changed since
            _recent[post_id] = (asked_at, found)


def _forget(post_id: int) -> None:
    _recent[post_id] = (time.monotonic(), None)


def bump(*, post_id: int, field: Field, by: int) -> None:
    """Within the transaction that changes a count: adds to the cached one after the commit, if it is cached."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        (number,) = cursor.fetchone() or ("0",)
    transaction.on_commit(partial(_bump, post_id, field, by, number))


def _bump(post_id: int, field: str, by: int, number: str) -> None:
    try:
        _BUMP.run([key(post_id)], [field, by, number])
    except RedisAway:
        log.info("post %s: %s %+d waits for the counts to be read anew", post_id, field, by)
    _forget(post_id)


def read(post_ids: Sequence[int]) -> dict[int, Counts]:
    """The counts of posts, from the cache where they are, else rebuilt; from PostgreSQL alone while Redis is away."""
    try:
        found = _cached(post_ids)
    except RedisAway:
        found = {}
    missing = [post_id for post_id in post_ids if post_id not in found]
    return found | rebuild(missing) if missing else found


def rebuild(post_ids: Sequence[int]) -> dict[int, Counts]:
    """The counts of posts, read from PostgreSQL and put into the cache.

    Not within a transaction: its own uncommitted rows would be counted for everybody, so there it only reads.
    """
    if connection.in_atomic_block:
        return _stored(post_ids)[0]
    try:
        leases = _each(_LEASE, post_ids, lambda _: [secrets.token_hex(8), LEASE_S])
    except RedisAway:
        return _stored(post_ids)[0]
    counts, snapshot = _stored(post_ids)
    leased = {post_id: lease for post_id, lease in zip(post_ids, leases, strict=True) if lease}
    try:
        _fill(leased, counts, snapshot)
    except RedisAway:
        log.info("Redis went away while counts were rebuilt")
    return counts


def _fill(leases: dict[int, bytes], counts: dict[int, Counts], snapshot: str) -> None:
    def values(post_id: int) -> list[bytes | str | int]:
        pairs = zip(FIELDS, counts[post_id], strict=True)
        return [leases[post_id], snapshot, random.randint(*LIFE_S), *(part for pair in pairs for part in pair)]

    posts = list(leases)
    for post_id, noted in zip(posts, _each(_FILL, posts, values), strict=True):
        for name, by in zip(noted[::2], noted[1::2], strict=True):
            field, number = name.decode()[1:].split(":")
            _bump(post_id, field, int(by), number)


def _each(
    script: Script, post_ids: Sequence[int], arguments: Callable[[int], Sequence[bytes | str | int]]
) -> list[Reply]:
    """One call of a script per post, in one trip. Raises RedisAway."""
    if not post_ids:
        return []
    with redis.guard():
        return script.pipelined(redis.client(), [([key(post_id)], arguments(post_id)) for post_id in post_ids])


def _cached(post_ids: Sequence[int]) -> dict[int, Counts]:
    """Those of the counts that are cached. Raises RedisAway."""
    if not post_ids:
        return {}
    with redis.guard():
        pipeline = redis.client().pipeline(transaction=False)
        for post_id in post_ids:
            pipeline.hmget(key(post_id), FIELDS)
        replies = pipeline.execute()
    parsed = {post_id: parse(reply) for post_id, reply in zip(post_ids, replies, strict=True)}
    return {post_id: counts for post_id, counts in parsed.items() if counts is not None}


def _stored(post_ids: Sequence[int]) -> tuple[dict[int, Counts], str]:
    """What PostgreSQL counts, and the snapshot it did so in (xmin:xmax:running)."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_SQL, [list(post_ids)])
        rows = cursor.fetchall()
    return {row[0]: Counts(*row[1:4]) for row in rows}, rows[0][4] if rows else ""


def sweep(*, since: datetime) -> int:
    """Forgets cached counts that differ from PostgreSQL's, of posts with an interaction since then. How many.

    A count that only differs because a bump is on its way is forgotten too: the next reader rebuilds it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED_SQL, {"since": since})
        touched = [row[0] for row in cursor.fetchall()]
    wrong: list[int] = []
    for start in range(0, len(touched), SWEEP_BATCH):
        cached = _cached(touched[start : start + SWEEP_BATCH])
        stored, _ = _stored(list(cached))
        wrong += [post_id for post_id, counts in cached.items() if counts != stored[post_id]]
    for post_id in wrong:
        with redis.guard():
            redis.client().delete(key(post_id))
    if wrong:
        log.info("the counts of %s posts were wrong and are read anew", len(wrong))
    return len(wrong)
