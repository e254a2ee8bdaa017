"""New-post notices: each web process looks at the lengths of its own viewers' inboxes in one trip every 2 seconds.

So a post to a million followers costs notices only where somebody is connected, and fan-out tells nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from core import logs
from core.problems import Problem
from core.redis import RedisAway
from feed import home, windows

log = logs.get(__name__)
EVERY_S = 2.0
Tell = Callable[[dict[str, Any]], Awaitable[None]]


class Watch:
    """The connected shoppers of one process and what their inboxes looked like when last seen."""

    def __init__(self) -> None:
        self._tells: defaultdict[int, set[Tell]] = defaultdict(set)
        self._lengths: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def add(self, user_id: int, tell: Tell) -> None:
        """Starts telling a socket about this shopper's new posts. Builds the inbox, as only inboxes are pushed to."""
        await home.window_of(user_id)
        with contextlib.suppress(RedisAway):
            (length,) = await windows.lengths([user_id])
            self._lengths.setdefault(user_id, length)
        self._tells[user_id].add(tell)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="new-post notices")

    def remove(self, user_id: int, tell: Tell) -> None:
        """Stops telling a socket; the last one of a shopper ends the looking."""
        self._tells[user_id].discard(tell)
        if not self._tells[user_id]:
            del self._tells[user_id]
            self._lengths.pop(user_id, None)

    async def _run(self) -> None:
        while self._tells:
            await asyncio.sleep(EVERY_S)
            try:
                await self._look()
            except RedisAway:
                continue  # everything can be fetched; the next look may see it
            except Exception:
                log.exception("new-post notices failed and go on")

    async def _look(self) -> None:
        user_ids = list(self._tells)
        for user_id, length in zip(user_ids, await windows.lengths(user_ids), strict=True):
            try:
                await self._look_at(user_id, length)
            except Problem:
                continue  # PostgreSQL is away; seen again with the next look

    async def _look_at(self, user_id: int, length: int) -> None:
        if not length:
            await home.window_of(user_id)  # Redis lost it: build it, so that it is pushed to again
        elif length != self._lengths.get(user_id, length):
            await self._tell(user_id)
        if user_id in self._tells:  # may have left while we asked
            self._lengths[user_id] = length

    async def _tell(self, user_id: int) -> None:
        new = await home.new_posts(user_id)
        if new.count:
            frame = {"type": "new_posts", "count": new.count, "stores": new.stores, "head": new.head}
            for tell in list(self._tells.get(user_id, ())):
                await tell(frame)


_watches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = weakref.WeakKeyDictionary()


def watch() -> Watch:
    """The running process's (event loop's) watch."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())
