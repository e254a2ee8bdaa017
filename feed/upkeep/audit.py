"""Compares windows with PostgreSQL: above its floor, an inbox or outbox holds every post that has been brought to it.

A window may hold more (posts deleted since, stores unfollowed since): pages are filtered when they are read. Posts that
are still on their way are counted apart, as nobody promised them yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from core import clock
from core.redis import client, guard
from feed import keys, packing
from feed.packing import TOP, Window
from feed.upkeep.finding import Show

# Follows as young as this are left out: their job may be between here and there.
YOUNG = timedelta(minutes=1)

# Newest first: feed id, and whether its fan-out is finished.
_INBOX_SQL = """
SELECT p.feed_id, p.fanned_out_at IS NOT NULL
FROM stores_follow f JOIN posts_post p ON p.store_id = f.store_id AND p.status = 'published' AND p.feed_id > %(floor)s
WHERE f.user_id = %(owner)s AND f.created_at < %(edge)s AND f.store_id <> ALL (%(elsewhere)s::bigint[])
ORDER BY p.feed_id DESC LIMIT %(limit)s
"""
_OUTBOX_SQL = """
SELECT feed_id, fanned_out_at IS NOT NULL FROM posts_post
WHERE store_id = %(owner)s AND status = 'published' AND feed_id > %(floor)s ORDER BY feed_id DESC LIMIT %(limit)s
"""
_BACKFILLS_SQL = """
SELECT (args ->> 'user_id')::bigint, (args ->> 'store_id')::bigint FROM procrastinate_jobs
WHERE queue_name = 'feed' AND task_name = 'feed.backfill' AND status IN ('todo', 'doing')
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A window that lacks posts, or that shows some twice. `owner` is a user id, or a store id."""

    owner: int
    missing: list[int]
    doubled: list[int]


@dataclass(slots=True)
class Findings:
    """What an audit saw. `gone`: windows that were missing or being built when they were looked at."""

    windows: int = 0
    gone: int = 0
    posts: int = 0
    on_their_way: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, owner: int, posts: Sequence[tuple[int, bool]], shown: Sequence[int]) -> None:
        """Compares what should be there with what a page shows, newest first."""
        present = set(shown)
        missing = [feed_id for feed_id, settled in posts if settled and feed_id not in present]
        doubled = [] if len(present) == len(shown) else sorted({one for one in shown if shown.count(one) > 1})
        self.windows += 1
        self.posts += len(posts)
        self.on_their_way += sum(not settled and feed_id not in present for feed_id, settled in posts)
        if missing or doubled:
            self.differences.append(Difference(owner, missing, doubled))


# What should be above the floor of this owner's window.
_Ask = Callable[[int, Window], list[tuple[int, bool]]]


def audit_inboxes(user_ids: Sequence[int], show: Show) -> Findings:
    """Compares these shoppers' inboxes with their follows. Raises RedisAway.

    Posts of the pull stores that an inbox names are their outboxes' to hold.
    """
    edge, backfills = clock.now() - YOUNG, _waiting_backfills()

    def expected(user_id: int, window: Window) -> list[tuple[int, bool]]:
        elsewhere = [*window.pulls, *backfills[user_id]]
        return _posts(_INBOX_SQL, owner=user_id, floor=window.floor, edge=edge, elsewhere=elsewhere)

    return _audit(user_ids, keys.inbox, expected, show)


def audit_outboxes(store_ids: Sequence[int], show: Show) -> Findings:
    """Compares these stores' outboxes with their posts. Raises RedisAway."""

    def expected(store_id: int, window: Window) -> list[tuple[int, bool]]:
        return _posts(_OUTBOX_SQL, owner=store_id, floor=window.floor)

    return _audit(store_ids, keys.outbox, expected, show)


def _audit(owners: Sequence[int], key: Callable[[int], str], expected: _Ask, show: Show) -> Findings:
    findings = Findings()
    for done, owner in enumerate(owners, start=1):
        before = _window(key(owner))
        posts = expected(owner, before) if before else []
        # Read again after PostgreSQL: what was brought before its answer is in there, and the floor may have risen.
        after = _window(key(owner))
        if before is None or after is None:
            findings.gone += 1
        else:
            floor = max(before.floor, after.floor)
            shown = after.page(before=TOP, limit=len(after.ids))
            findings.add(owner, [post for post in posts if post[0] > floor], shown)
        show(done, len(owners))
    return findings


def _window(key: str) -> Window | None:
    """As it is, and without making it live longer, as reading it for its owner would."""
    with guard():
        packed = client().get(key)
    return packing.unpack(packed) if isinstance(packed, bytes) else None


def _posts(sql: str, **parameters: Any) -> list[tuple[int, bool]]:
    """The newest of the posts that should be there, more than any window holds."""
    caps = settings.LIMITS.feed_inbox_cap + settings.LIMITS.feed_outbox_cap
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters | {"limit": 10 * caps})
        return [(feed_id, settled) for feed_id, settled in cursor.fetchall()]


def _waiting_backfills() -> defaultdict[int, list[int]]:
    """The stores that shoppers began to follow, and whose posts have not come into their inboxes yet."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_BACKFILLS_SQL)
        for user_id, store_id in cursor.fetchall():
            found[user_id].append(store_id)
    return found
