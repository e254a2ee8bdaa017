"""Who is here: every websocket that this process has accepted, room or feed, and how all of them are sent home."""

from __future__ import annotations

import asyncio
import contextlib
import random
import weakref
from collections import Counter

from django.conf import settings

from core.problems import RateLimited
from interactions.live.outlet import Outlet
from interactions.live.protocol import Close
from interactions.live.standing import Standing

# How often a few more are closed while the process drains, and how long the last may take to finish and go.
STEP_S = 0.05
LAST_S = 5.0


class TooManySockets(RateLimited):
    """You watch on too many screens at once."""

    code = "too_many_sockets"


class OpenSocket:
    """An accepted socket. `user_id` and `session_key` are None until it is signed in, `room_id` on a feed socket.

    `told` is what its client was last told of what they may do; None before the welcome, and always for nobody.
    """

    __slots__ = ("__weakref__", "outlet", "room_id", "session_key", "told", "user_id")

    def __init__(self, outlet: Outlet, *, room_id: int | None) -> None:
        self.outlet = outlet
        self.room_id = room_id
        self.session_key: str | None = None
        self.user_id: int | None = None
        self.told: Standing | None = None


class Presence:
    """The sockets of one process."""

    def __init__(self) -> None:
        self.sockets: set[OpenSocket] = set()
        self.draining = False
        self._people: Counter[int] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()

    def come(self, socket: OpenSocket) -> None:
        """An accepted socket; on a process that is about to stop it is closed at once, to come back elsewhere."""
        self.sockets.add(socket)
        self._empty.clear()
        if self.draining:
            socket.outlet.close(Close.RESTART)

    def sign_in(self, socket: OpenSocket, *, user_id: int, session_key: str) -> None:
        """Says whose socket it is, once. Raises TooManySockets when they have as many as they may."""
        if self._people[user_id] >= settings.LIMITS.live_sockets_per_person:
            raise TooManySockets(retry_after=60)
        self._people[user_id] += 1
        socket.user_id, socket.session_key = user_id, session_key

    def go(self, socket: OpenSocket) -> None:
        """The socket is gone; again is no error."""
        if socket not in self.sockets:
            return
        self.sockets.discard(socket)
        if socket.user_id is not None:
            self._people[socket.user_id] -= 1
            if not self._people[socket.user_id]:
                del self._people[socket.user_id]
        if not self.sockets:
            self._empty.set()

    async def drain(self, seconds: float = 5) -> None:
        """Closes every socket with RESTART, spread over these seconds, so that their clients do not come back as one.

        Returns when all have gone, which is after what they were writing; or when the last take too long. Whoever comes
        from now on is closed at once.
        """
        self.draining = True
        leaving = list(self.sockets)
        random.shuffle(leaving)
        loop = asyncio.get_running_loop()
        number, began = len(leaving), loop.time()
        while leaving and self.sockets:
            share = min(1.0, (loop.time() - began) / seconds) if seconds > 0 else 1.0
            while len(leaving) > number * (1 - share):
                leaving.pop().outlet.close(Close.RESTART)
            await asyncio.sleep(STEP_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), LAST_S)


_presences: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Presence] = weakref.WeakKeyDictionary()


def presence() -> Presence:
    """The running event loop's presence, which is the process's, but for tests that run several loops."""
    return _presences.setdefault(asyncio.get_running_loop(), Presence())
