"""Builds inboxes anew while people read them and posts arrive: the way their first reader does, only unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from core import db
from core.redis import async_client, guard
from feed import keys, selectors, windows
from feed.upkeep.finding import Show

# Inboxes that are built side by side.
AT_ONCE = 4


@dataclass(slots=True)
class Rebuilt:
    """How many inboxes are new, and how many are left to their next reader, who builds what is missing."""

    built: int = 0
    left: int = 0


def rebuild(user_ids: Sequence[int], *, per_second: float | None, show: Show, missing_too: bool = False) -> Rebuilt:
    """Builds these shoppers' inboxes anew, each to live as long as before. Raises RedisAway, Unavailable.

    Those without one get none, unless `missing_too`. Safe at any time, and may be repeated.
    """
    return asyncio.run(_rebuild_all(user_ids, per_second, show, missing_too))


async def _rebuild_all(user_ids: Sequence[int], per_second: float | None, show: Show, missing_too: bool) -> Rebuilt:
    done, waiting, clock = Rebuilt(), enumerate(user_ids), asyncio.get_running_loop().time
    started = clock()

    async def work() -> None:
        for number, user_id in waiting:
            if per_second:
                await asyncio.sleep(started + number / per_second - clock())
            if await _rebuild(user_id, missing_too):
                done.built += 1
            else:
                done.left += 1
            show(done.built + done.left, len(user_ids))

    try:
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    finally:
        await db.close()
        await async_client().aclose()
    return done


async def _rebuild(user_id: int, missing_too: bool) -> bool:
    """Whether the inbox is new. Who reads while there is none builds it; who reads while we build takes over.

    The claim comes before the query, so that what is published after it is pushed into what we claimed.
    """
    key = keys.inbox(user_id)
    with guard():
        pipeline = async_client().pipeline(transaction=False)
        pipeline.ttl(key)
        pipeline.delete(key)
        seconds, _ = await pipeline.execute()
    ttl_s = windows.inbox_ttl_s() if missing_too else seconds
    if ttl_s <= windows.CLAIM_S:
        return False  # none, nearly expired, or of a builder who is at it or died
    token = await windows.claim(key)
    if token is None:
        return False
    return await windows.fill(key, token, await selectors.newest_window(user_id), ttl_s=ttl_s)
