"""The way out to one socket: frames wait here while the client reads slowly, and not too many of them."""

from __future__ import annotations

import asyncio
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from core import logs
from interactions.live.protocol import Close
from interactions.live.wires import GOODBYE_S, Encoded, Goodbye, Send, encoded, wire_of

__all__ = ["MAX_BYTES", "MAX_FRAMES", "MAX_FRAME_BYTES", "Encoded", "Outlet", "Send", "encoded"]

log = logs.get(__name__)

MAX_FRAMES = 64
MAX_BYTES = 256 * 1024
# One frame alone: a room's 50 questions with their answers, were all of them in the widest letters.
MAX_FRAME_BYTES = 2 * MAX_BYTES


class Outlet:
    """A bounded queue before one socket. Nobody waits for it: `push` returns at once; a full one is closed as slow.

    Once closed its client has GOODBYE_S to take its leave, then the connection is cut: who never reads would stay for
    good. `when_closed` is called as it is closed, so that nobody counts on it any more.
    """

    __slots__ = ("__weakref__", "_bytes", "_end", "_waiting", "_wire", "_writer", "closed", "when_closed")

    def __init__(self, send: Send) -> None:
        self._wire = wire_of(send)
        # Made when it is needed, which for most sockets is never: an empty one weighs as much as all the rest.
        self._waiting: deque[Encoded] | None = None
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._end: asyncio.TimerHandle | None = None
        self.closed = False
        self.when_closed: Callable[[], None] | None = None

    @property
    def busy(self) -> bool:
        """Whether frames wait here; then it is no time for frames that can be left out."""
        return bool(self._waiting)

    def push(self, frame: Encoded) -> None:
        """Sends a frame, or keeps it until the client has read what came before."""
        if self.closed:
            return
        if frame.size > MAX_FRAME_BYTES:
            self.close(Close.SLOW)
        elif self._writer is None:
            self._send_now(frame)
        elif len(self._waiting or ()) >= MAX_FRAMES or self._bytes + frame.size > MAX_BYTES:
            self.close(Close.SLOW)
        else:
            self._keep(self._waiting or deque(), frame)

    def _keep(self, waiting: deque[Encoded], frame: Encoded) -> None:
        waiting.append(frame)
        self._waiting = waiting
        self._bytes += frame.size

    def _send_now(self, frame: Encoded) -> None:
        try:
            sent = self._wire.write(frame)
        except Exception as error:
            self._lost(error)
            return
        if not sent:
            self._writer = _start(self._write(frame))

    def close(self, code: Close) -> None:
        """Closes the socket after what is being sent; what still waits is dropped when it was too slow."""
        if self.closed:
            return
        self._shut()
        self._end = asyncio.get_running_loop().call_later(GOODBYE_S, self.abort)
        if code == Close.SLOW:
            self._waiting = None
        goodbye = Goodbye(int(code))
        if self._writer is None:
            self._writer = _start(self._write(goodbye))
        else:
            self._keep(self._waiting or deque(), goodbye)

    def abort(self) -> None:
        """Cuts the connection off, whatever still waits for it."""
        self._wire.abort()

    def drop(self) -> None:
        """The socket is gone: forget everything."""
        self._shut()
        self._waiting = None
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if self._writer is not None:
            self._writer.cancel()
            self._writer = None

    def _shut(self) -> None:
        self.closed = True
        if self.when_closed is not None:
            self.when_closed()
            self.when_closed = None

    async def _write(self, frame: Encoded) -> None:
        try:
            await self._wire.send(frame)
            while self._waiting:
                frame = self._waiting.popleft()
                self._bytes -= frame.size
                await self._wire.send(frame)
            self._waiting, self._bytes = None, 0
        except Exception as error:
            self._lost(error)
        finally:
            self._writer = None

    def _lost(self, error: Exception) -> None:
        # Each server has its own exception for a client that has gone, and its disconnect message comes as well.
        self._shut()
        self._waiting = None
        log.debug("a socket went away while it was written to: %r", error)


def _start(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Runs a coroutine up to its first real wait; a task for the rest, or None when there was none.

    Writing to a client that reads never waits, so a broadcast costs no task a socket: Python 3.12's eager tasks.
    """
    try:
        first = coroutine.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_go_on(coroutine, first))


async def _go_on(coroutine: Coroutine[Any, Any, None], first: Any) -> None:
    await _rest(coroutine, first)


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, None], waiting_for: Any) -> Generator[Any, Any, None]:
    thrown: BaseException | None = None
    value = None
    while True:
        try:
            value = yield waiting_for
            thrown = None
        except BaseException as error:
            thrown = error
        try:
            waiting_for = coroutine.send(value) if thrown is None else coroutine.throw(thrown)
        except StopIteration:
            return
