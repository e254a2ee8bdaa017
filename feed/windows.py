"""Inboxes and outboxes in Redis: pushed to by jobs, read and built by readers. Callers see ids, never Redis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from core.redis import Argument, Script, async_client, client, guard
from feed import keys, packing
from feed.packing import Window

_LUA = Path(__file__).parent / "lua"
PUSH = Script(_LUA / "push.lua")
CLAIM = Script(_LUA / "claim.lua")
FILL = Script(_LUA / "fill.lua")
BACKFILL = Script(_LUA / "backfill.lua")

# A builder that died leaves its claim; it is gone after this, or taken over by the next reader.
CLAIM_S = 60
# Scripts sent in one round trip while fanning out, so that a big range never holds Redis for long.
SCRIPTS_PER_TRIP = 64


def cut_past(cap: int) -> int:
    """Bytes past which a window of so many entries is cut: a quarter above, and the header."""
    return packing.ENTRY + cap * packing.ENTRY * 5 // 4


def inbox_ttl_s() -> int:
    """How long an unread inbox lives."""
    return int(settings.LIMITS.feed_inbox_days) * 86_400


async def read_inbox(user_id: int) -> Window | None:
    """The shopper's window, its life renewed; None when it must be built. One trip. Raises RedisAway."""
    with guard():
        packed = await async_client().getex(keys.inbox(user_id), ex=inbox_ttl_s())
    return packing.unpack(packed) if isinstance(packed, bytes) else None


async def claim_inbox(user_id: int) -> bytes | None:
    """The token to fill with, or None when somebody else has built it already. Raises RedisAway."""
    token = packing.building_token()
    ours = await CLAIM.arun([keys.inbox(user_id)], [token, CLAIM_S])
    return token if ours else None


async def fill_inbox(user_id: int, token: bytes, window: Window) -> bool:
    """Completes a claimed inbox with what PostgreSQL said after the claim; False when it was lost meanwhile."""
    arguments: list[Argument] = [token, packing.pack([window.floor]), packing.pack(window.ids[::-1]), inbox_ttl_s()]
    return bool(await FILL.arun([keys.inbox(user_id)], arguments))


def push(feed_id: int, user_ids: Sequence[int]) -> int:
    """Appends a feed id to the inboxes that exist among these shoppers'; how many took it. May be repeated."""
    by_bucket: defaultdict[int, list[str]] = defaultdict(list)
    for user_id in user_ids:
        by_bucket[user_id % keys.BUCKETS].append(keys.inbox(user_id))
    arguments = _push_arguments(feed_id, int(settings.LIMITS.feed_inbox_cap))
    batches = list(by_bucket.values())
    pushed = 0
    for start in range(0, len(batches), SCRIPTS_PER_TRIP):
        pushed += sum(_push_batches(batches[start : start + SCRIPTS_PER_TRIP], arguments))
    return pushed


def _push_arguments(feed_id: int, cap: int) -> list[Argument]:
    return [packing.pack([feed_id]), cap, cut_past(cap)]


def _push_batches(batches: list[list[str]], arguments: list[Argument]) -> list[int]:
    with guard():
        return PUSH.pipelined(client(), [(batch, arguments) for batch in batches])


def backfill(user_id: int, ids: Sequence[int], *, missing_below: int) -> None:
    """Adds a newly followed store's latest ids to the inbox, if there is one.

    `missing_below` is the floor under which the store has posts that are not among `ids` (0: these are all).
    """
    limit = cut_past(int(settings.LIMITS.feed_inbox_cap))
    BACKFILL.run([keys.inbox(user_id)], [packing.pack(ids), packing.pack([missing_below]), limit])


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


async def lengths(user_ids: Sequence[int]) -> list[int]:
    """Bytes in each shopper's inbox, 0 without one: a cheap way to see that something arrived. One trip."""
    with guard():
        pipeline = async_client().pipeline(transaction=False)
        for user_id in user_ids:
            pipeline.strlen(keys.inbox(user_id))
        return [int(length) for length in await pipeline.execute()]
