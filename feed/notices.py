"""New-post notices: each web process looks at the lengths of its own viewers' inboxes once in about 2 seconds, and of
the outboxes of the pull stores that they follow. It does so in slices, one trip each, spread over that time.

So a post to a million followers costs notices only where somebody is connected, and fan-out tells nobody. Looking and
telling are apart: who may have something new waits in a queue, and is served while looks go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import logs
from core.problems import Problem
from core.redis import RedisAway
from feed import home, outboxes, windows
from feed.live_notices import LiveNotices, Tell
from feed.windows import UNKNOWN

log = logs.get(__name__)
EVERY_S = 2.0
# Lengths asked for in one trip: it keeps the event loop for some milliseconds.
AT_A_LOOK = 250
# Shoppers whose notices are made together, so that a post to everybody leaves room, and connections to
# PostgreSQL, for pages.
AT_ONCE = 4
# How often a grown outbox is read for a shopper until there is news: a replica may not have the post yet.
TRIES = 2


@dataclass
class _Shopper:
    """A connected shopper, and what their inbox looked like when last seen."""

    tells: set[Tell] = field(default_factory=set)
    inbox: int = UNKNOWN
    pulls: frozenset[int] = frozenset()
    told: dict[str, Any] | None = None
    tries: int = 0


@dataclass
class _Outbox:
    """A pull store's outbox when last seen, and which of the connected shoppers follow it."""

    length: int
    followers: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _Learned:
    """An inbox's length and pull stores, and the lengths of outboxes that nobody here followed so far."""

    inbox: int
    pulls: frozenset[int]
    lengths: dict[int, int]


class Watchers:
    """Who is connected to one process, and what they read. Whatever is written here goes with the last socket."""

    def __init__(self) -> None:
        self.shoppers: dict[int, _Shopper] = {}
        self.outboxes: dict[int, _Outbox] = {}

    def add(self, user_id: int, tell: Tell) -> None:
        """One more socket of a shopper."""
        self.shoppers.setdefault(user_id, _Shopper()).tells.add(tell)

    def remove(self, user_id: int, tell: Tell) -> None:
        """One less; an unknown one is no error."""
        shopper = self.shoppers.get(user_id)
        if shopper is None:
            return
        shopper.tells.discard(tell)
        if not shopper.tells:
            self._follow(user_id, shopper, frozenset(), {})
            del self.shoppers[user_id]

    async def learn(self, user_id: int) -> _Learned:
        """What a shopper's inbox says now. Builds what is missing, as only what exists is pushed to. Raises RedisAway.

        The length first: what arrives before the inbox is read makes it longer, and is seen by the next look.
        """
        (length,) = await windows.lengths([user_id])
        if not length:
            await home.build_inbox(user_id)
            (length,) = await windows.lengths([user_id])
        (inbox,), _ = await windows.read([user_id], ())
        if isinstance(inbox, RedisAway):
            raise inbox
        pulls = frozenset((inbox or await home.build_inbox(user_id)).pulls)
        new = [store_id for store_id in pulls if store_id not in self.outboxes]
        if not new:
            return _Learned(length, pulls, {})
        await outboxes.read(new)
        lengths = await windows.lengths([], new)
        outboxes.forget(new)  # they may be older than their lengths
        return _Learned(length, pulls, dict(zip(new, lengths, strict=True)))

    def take(self, user_id: int, learned: _Learned) -> None:
        """Keeps what was learned, unless the shopper has gone meanwhile."""
        shopper = self.shoppers.get(user_id)
        if shopper is not None:
            shopper.inbox = learned.inbox
            self._follow(user_id, shopper, learned.pulls, learned.lengths)

    def _follow(self, user_id: int, shopper: _Shopper, pulls: frozenset[int], lengths: dict[int, int]) -> None:
        for store_id in pulls - shopper.pulls:
            outbox = self.outboxes.setdefault(store_id, _Outbox(lengths.get(store_id, UNKNOWN)))
            outbox.followers.add(user_id)
        for store_id in shopper.pulls - pulls:
            followers = self.outboxes[store_id].followers
            followers.discard(user_id)
            if not followers:
                del self.outboxes[store_id]
        shopper.pulls = pulls

    def changed_inboxes(self, user_ids: Sequence[int], lengths: Sequence[int]) -> list[int]:
        """Whose inbox is not as it was, or is gone and must be built, or who should be looked at once more."""
        changed = []
        for user_id, length in zip(user_ids, lengths, strict=True):
            shopper = self.shoppers.get(user_id)
            if shopper is None:
                continue  # left while Redis was asked
            if length == UNKNOWN:
                continue  # its server is away; the next look may see it
            if not length or length != shopper.inbox:
                shopper.inbox = UNKNOWN
            if shopper.inbox == UNKNOWN or shopper.tries:
                changed.append(user_id)
        return changed

    def followers_of_changed(self, lengths: dict[int, int]) -> set[int]:
        """Who follows a store whose outbox is not as it was."""
        found: set[int] = set()
        for store_id, length in lengths.items():
            outbox = self.outboxes.get(store_id)
            if outbox is not None and length not in (UNKNOWN, outbox.length):
                outbox.length = length
                outboxes.forget([store_id])
                found |= outbox.followers
        for user_id in found:
            self.shoppers[user_id].tries = TRIES
        return found


