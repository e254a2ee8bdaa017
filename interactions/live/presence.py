"""Who is here: every websocket that this process has accepted, room or feed, and how all of them are sent home."""

from __future__ import annotations

import asyncio
import contextlib
import random
import weakref
from collections import Counter
from collections.abc import Collection
from typing import Any

from django.conf import settings

from core.problems import NotFound, NotSignedIn, Problem, RateLimited
from interactions.live.hearing import Allowance, Hearing
from interactions.live.outlet import Outlet, encoded
from interactions.live.policy import RoomHasEnded
from interactions.live.protocol import BadFrame, Close, encode_error
from interactions.live.standing import Standing

# How often a few more are closed while the process drains, and how long the last may take to finish and go.
STEP_S = 0.05
LAST_S = 5.0


class TooManySockets(RateLimited):
    """You watch on too many screens at once."""

    code = "too_many_sockets"


class TooManyFromThere(RateLimited):
    """Too many sockets are open from this network: sign in, or come back later."""

    code = "too_many_sockets"


class OpenSocket:
    """An accepted socket. `user_id` and `session_key` are None until it is signed in, `room_id` on a feed socket.

    `address` is the client's, `hearing` reads what it sends.
    `told` is what its client was last told of what they may do; None before the welcome, and always for nobody.
    """

    __slots__ = ("__weakref__", "address", "counted", "hearing", "outlet", "room_id", "session_key", "told", "user_id")

    def __init__(self, outlet: Outlet, *, room_id: int | None, address: str = "") -> None:
        self.outlet = outlet
        self.hearing = Hearing(outlet)
        self.address = address
        # Whether it is one of its address's.
        self.counted = False
        self.room_id = room_id
        self.session_key: str | None = None
        self.user_id: int | None = None
        self.told: Standing | None = None


class Presence:
    """The sockets of one process."""

    def __init__(self) -> None:
        self.sockets: set[OpenSocket] = set()
        # Those that were told that they may moderate, by room.
        self._moderators: dict[int, set[OpenSocket]] = {}
        self.draining = False
        self._people: Counter[int] = Counter()
        # What they may send on all their sockets together.
        self._allowances: dict[int, Allowance] = {}
        self._addresses: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()

    def come(self, socket: OpenSocket) -> None:
        """An accepted socket; on a process that is about to stop it is closed at once, to come back elsewhere."""
        self.sockets.add(socket)
        self._empty.clear()
        if self.draining:
            socket.outlet.close(Close.RESTART)

    def nobody_yet(self, socket: OpenSocket) -> None:
        """It has no cookie, or one that is worth nothing. Sent away if its address has as many of those as it may."""
        if socket.counted or socket.outlet.closed:
            return
        socket.counted = True
        self._addresses[socket.address] += 1
        if self._addresses[socket.address] > settings.LIMITS.live_sockets_per_address:
            send_away(socket, TooManyFromThere(retry_after=60))

    def sign_in(self, socket: OpenSocket, *, user_id: int, session_key: str) -> None:
        """Says whose socket it is, once. Raises TooManySockets when they have as many as they may."""
        if self._people[user_id] >= settings.LIMITS.live_sockets_per_person:
            raise TooManySockets(retry_after=60)
        self._people[user_id] += 1
        self._count_out(socket)
        socket.user_id, socket.session_key = user_id, session_key
        allowance = self._allowances.get(user_id)
        if allowance is None:
            allowance = self._allowances[user_id] = Allowance(settings.LIMITS.live_frames_per_s)
        socket.hearing.shared = allowance

    def stand(self, socket: OpenSocket, standing: Standing | None) -> None:
        """Notes what a socket of a room is told of what they may do (None: nothing, or nothing any more)."""
        socket.told = standing
        if socket.room_id is None:
            return
        if standing is not None and standing.moderates:
            self._moderators.setdefault(socket.room_id, set()).add(socket)
        elif socket.room_id in self._moderators:
            self._moderators[socket.room_id].discard(socket)
            if not self._moderators[socket.room_id]:
                del self._moderators[socket.room_id]

    def moderators(self, room_id: int) -> Collection[OpenSocket]:
        """The sockets of this room that were told last that they may moderate."""
        return self._moderators.get(room_id, ())

    def go(self, socket: OpenSocket) -> None:
        """The socket is gone; again is no error."""
        if socket not in self.sockets:
            return
        self.sockets.discard(socket)
        self.stand(socket, None)
        self._count_out(socket)
        if socket.user_id is not None and _take_off(self._people, socket.user_id):
            del self._allowances[socket.user_id]
        if not self.sockets:
            self._empty.set()

    def _count_out(self, socket: OpenSocket) -> None:
        if socket.counted:
            socket.counted = False
            _take_off(self._addresses, socket.address)

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


def _take_off(counter: Counter[Any], key: Any) -> bool:
    """One fewer; whether that was the last."""
    counter[key] -= 1
    if counter[key]:
        return False
    del counter[key]
    return True


# How a socket ends that cannot be served: for good where coming back would not help; else it is told to come later.
_GOODBYES: tuple[tuple[type[Problem], Close], ...] = (
    (RoomHasEnded, Close.ROOM_ENDED),
    (NotSignedIn, Close.SIGNED_OUT),
    (BadFrame, Close.BAD_FRAMES),
    (RateLimited, Close.TOO_MANY),
    (NotFound, Close.FORBIDDEN),
    (Problem, Close.RESTART),
)


def goodbye(problem: Problem) -> Close:
    """How a socket is closed for a problem."""
    return next(code for kind, code in _GOODBYES if isinstance(problem, kind))


def send_away(socket: OpenSocket, problem: Problem) -> None:
    """Tells a socket why it cannot be served, and closes it."""
    socket.outlet.push(encoded(encode_error(problem)))
    socket.outlet.close(goodbye(problem))


_presences: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Presence] = weakref.WeakKeyDictionary()


def presence() -> Presence:
    """The running event loop's presence, which is the process's, but for tests that run several loops."""
    loop = asyncio.get_running_loop()
    found = _presences.get(loop)
    if found is None:
        found = _presences[loop] = Presence()
    return found
