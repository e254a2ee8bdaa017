"""A room's websocket, from handshake to close.

A plain ASGI application instead of a Channels consumer: one coroutine a socket and no channel-layer queue, dispatcher
or copied scope, which is what thousands of idle viewers are made of. Keepalive pings are the server's (daphne
--ping-interval 25, uvicorn --ws-ping-interval 25); `ping` frames are for clients that cannot see those.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

from accounts.auth import Viewer
from core.http import problem_for
from core.problems import Conflict, Forbidden, NotFound, NotSignedIn, Problem, RateLimited, Unavailable
from core.redis import RedisAway
from interactions.live import acts, door, seats
from interactions.live.audience import Audience
from interactions.live.hub import hub
from interactions.live.outlet import Outlet, Send, encoded
from interactions.live.policy import RoomHasEnded
from interactions.live.presence import OpenSocket, TooManySockets, presence
from interactions.live.protocol import (
    AnyFrame,
    Auth,
    BadFrame,
    Close,
    encode_error,
    encode_refusal,
    encode_reply,
    parse,
)
from interactions.live.revocation import rounds
from interactions.live.seats import Place, Sitting
from interactions.live.standing import welcome_you
from interactions.models import RoomStatus

Receive = Callable[[], Awaitable[dict[str, Any]]]
# How long a socket without a cookie may be silent before it is welcomed as a viewer, and how long it may still sign in.
GRACE_S = 1.0
TICKET_S = 10.0
BAD_FRAMES = 5
# How long a newcomer waits for the room itself.
SEAT_S = 10.0


class AlreadySignedIn(Conflict):
    """This socket is signed in already."""

    code = "already_signed_in"


# How a socket ends that cannot be given its room.
_GOODBYES: Mapping[type[Problem], Close] = {
    RoomHasEnded: Close.ROOM_ENDED,
    NotSignedIn: Close.SIGNED_OUT,
    door.BadTicket: Close.SIGNED_OUT,
    TooManySockets: Close.TOO_MANY,
    NotFound: Close.FORBIDDEN,
}


class Allowance:
    """So many frames a second, twice that at once. Below zero they are refused, far below the socket is closed."""

    __slots__ = ("_at", "_left", "_rate")

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._left = 2 * rate
        self._at = time.monotonic()

    def spend(self) -> float:
        """Takes one; how many are left, down to minus the rate and beyond for who goes on."""
        now = time.monotonic()
        self._left = min(2 * self._rate, self._left + (now - self._at) * self._rate) - 1
        self._at = now
        return self._left


class RoomSocket(OpenSocket):
    """One viewer's connection."""

    __slots__ = ("_allowance", "_audience", "_bad", "_opened_at", "_person", "_receive", "_room_id")

    def __init__(self, *, room_id: int, receive: Receive, send: Send) -> None:
        super().__init__(Outlet(send), room_id=room_id)
        self._room_id = room_id
        self._receive = receive
        self._person: Viewer | None = None
        self._audience: Audience | None = None
        self._allowance = Allowance(settings.LIMITS.live_frames_per_s)
        self._bad = 0
        self._opened_at = time.monotonic()

    async def serve(self, session_key: str) -> None:
        """From the accepted handshake until the socket is gone. `session_key`: of the cookie, "" without one."""
        first = asyncio.ensure_future(self._receive())
        presence().come(self)
        rounds().begin()
        try:
            if not session_key and not self.outlet.closed:
                # A ticket may be on its way: then the welcome waits for it.
                await asyncio.wait({first}, timeout=GRACE_S)
            if (session_key or not first.done()) and not self.outlet.closed:
                await self._enter(session_key)
            message = await first
            while message["type"] != "websocket.disconnect":
                if not self.outlet.closed:
                    await self._hear(message.get("text"))
                message = await self._receive()
        finally:
            first.cancel()
            self.outlet.drop()
            self._leave()

    # --- coming and going ---------------------------------------------------------------------------------------------

    async def _enter(self, session_key: str) -> None:
        """Takes a seat and sends `welcome`; or says why not, and closes. A cookie that is worth nothing is nobody's."""
        try:
            sitting = None
            if session_key or self._room_id not in hub().audiences:
                sitting = await seats.take(Place(session_key, self._room_id))
            await self._sit_down(session_key, sitting)
        except Exception as error:
            self._refuse_seat(_problem(error))

    def _refuse_seat(self, problem: Problem) -> None:
        self.outlet.push(encoded(encode_error(problem)))
        self.outlet.close(_GOODBYES.get(type(problem), Close.RESTART))

    async def _sit_down(self, session_key: str, sitting: Sitting | None) -> None:
        """Notes who came, and shows them the room. Without a sitting it is nobody, in a room that is known here."""
        if sitting is not None:
            sitting.admit()
            if sitting.person is not None:
                presence().sign_in(self, user_id=sitting.person.id, session_key=session_key)
                self._person = sitting.person
        async with asyncio.timeout(SEAT_S):
            await self._take_seat(sitting)

    async def _take_seat(self, sitting: Sitting | None) -> None:
        standing = sitting.standing if sitting is not None else None
        audience = await hub().enter(self._room_id)
        seated = False
        try:
            while not seated:
                snapshot = await hub().snapshot(audience)
                if snapshot.status == RoomStatus.ENDED:
                    raise RoomHasEnded
                if standing is None and not snapshot.public:
                    raise NotFound
                seated = audience.admit(self.outlet, snapshot, _you(sitting) or snapshot.you_as_nobody)
        finally:
            hub().leave_door(audience)
        self._audience, self.told = audience, standing

    def _leave(self) -> None:
        presence().go(self)
        if self._audience is not None:
            hub().leave(self._audience, self.outlet)

    # --- frames -------------------------------------------------------------------------------------------------------

    async def _hear(self, text: str | None) -> None:
        left = self._allowance.spend()
        if left < -settings.LIMITS.live_frames_per_s:
            self.outlet.close(Close.TOO_MANY)
            return
        try:
            if text is None:
                raise BadFrame("Frames are JSON text.")
            frame = parse(text)
        except BadFrame as bad:
            self._bad += 1
            self._refuse(bad.reply, bad)
            if self._bad >= BAD_FRAMES:
                self.outlet.close(Close.BAD_FRAMES)
            return
        self._bad = max(0, self._bad - 1)
        if left < 0:
            self._refuse(frame.id, RateLimited(retry_after=1))
        elif isinstance(frame, Auth):
            await self._sign_in(frame)
        else:
            await self._act(frame)

    def _refuse(self, frame_id: str | int | None, problem: Problem) -> None:
        self.outlet.push(encoded(encode_refusal(frame_id, problem)))

    async def _act(self, frame: AnyFrame) -> None:
        if self._audience is None:
            await self._enter("")
        if self._audience is None:
            return  # refused and closed
        seat = acts.Seat(self._person, self._audience, self.outlet)
        try:
            reply = await acts.ACTS[type(frame)](seat, frame)
        except Exception as error:
            self._refuse(frame.id, _problem(error))
        else:
            if frame.id is not None:
                self.outlet.push(encoded(encode_reply(frame.id, reply)))

    async def _sign_in(self, frame: Auth) -> None:
        if self._person is not None:
            self._refuse(frame.id, AlreadySignedIn())
            return
        try:
            if time.monotonic() - self._opened_at > TICKET_S:
                raise door.BadTicket("A ticket is the first frame, within 10 seconds.")
            session_key = await door.key_by_ticket(frame.ticket)
            sitting = await seats.take(Place(session_key, self._room_id))
            if sitting.person is None:
                raise NotSignedIn
        except Exception as error:
            problem = _problem(error)
            self._refuse(frame.id, problem)
            self.outlet.close(_GOODBYES.get(type(problem), Close.RESTART))
            return
        if frame.id is not None:
            self.outlet.push(encoded(encode_reply(frame.id, {})))
        try:
            await self._sit_down(session_key, sitting)
        except Exception as error:
            self._refuse_seat(_problem(error))


def _you(sitting: Sitting | None) -> bytes | None:
    if sitting is None or sitting.person is None or sitting.standing is None:
        return None
    return welcome_you(sitting.person, sitting.standing, sitting.voted)


def _problem(error: Exception) -> Problem:
    return Unavailable(retry_after=2) if isinstance(error, RedisAway | TimeoutError) else problem_for(error)


async def room_socket(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI application of `/ws/rooms/{room_id}`. A socket whose Origin or cookie may not be gets HTTP 403."""
    await receive()  # websocket.connect
    try:
        session_key = door.key_by_cookie(scope)
    except Forbidden:
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    room_id = int(scope["url_route"]["kwargs"]["room_id"])
    await RoomSocket(room_id=room_id, receive=receive, send=send).serve(session_key)
