"""Joining calls: what arrives while one is under way goes out together with the next, in one trip."""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.problems import Unavailable

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class _Call(Generic[K, V]):
    key: K
    future: asyncio.Future[V]
    since: float

    def settle(self, value: V | Exception) -> None:
        """Answers the caller, unless they have gone."""
        if self.future.done():
            return
        if isinstance(value, Exception):
            self.future.set_exception(value)
        else:
            self.future.set_result(value)


@dataclass
class _Queue(Generic[K, V]):
    waiting: list[_Call[K, V]] = field(default_factory=list)
    lanes: set[asyncio.Task[None] | None] = field(default_factory=set)


class Joined(Generic[K, V]):
    """A call for one key that is served in batches: `run` takes keys and gives as many values, in their order.

    A call on an idle process goes out at once. On a busy one a trip serves everybody who came during the last one, so
    that the cost of a trip is shared just when it matters. `lanes` is how many trips are under way together. What `run`
    raises, everybody in the batch gets; a value that is an exception, its caller alone. A trip that takes longer than
    `patience_s` is given up, and who waited so long for one to begin is sent away, both with what `late` makes.
    `pause_s` is the least time from the start of a lane's trip to its next, unless a full one waits: then a crowd that
    comes within a second makes a few trips instead of hundreds, and each waits that long at most.
    (The method is known from GraphQL servers as a data loader.)
    """

    def __init__(
        self,
        run: Callable[[Sequence[K]], Awaitable[Sequence[V | Exception]]],
        *,
        at_most: int = 64,
        lanes: int = 1,
        pause_s: float = 0.0,
        patience_s: float = 5.0,
        late: Callable[[], Exception] = lambda: Unavailable(retry_after=1),
    ) -> None:
        self._run = run
        self._late = late
        self._patience_s = patience_s
        self._at_most = at_most
        self._lanes = lanes
        self._pause_s = pause_s
        self._queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue[K, V]] = weakref.WeakKeyDictionary()

    async def __call__(self, key: K) -> V:
        """The value of one key."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _Queue()
        future: asyncio.Future[V] = loop.create_future()
        queue.waiting.append(_Call(key, future, loop.time()))
        if len(queue.lanes) < self._lanes:
            # In no caller's context: what is logged there is not about one request.
            queue.lanes.add(loop.create_task(self._serve(queue), context=contextvars.Context()))
        return await future

    async def _serve(self, queue: _Queue[K, V]) -> None:
        try:
            while queue.waiting:
                began = asyncio.get_running_loop().time()
                batch, queue.waiting = queue.waiting[: self._at_most], queue.waiting[self._at_most :]
                batch = [call for call in batch if self._still_waits(call)]
                if batch:
                    await self._answer(batch)
                if self._pause_s and len(queue.waiting) < self._at_most:
                    await asyncio.sleep(began + self._pause_s - asyncio.get_running_loop().time())
        finally:
            # In the same step as the look at the queue, so that whoever comes next opens a lane again.
            queue.lanes.discard(asyncio.current_task())

    def _still_waits(self, call: _Call[K, V]) -> bool:
        """Nobody works for callers who have gone, or who have waited too long already."""
        if call.future.done():
            return False
        if asyncio.get_running_loop().time() - call.since <= self._patience_s:
            return True
        call.future.set_exception(self._late())
        return False

    async def _answer(self, batch: list[_Call[K, V]]) -> None:
        patience = asyncio.timeout(self._patience_s)
        try:
            async with patience:
                values = await self._run([call.key for call in batch])
            for call, value in zip(batch, values, strict=True):
                call.settle(value)
        except Exception as error:
            for call in batch:
                call.settle(self._late() if patience.expired() else error)
        finally:
            for call in batch:
                call.future.cancel()  # only if the lane itself was cancelled is there one left
