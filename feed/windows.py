"""Inboxes and outboxes in Redis: pushed to by jobs, read and built by readers. Callers see ids, never Redis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from core.redis import Argument, RedisAway, Script, aexecute, async_client, async_outbox_reader, client, guard
from feed import keys, packing
from feed.packing import Window

_LUA = Path(__file__).parent / "lua"
_ROOM = (_LUA / "room.lua",)
PUSH = Script(_LUA / "push.lua", before=_ROOM)
CLAIM = Script(_LUA / "claim.lua")
FILL = Script(_LUA / "fill.lua", before=_ROOM)
BACKFILL = Script(_LUA / "backfill.lua", before=_ROOM)

# A builder that died leaves its claim; it is gone after this, or taken over by the next reader.
CLAIM_S = 60
# So long a builder is not disturbed: if all who miss a window took it over from each other, none would fill it.
BUILDING_S = 2
# Scripts sent in one round trip while fanning out, so that a big range never holds Redis for long.
SCRIPTS_PER_TRIP = 64
# The length of a window that could not be asked for, or must be asked for again: unlike every length that there is.
UNKNOWN = -1


def cut_past(cap: int) -> int:
    """Bytes past which a window of so many entries is cut: a quarter above, and the header."""
    return packing.ENTRY + cap * packing.ENTRY * 5 // 4


def inbox_ttl_s() -> int:
    """How long an unread inbox lives."""
    return int(settings.LIMITS.feed_inbox_days) * 86_400


Read = Window | RedisAway | None


async def read(user_ids: Sequence[int], store_ids: Sequence[int]) -> tuple[list[Read], list[Read]]:
    """Shoppers' windows, their lives renewed, and stores', from replicas if settings say so. One trip.

    None where one must be built; RedisAway where its server, one of a cluster, does not answer. Raises RedisAway.
    """
    with guard():
        pipeline = async_outbox_reader().pipeline(transaction=False)
        for user_id in user_ids:
            pipeline.getex(keys.inbox(user_id), ex=inbox_ttl_s())
        for store_id in store_ids:
            pipeline.get(keys.outbox(store_id))
        found = [_window(reply) for reply in await aexecute(pipeline)]
    return found[: len(user_ids)], found[len(user_ids) :]


def _window(reply: bytes | RedisAway | None) -> Read:
    return reply if isinstance(reply, RedisAway) else packing.unpack(reply or b"")


async def claim(key: str) -> bytes | None:
    """The token to fill an inbox or outbox with, or None when somebody else has built it or is at it.

    Raises RedisAway.
    """
    token = packing.building_token()
    ours = await CLAIM.arun([key], [token, CLAIM_S, BUILDING_S])
    return token if ours else None


async def fill(key: str, token: bytes, window: Window, *, ttl_s: int) -> bool:
    """Completes what was claimed with what PostgreSQL said after the claim; False when it was lost meanwhile."""
    entries = [*window.ids[::-1], *map(packing.marker, window.pulls)]
    return bool(await FILL.arun([key], [token, packing.pack([window.floor]), packing.pack(entries), ttl_s]))


def push(feed_id: int, user_ids: Sequence[int]) -> int:
    """Appends a feed id to the inboxes that exist among these shoppers'; how many took it. May be repeated."""
    return _push_entry(feed_id, user_ids)


def push_marker(store_id: int, user_ids: Sequence[int]) -> int:
    """Appends a pull store's marker, likewise."""
    return _push_entry(packing.marker(store_id), user_ids)


def _push_entry(entry: int, user_ids: Sequence[int]) -> int:
    by_bucket: defaultdict[int, list[str]] = defaultdict(list)
    for user_id in user_ids:
        by_bucket[user_id % keys.BUCKETS].append(keys.inbox(user_id))
    arguments = _push_arguments(entry, int(settings.LIMITS.feed_inbox_cap))
    batches = list(by_bucket.values())
    pushed = 0
    for start in range(0, len(batches), SCRIPTS_PER_TRIP):
        pushed += sum(_push_batches(batches[start : start + SCRIPTS_PER_TRIP], arguments))
    return pushed


def _push_arguments(entry: int, cap: int) -> list[Argument]:
    return [packing.pack([entry]), cap, cut_past(cap)]


def _push_batches(batches: list[list[str]], arguments: list[Argument]) -> list[int]:
    with guard():
        return PUSH.pipelined(client(), [(batch, arguments) for batch in batches])


def backfill(user_id: int, ids: Sequence[int], *, missing_below: int) -> None:
    """Adds a newly followed store's latest ids to the inbox, if there is one.

    `missing_below` is the floor under which the store has posts that are not among `ids` (0: these are all).
    """
    limit = cut_past(int(settings.LIMITS.feed_inbox_cap))
    BACKFILL.run([keys.inbox(user_id)], [packing.pack(ids), packing.pack([missing_below]), limit])


def backfill_marker(user_id: int, store_id: int) -> None:
    """Adds a newly followed pull store's marker to the inbox, if there is one: its posts are in its outbox."""
    backfill(user_id, [packing.marker(store_id)], missing_below=packing.BOTTOM)


def drop_inbox(user_id: int) -> None:
    """Forgets an inbox; the next read builds it."""
    with guard():
        client().delete(keys.inbox(user_id))


def push_outbox(store_id: int, feed_id: int) -> None:
    """Appends to a store's outbox if it exists."""
    PUSH.run([keys.outbox(store_id)], _push_arguments(feed_id, int(settings.LIMITS.feed_outbox_cap)))


def drop_outbox(store_id: int) -> None:
    """Forgets an outbox; the next read builds it."""
    with guard():
        client().delete(keys.outbox(store_id))


async def lengths(user_ids: Sequence[int], store_ids: Sequence[int] = ()) -> list[int]:
    """Bytes in each of these inboxes, then in each of these outboxes; 0 without one. One trip.

    A cheap way to see that something arrived. UNKNOWN where a cluster's server does not answer. Raises RedisAway.
    """
    with guard():
        pipeline = async_client().pipeline(transaction=False)
        for user_id in user_ids:
            pipeline.strlen(keys.inbox(user_id))
        for store_id in store_ids:
            pipeline.strlen(keys.outbox(store_id))
        return [UNKNOWN if isinstance(length, RedisAway) else int(length) for length in await aexecute(pipeline)]
