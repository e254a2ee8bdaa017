"""How a web process ends: it stops being ready, sends its sockets elsewhere, finishes what it has begun, then ends.

Both servers have signal handlers of their own before the application runs: daphne's cuts every request and socket off,
uvicorn's closes sockets as 1012. Ours stand before them, and call them when there is nothing left to cut off.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from config.health import Readiness
from core import logs
from interactions.live.hub import hub
from interactions.live.presence import presence

log = logs.get(__name__)

# Sockets are closed over so many seconds; few ones sooner, as so many a second harm nobody when they come back.
SPREAD_S = 5.0
CLOSES_PER_S = 100
# How long each may hold up the end, whatever the others took: after the last close those who do not go, or whose frame
# is still being done; then requests; then what is still to be written.
GO_S = 3.0
REQUESTS_S = 5.0
SETTLE_S = 2.5
# systemd tells every process of a service, and a server with several processes tells them as well: one wish, not two.
SAME_WISH_S = 1.0

Handler = Callable[[int, FrameType | None], Any]


class Drain:
    """What stands between the signal and the server's own end. `requests`: how many are being answered over HTTP."""

    def __init__(self) -> None:
        self.requests = 0
        self._servers: dict[int, Handler] = {}
        self._draining: asyncio.Task[None] | None = None
        self._told_at = 0.0

    def install(self) -> None:
        """Takes over the signals that the server handles by now. In a thread, where it handles none, nothing."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            handler = signal.getsignal(number)
            if callable(handler) and handler != self._told:
                self._servers[number] = handler
                signal.signal(number, self._told)

    def install_when_running(self) -> None:
        """For daphne, which has no lifespan: once its reactor runs. Under another server that never happens."""
        reactor: Any = sys.modules.get("twisted.internet.reactor")
        if reactor is not None:
            reactor.callWhenRunning(self.install)

    def _told(self, number: int, frame: FrameType | None) -> None:
        """The signal: the first one begins, a later one is for the server at once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # the server is between its start and its loop, or after it
            loop = None
        if loop is not None and not Readiness.draining:
            Readiness.draining = True
            self._told_at = time.monotonic()
            loop.call_soon_threadsafe(self._begin, number)
        elif loop is None or time.monotonic() - self._told_at > SAME_WISH_S:
            if self._draining is not None and loop is not None:
                loop.call_soon_threadsafe(self._draining.cancel)
            self._servers[number](number, frame)

    def _begin(self, number: int) -> None:
        self._draining = asyncio.create_task(self._drain(number), name="drain")

    async def _drain(self, number: int) -> None:
        sockets = len(presence().sockets)
        spread = min(SPREAD_S, sockets / CLOSES_PER_S)
        log.info("told to end, with %d sockets and %d requests", sockets, self.requests)
        await _within(spread + GO_S, presence().drain(spread), "some clients did not go in time")
        _stop_listening()
        await _within(REQUESTS_S, self._answered(), "some requests were not answered in time")
        await _within(SETTLE_S, hub().flush(), "not all was written in time")
        self._servers[number](number, None)

    async def _answered(self) -> None:
        while self.requests:  # noqa: ASYNC110  # an event would be a cost to every request
            await asyncio.sleep(0.02)


async def _within(seconds: float, work: Any, otherwise: str) -> None:
    """Whatever happens to a part, the end goes on."""
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        log.warning("%s: the end goes on", otherwise)
    except Exception:
        log.exception("a part of the end failed: it goes on")


def _stop_listening() -> None:
    """daphne takes no more connections: a request that it took now would be cut off. uvicorn ends in this order."""
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is not None and reactor.running:
        for reader in reactor.getReaders():
            if hasattr(reader, "stopListening"):
                reader.stopListening()


drain = Drain()
