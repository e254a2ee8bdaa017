"""Inboxes of many active shoppers at once, with what their feeds really are: one statement for a thousand of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection

from bench.inside import bulk
from core.progress import step
from core.redis import client
from feed import keys, packing, windows

AT_ONCE = 1_000

# Per shopper: the feed ids of the push stores they follow, packed as inboxes have them, and the pull stores.
_FEEDS_SQL = """
SELECT f.user_id, coalesce(string_agg(int8send(p.feed_id), ''::bytea ORDER BY p.feed_id), ''::bytea),
       array_agg(DISTINCT f.store_id) FILTER (WHERE d.mode = 'pull')
FROM stores_follow f
LEFT JOIN feed_storedelivery d ON d.store_id = f.store_id AND d.mode = 'pull'
LEFT JOIN posts_post p ON p.store_id = f.store_id AND p.status = 'published' AND d.store_id IS NULL
WHERE f.user_id BETWEEN %s AND %s
GROUP BY f.user_id
"""


def build(*, count: int) -> int:
    """Inboxes of shoppers 1 to `count`; how many entries there are in all of them."""
    entries = 0
    with step(f"{count:,} active shoppers") as bar, bulk.in_a_hurry(), connection.cursor() as cursor:
        for first in range(1, count + 1, AT_ONCE):
            bar.at(first, count)
            cursor.execute(_FEEDS_SQL, [first, min(count, first + AT_ONCE - 1)])
            entries += _store(cursor.fetchall())
    return entries


def _store(rows: list[tuple[int, Any, list[int] | None]]) -> int:
    room, ttl, entries = int(settings.LIMITS.feed_inbox_cap) * packing.ENTRY, windows.inbox_ttl_s(), 0
    pipeline = client().pipeline(transaction=False)
    for user_id, ids, pulls in rows:
        packed = bytes(ids)
        floor = packed[-room - packing.ENTRY : -room] if len(packed) > room else packing.pack([packing.BOTTOM])
        inbox = floor + packed[-room:] + packing.pack([packing.marker(store_id) for store_id in pulls or []])
        pipeline.set(keys.inbox(user_id), inbox, ex=ttl)
        entries += len(inbox) // packing.ENTRY - 1
    pipeline.execute()
    return entries
