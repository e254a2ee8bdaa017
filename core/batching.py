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


@dataclass
class _Queue(Generic[K, V]):
    waiting: list[tuple[K, asyncio.Future[V]]] = field(default_factory=list)
    lanes: set[asyncio.Task[None] | None] = field(default_factory=set)


class Joined(Generic[K, V]):
    """A call for one key that is served in batches: `run` takes keys and gives as many values, in their order.

    A call on an idle process goes out at once. On a busy one a trip serves everybody who came during the last one, so
    that the cost of a trip is shared just when it matters. `lanes` is how many trips are under way together. What `run`
    raises, everybody in the batch gets; a value that is an exception, its caller alone. Who waits longer than
    `patience_s` gets what `late` makes. (The method is known from GraphQL servers as a data loader.)
    """

    def __init__(
        self,
        run: Callable[[Sequence[K]], Awaitable[Sequence[V | Exception]]],
        *,
        at_most: int = 64,
        lanes: int = 1,
        patience_s: float = 5.0,
        late: Callable[[], Exception] = lambda: Unavailable(retry_after=1),
    ) -> None:
        self._run = run
        self._late = late
        self._patience_s = patience_s
        self._at_most = at_most
        self._lanes = lanes
        self._queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue[K, V]] = weakref.WeakKeyDictionary()

    async def __call__(self, key: K) -> V:
        """The value of one key."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _Queue()
        future: asyncio.Future[V] = loop.create_future()
        queue.waiting.append((key, future))
        if len(queue.lanes) < self._lanes:
            # In no caller's context: what is logged there is not about one request.
            queue.lanes.add(loop.create_task(self._serve(queue), context=contextvars.Context()))
        try:
            async with asyncio.timeout(self._patience_s):
                return await future
        except TimeoutError:
            if not future.cancelled():
                raise  # the call's own
            raise self._late() from None

    async def _serve(self, queue: _Queue[K, V]) -> None:
        try:
            while queue.waiting:
                # Nobody works for callers who have gone.
                queue.waiting = [(key, future) for key, future in queue.waiting if not future.done()]
                batch, queue.waiting = queue.waiting[: self._at_most], queue.waiting[self._at_most :]
                if batch:
                    await self._answer(batch)
        finally:
            # In the same step as the look at the queue, so that whoever comes next opens a lane again.
            queue.lanes.discard(asyncio.current_task())

    async def _answer(self, batch: list[tuple[K, asyncio.Future[V]]]) -> None:
        try:
            values = await self._run([key for key, _ in batch])
            for (_, future), value in zip(batch, values, strict=True):
                if not future.done():  # its caller may have given up
                    _settle(future, value)
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        finally:
            for _, future in batch:
                future.cancel()  # only if the lane itself was cancelled is there one left


def _settle(future: asyncio.Future[V], value: V | Exception) -> None:
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
