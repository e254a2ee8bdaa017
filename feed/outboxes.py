"""Outboxes of pull stores as readers see them: shared by all pages of a process, and FRESH_S old at most."""

from __future__ import annotations

import asyncio
import contextlib
import time
import weakref
from collections.abc import Iterable, Sequence

from core.batching import Joined
from core.redis import RedisAway, is_open
from feed import keys, selectors, windows
from feed.packing import Window

# A post of a pull store may be seen this much later; in return a page seldom has to ask for outboxes.
FRESH_S = 0.025
# An outbox lives this long from when it was built, and is built again by its next reader.
OUTBOX_TTL_S = 86_400
# What nobody asked for during this time is forgotten.
KEPT_S = 60

# Each outbox with the time it was asked for: what was published later may be missing.
_Known = dict[int, tuple[float, Window]]
_by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Known] = weakref.WeakKeyDictionary()


def _known() -> _Known:
    return _by_loop.setdefault(asyncio.get_running_loop(), {})


def stale(store_ids: Iterable[int]) -> list[int]:
    """Those of these stores whose outboxes must be asked for."""
    known, since = _known(), time.monotonic() - FRESH_S
    return [store_id for store_id in store_ids if store_id not in known or known[store_id][0] < since]


def learn(asked_at: float, found: Iterable[tuple[int, windows.Read]]) -> None:
    """Takes outboxes as they were read; missing ones are left for `read`."""
    known = _known()
    for store_id in [store_id for store_id, (at, _) in known.items() if at < asked_at - KEPT_S]:
        del known[store_id]
    known.update({store_id: (asked_at, window) for store_id, window in found if isinstance(window, Window)})


def forget(store_ids: Iterable[int]) -> None:
    """These outboxes have changed: the next reader asks for them."""
    for store_id in store_ids:
        _known().pop(store_id, None)


async def read(store_ids: Sequence[int]) -> list[Window]:
    """The windows of these stores' outboxes. One trip if some are not fresh, none else. Raises RedisAway."""
    missing = stale(store_ids)
    found = dict(zip(missing, await asyncio.gather(*map(_read, missing)), strict=True)) if missing else {}
    known = _known()
    return [found.get(store_id) or known[store_id][1] for store_id in store_ids]


async def _read_all(wanted: Sequence[int]) -> list[Window | Exception]:
    store_ids, asked_at = list(set(wanted)), time.monotonic()
    _, replies = await windows.read([], store_ids)
    found = dict(zip(store_ids, replies, strict=True))
    missing = [store_id for store_id, window in found.items() if window is None]
    built = dict(zip(missing, await asyncio.gather(*map(build, missing), return_exceptions=True), strict=True))
    learn(asked_at, found.items())
    learn(asked_at, [(store_id, window) for store_id, window in built.items() if isinstance(window, Window)])
    return [_value(found[store_id], built.get(store_id)) for store_id in wanted]


def _value(read: windows.Read, built: Window | BaseException | None) -> Window | Exception:
    value = built if read is None else read
    if isinstance(value, Window | Exception):
        return value
    raise value if isinstance(value, BaseException) else AssertionError("what is missing was built")


_joined = Joined(_read_all, late=RedisAway)


async def _read(store_id: int) -> Window:
    if is_open():
        raise RedisAway  # one trip finds out how Redis is; nobody waits behind it
    return await _joined(store_id)


async def build(store_id: int) -> Window:
    """A missing outbox, from PostgreSQL. The claim first: what is published meanwhile is appended by its fan-out.

    Raises RedisAway.
    """
    token = await windows.claim(keys.outbox(store_id))
    window = await selectors.outbox_window(store_id)
    if token is not None:
        with contextlib.suppress(RedisAway):  # the answer stands; the claim expires
            await windows.fill(keys.outbox(store_id), token, window, ttl_s=OUTBOX_TTL_S)
    return window
