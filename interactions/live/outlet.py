"""The way out to one socket: frames wait here while the client reads slowly, and not too many of them."""

from __future__ import annotations

import asyncio
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, NamedTuple

from core import logs
from interactions.live.protocol import Close

log = logs.get(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]
MAX_FRAMES = 64
MAX_BYTES = 256 * 1024
# How long a closed client may take to say goodbye.
GOODBYE_S = 10


class Encoded(NamedTuple):
    """A frame as the server takes it, made once for all sockets that get it. `size`: characters, nearly bytes."""

    message: dict[str, Any]
    size: int


def encoded(text: str) -> Encoded:
    """A text frame."""
    return Encoded({"type": "websocket.send", "text": text}, len(text))


class Outlet:
    """A bounded queue before one socket. Nobody waits for it: `push` returns at once; a full one is closed as slow."""

    __slots__ = ("_bytes", "_send", "_waiting", "_writer", "closed")

    def __init__(self, send: Send) -> None:
        self._send = _paced(send)
        self._waiting: deque[Encoded] = deque()
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self.closed = False

    @property
    def busy(self) -> bool:
        """Whether frames wait here; then it is no time for frames that can be left out."""
        return bool(self._waiting)

    def push(self, frame: Encoded) -> None:
        """Sends a frame, or keeps it until the client has read what came before."""
        if self.closed:
            return
        if self._writer is None:
            self._writer = _start(self._write(frame))
        elif len(self._waiting) >= MAX_FRAMES or self._bytes + frame.size > MAX_BYTES:
            self.close(Close.SLOW)
        else:
            self._waiting.append(frame)
            self._bytes += frame.size

    def close(self, code: Close) -> None:
        """Closes the socket after what is being sent; what still waits is dropped when it was too slow."""
        if self.closed:
            return
        self.closed = True
        if code == Close.SLOW:
            self._waiting.clear()
        goodbye = Encoded({"type": "websocket.close", "code": int(code)}, 0)
        if self._writer is None:
            self._writer = _start(self._write(goodbye))
        else:
            self._waiting.append(goodbye)

    def drop(self) -> None:
        """The socket is gone: forget everything."""
        self.closed = True
        self._waiting.clear()
        if self._writer is not None:
            self._writer.cancel()
            self._writer = None

    async def _write(self, frame: Encoded) -> None:
        try:
            await self._send(frame.message)
            while self._waiting:
                frame = self._waiting.popleft()
                self._bytes -= frame.size
                await self._send(frame.message)
        except Exception as error:
            # Each server has its own exception for a client that has gone, and its disconnect message comes as well.
            self.closed = True
            self._waiting.clear()
            log.debug("a socket went away while it was written to: %r", error)
        finally:
            self._writer = None


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


class _Flow:
    """Hears from a Twisted transport whether its client reads (IPushProducer)."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()

    def pauseProducing(self) -> None:
        """The transport's buffer is full."""
        self._open.clear()

    def resumeProducing(self) -> None:
        """It is empty again."""
        self._open.set()

    stopProducing = resumeProducing  # the connection is lost: nobody need wait for it

    async def wait(self) -> None:
        """Until there is room."""
        await self._open.wait()


def _paced(send: Send) -> Send:
    """`send` as ASGI means it: it waits while the client does not read.

    daphne's returns at once and lets its transport's buffer grow. But it is a partial of its protocol, and the
    transport tells a producer when to pause, a place that nobody else needs once the protocol speaks websocket.
    """
    protocol: Any = next(iter(getattr(send, "args", ())), None)
    transport: Any = getattr(protocol, "transport", None)
    if not hasattr(transport, "registerProducer"):
        return send
    # autobahn gives a client a second to read why it is closed, which is little for who is closed as slow.
    protocol.closeHandshakeTimeout = GOODBYE_S
    flow = _Flow()
    transport.unregisterProducer()
    transport.registerProducer(flow, True)

    async def paced(message: dict[str, Any]) -> None:
        await flow.wait()
        await send(message)

    return paced