class Watch:
    """Looks at what the connected shoppers of one process read, and tells them of new posts and of live rooms."""

    def __init__(self) -> None:
        self.live = LiveNotices()
        self._watchers = Watchers()
        self._waiting: OrderedDict[int, None] = OrderedDict()
        self._workers: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def add(self, user_id: int, tell: Tell) -> None:
        """Starts telling a socket about this shopper's new posts. Builds the inbox, as only inboxes are pushed to."""
        learned = None
        if user_id not in self._watchers.shoppers:
            with contextlib.suppress(RedisAway):  # unknown, so that the next look learns it
                learned = await self._watchers.learn(user_id)
        self._watchers.add(user_id, tell)
        if learned is not None:
            self._watchers.take(user_id, learned)
        self.live.add(user_id, tell)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="new-post notices")

    def remove(self, user_id: int, tell: Tell) -> None:
        """Stops telling a socket; the last one of a shopper ends the looking."""
        self._watchers.remove(user_id, tell)
        self.live.remove(tell)

    async def _run(self) -> None:
        while self._watchers.shoppers:
            people, stores = _slices(self._watchers.shoppers), _slices(self._watchers.outboxes)
            looks = [(self._look_at_inboxes, ids) for ids in people] + [(self._look_at_outboxes, ids) for ids in stores]
            for look, ids in looks:
                await asyncio.sleep(EVERY_S / len(looks))
                try:
                    await look(ids)
                except RedisAway:
                    continue  # everything can be fetched; the next look may see it
                except Exception:
                    log.exception("new-post notices failed and go on")

    async def _look_at_inboxes(self, user_ids: Sequence[int]) -> None:
        lengths = await windows.lengths(user_ids)
        self._see_to(self._watchers.changed_inboxes(user_ids, lengths))

    async def _look_at_outboxes(self, store_ids: Sequence[int]) -> None:
        lengths = dict(zip(store_ids, await windows.lengths([], store_ids), strict=True))
        missing = [store_id for store_id, length in lengths.items() if not length]
        if missing:
            await outboxes.read(missing)  # which builds them
            lengths |= zip(missing, await windows.lengths([], missing), strict=True)
        self._see_to(self._watchers.followers_of_changed(lengths))

    def _see_to(self, user_ids: Iterable[int]) -> None:
        """Puts these in the queue, each once, and has it served."""
        self._waiting.update(dict.fromkeys(user_ids))
        for _ in range(min(AT_ONCE - len(self._workers), len(self._waiting))):
            worker = asyncio.create_task(self._serve(), name="new-post notices are made")
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _serve(self) -> None:
        while self._waiting:
            user_id, _ = self._waiting.popitem(last=False)
            try:
                await self._serve_one(user_id)
            except Exception as error:
                if user_id in self._watchers.shoppers:
                    self._watchers.shoppers[user_id].inbox = UNKNOWN  # again with the next look
                if not isinstance(error, Problem | RedisAway):  # those say that PostgreSQL or Redis is away
                    log.exception("a new-post notice failed")

    async def _serve_one(self, user_id: int) -> None:
        shopper = self._watchers.shoppers.get(user_id)
        if shopper is None:
            return  # left while others had their turn
        if shopper.inbox == UNKNOWN:
            self._watchers.take(user_id, await self._watchers.learn(user_id))
        new = await home.new_posts(user_id)
        frame = {"type": "new_posts", "count": new.count, "stores": new.stores, "head": new.head}
        if not new.count or frame == shopper.told:
            shopper.tries = max(0, shopper.tries - 1)
            return
        shopper.told, shopper.tries = frame, 0
        for tell in list(shopper.tells):
            await tell(frame)


def _slices(ids: Iterable[int]) -> list[list[int]]:
    every = list(ids)
    return [every[start : start + AT_A_LOOK] for start in range(0, len(every), AT_A_LOOK)]


_watches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = weakref.WeakKeyDictionary()


def watch() -> Watch:
    """The running process's (event loop's) watch."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())
