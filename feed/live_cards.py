"""Cards of the rooms that are live, which stand above a shopper's feed: asked for with the page, kept nowhere.

Which rooms, the page's own statement says, so that whatever starts, ends, is followed, muted or suspended shows on the
next read. Only the numbers of viewers are Redis's, and up to a second old.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import time
import weakref
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from core.api import to_json
from core.batching import Joined
from core.pictures import picture_url
from core.redis import RedisAway, plain
from interactions.live import keys
from interactions.live.room import viewers_of

MOST = 10
# Numbers of viewers are asked for again after this time. They are the least of a page, which waits no longer for them.
FRESH_S = 1.0
PATIENCE_S = 0.1
# Rooms whose numbers are kept; forgotten together when there are more.
_KNOWN_MOST = 10_000

# Pages that ask in one statement, at most.
ASKERS_MOST = 16
# The rooms that are live anywhere, of which there are few: found by their partial index, once for a whole statement.
LIVE_SQL = """
live AS MATERIALIZED (
    SELECT room.id, room.store_id, coalesce(room.started_at, room.created_at) AS started_at
    FROM interactions_liveroom room JOIN stores_store s ON s.id = room.store_id AND s.status = 'approved'
    WHERE room.status = 'live'
)
"""
# For each page the newest of those whose stores its viewer follows: page, room, and what its card is made of. The
# askers are a text, a viewer or nothing for each page: whatever it holds PostgreSQL expects as many parts, where for an
# array it would count them and plan anew each time, which takes longer than the statement. OFFSET 0 keeps the look at
# follows by itself: it is one range of one index, however many rooms are live.
LIVE_ROWS_SQL = f"""
SELECT asking.page, newest.id, json_build_array(
    newest.id, room.title, newest.started_at, cover.picture, s.handle, s.name, s.avatar, s.verified)::text AS json
FROM (SELECT place::int - 1 AS page, viewer::bigint
      FROM string_to_table(%(askers)s, ',', '') WITH ORDINALITY AS asker (viewer, place) LIMIT {ASKERS_MOST}) AS asking
CROSS JOIN LATERAL (
    SELECT live.*
    FROM (SELECT store_id FROM stores_follow
          WHERE user_id = asking.viewer AND store_id = ANY (ARRAY(SELECT store_id FROM live)) AND NOT muted
          OFFSET 0) AS followed
    JOIN live ON live.store_id = followed.store_id
    ORDER BY live.started_at DESC, live.id DESC LIMIT {MOST}
) AS newest
JOIN interactions_liveroom room ON room.id = newest.id
JOIN stores_store s ON s.id = newest.store_id
LEFT JOIN posts_media cover ON cover.id = room.cover_id
"""  # noqa: S608  # composed of our own constants


class LiveCard(NamedTuple):
    """A room's card; `json` lacks the number of viewers and the closing brace. Sorts by when it started."""

    started_at: datetime
    room_id: int
    json: bytes


class LiveList(NamedTuple):
    """Cards as a JSON array, and a hash of them without the viewers, which alone make no page a new one."""

    json: bytes
    digest: str


NOTHING_LIVE = LiveList(b"[]", "")


@functools.lru_cache(maxsize=1_000)
def read_card(row: str) -> LiveCard:
    """A card from the JSON of LIVE_ROWS_SQL."""
    room_id, title, started_at, cover, handle, name, avatar, verified = orjson.loads(row)
    started = datetime.fromisoformat(started_at)
    card: dict[str, Any] = {
        "room": room_id,
        "title": title,
        "cover": picture_url(cover, width=640),
        "store": {"handle": handle, "name": name, "avatar": picture_url(avatar), "verified": verified},
        "started_at": started,
        "socket": f"/ws/rooms/{room_id}",
    }
    return LiveCard(started, room_id, to_json(card)[:-1])


async def live_list(cards: Sequence[LiveCard]) -> LiveList:
    """These cards, the room that started last first, each with its number of viewers."""
    if not cards:
        return NOTHING_LIVE
    cards = sorted(cards, reverse=True)
    viewers = await viewers_in([card.room_id for card in cards])
    pieces = [b'%b,"viewers":%d}' % (card.json, number) for card, number in zip(cards, viewers, strict=True)]
    digest = hashlib.blake2b(b"".join(card.json for card in cards), digest_size=12).hexdigest()
    return LiveList(b"[%b]" % b",".join(pieces), digest)


# For each room the time until when its number is good, and the number.
_Known = dict[int, tuple[float, int]]
_by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Known] = weakref.WeakKeyDictionary()


async def viewers_in(room_ids: Sequence[int]) -> list[int]:
    """How many watch each of these rooms: FRESH_S old at most, or, while Redis is away, the last known or 0."""
    known, now = _by_loop.setdefault(asyncio.get_running_loop(), {}), time.monotonic()
    stale = [room_id for room_id in room_ids if known.get(room_id, (0.0, 0))[0] < now]
    if stale:
        if len(known) > _KNOWN_MOST:
            known.clear()
        found: dict[int, int] = {}
        if not plain().is_open():
            with contextlib.suppress(RedisAway):
                found = await _count(tuple(stale))
        until = time.monotonic() + FRESH_S
        known.update({room_id: (until, found.get(room_id, known.get(room_id, (0.0, 0))[1])) for room_id in stale})
    return [known[room_id][1] for room_id in room_ids]


async def _count_together(wanted: Sequence[tuple[int, ...]]) -> list[dict[int, int]]:
    room_ids = sorted({room_id for each in wanted for room_id in each})
    with plain().guard():
        pipeline = plain().async_client().pipeline(transaction=False)
        for room_id in room_ids:
            pipeline.hvals(keys.viewers(room_id))
        found = dict(zip(room_ids, map(viewers_of, await pipeline.execute()), strict=True))
    return [found] * len(wanted)


_count = Joined(_count_together, patience_s=PATIENCE_S, late=RedisAway)
