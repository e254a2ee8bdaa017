"""Outboxes of pull stores as readers see them: shared by all pages of a process, and FRESH_S old at most."""

from __future__ import annotations

import asyncio
import contextlib
import time
import weakref
from collections.abc import Sequence

from core.batching import Joined
from core.redis import RedisAway
from feed import keys, selectors, windows
from feed.packing import Window

# A post of a pull store may be seen this much later; in return a page seldom has to ask for outboxes.
FRESH_S = 0.05
# An outbox lives this long from when it was built, and is built again by its next reader.
OUTBOX_TTL_S = 86_400
# What nobody asked for during this time is forgotten.
KEPT_S = 60

# Each outbox with the time it was asked for.
_Known = dict[int, tuple[float, Window]]
_by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Known] = weakref.WeakKeyDictionary()


async def read(store_ids: Sequence[int]) -> list[Window]:
    """The windows of these stores' outboxes. One trip if some are not fresh, none else. Raises RedisAway."""
    known = _by_loop.setdefault(asyncio.get_running_loop(), {})
    stale_before = time.monotonic() - FRESH_S
    stale = tuple(store_id for store_id in store_ids if store_id not in known or known[store_id][0] < stale_before)
    if stale:
        await _refresh(stale)
    return [known[store_id][1] for store_id in store_ids]


async def _refresh_all(wanted: Sequence[tuple[int, ...]]) -> list[None]:
    known = _by_loop[asyncio.get_running_loop()]
    asked_at = time.monotonic()  # what is published after this moment may be missing
    for store_id in [store_id for store_id, (at, _) in known.items() if at < asked_at - KEPT_S]:
        del known[store_id]
    store_ids = list({store_id for each in wanted for store_id in each})
    for store_id, window in zip(store_ids, await windows.read_outboxes(store_ids), strict=True):
        known[store_id] = (asked_at, window or await build(store_id))
    return [None] * len(wanted)


_refresh = Joined(_refresh_all)


async def build(store_id: int) -> Window:
    """A missing outbox, from PostgreSQL. The claim first: what is published meanwhile is appended by its fan-out."""
    token = await windows.claim(keys.outbox(store_id))
    window = await selectors.outbox_window(store_id)
    if token is not None:
        with contextlib.suppress(RedisAway):  # the answer stands; the claim expires
            await windows.fill(keys.outbox(store_id), token, window, ttl_s=OUTBOX_TTL_S)
    return window
