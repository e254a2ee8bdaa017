"""New-post notices: each web process looks at the lengths of its own viewers' inboxes in one trip every 2 seconds,
and of the outboxes of the pull stores that they follow.

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
# Shoppers whose notices are made together, so that a post to everybody leaves room for pages.
AT_ONCE = 8
Tell = Callable[[dict[str, Any]], Awaitable[None]]


class Watch:
    """The connected shoppers of one process and what their inboxes and outboxes looked like when last seen."""

    def __init__(self) -> None:
        self._tells: defaultdict[int, set[Tell]] = defaultdict(set)
        self._inboxes: dict[int, int] = {}
        self._outboxes: dict[int, int] = {}
        self._pulls: dict[int, tuple[int, ...]] = {}
        self._task: asyncio.Task[None] | None = None

    async def add(self, user_id: int, tell: Tell) -> None:
        """Starts telling a socket about this shopper's new posts. Builds the inbox, as only inboxes are pushed to."""
        if user_id not in self._tells:
            await self._learn(user_id)
        self._tells[user_id].add(tell)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="new-post notices")

    def remove(self, user_id: int, tell: Tell) -> None:
        """Stops telling a socket; the last one of a shopper ends the looking."""
        self._tells[user_id].discard(tell)
        if not self._tells[user_id]:
            del self._tells[user_id]
            self._inboxes.pop(user_id, None)
            self._pulls.pop(user_id, None)

    async def _learn(self, user_id: int) -> None:
        """Whom a shopper reads by pulling, and how long everything is now. Builds what is missing."""
        with contextlib.suppress(RedisAway):
            window = await home.window_of(user_id)
            self._pulls[user_id] = window.pulls if window else ()
            inbox, *outboxes = await windows.lengths([user_id], self._pulls[user_id])
            self._inboxes[user_id] = inbox
            for store_id, length in zip(self._pulls[user_id], outboxes, strict=True):
                self._outboxes.setdefault(store_id, length)

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
        store_ids = list({store_id for pulls in self._pulls.values() for store_id in pulls})
        lengths = await windows.lengths(user_ids, store_ids)
        inboxes = dict(zip(user_ids, lengths, strict=False))
        outboxes = dict(zip(store_ids, lengths[len(user_ids) :], strict=True))
        grown = {store_id for store_id, length in outboxes.items() if length != self._outboxes.get(store_id, length)}
        self._outboxes = outboxes
        changed = [user_id for user_id in user_ids if self._changed(user_id, inboxes[user_id], grown)]
        self._inboxes |= {user_id: length for user_id, length in inboxes.items() if user_id in self._tells}
        turns = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._see_to(user_id, turns) for user_id in changed))

    def _changed(self, user_id: int, length: int, grown: set[int]) -> bool:
        """Whether something arrived, or the inbox is gone and must be built, so that it is pushed to again."""
        return (
            length != self._inboxes.get(user_id, length)
            or not length
            or not grown.isdisjoint(self._pulls.get(user_id, ()))
        )

    async def _see_to(self, user_id: int, turns: asyncio.Semaphore) -> None:
        async with turns:
            if user_id not in self._tells:
                return  # left while others had their turn
            try:
                await self._learn(user_id)
                await self._tell(user_id)
            except Problem:
                self._inboxes[user_id] = -1  # PostgreSQL is away: again with the next look

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
