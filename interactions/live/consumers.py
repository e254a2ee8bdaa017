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

from channels.db import database_sync_to_async
from django.conf import settings

from accounts.auth import Viewer
from core.http import problem_for
from core.problems import Conflict, Forbidden, NotFound, NotSignedIn, Problem, RateLimited, Unavailable
from core.redis import RedisAway
from interactions.live import acts, door, selectors
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
from interactions.live.selectors import Joining
from interactions.live.snapshot import encode_you
from interactions.models import RoomStatus

Receive = Callable[[], Awaitable[dict[str, Any]]]
# How long a socket without a cookie may be silent before it is welcomed as a viewer, and how long it may still sign in.
GRACE_S = 1.0
TICKET_S = 10.0
BAD_FRAMES = 5

_join = database_sync_to_async(selectors.join_by_id, thread_sensitive=False)


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

    async def serve(self, person: Viewer | None) -> None:
        """From the accepted handshake until the socket is gone."""
        first = asyncio.ensure_future(self._receive())
        presence().come(self)
        try:
            if person is None and not self.outlet.closed:
                # A ticket may be on its way: then the welcome waits for it.
                await asyncio.wait({first}, timeout=GRACE_S)
            if (person is not None or not first.done()) and not self.outlet.closed:
                await self._enter(person)
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

    async def _enter(self, person: Viewer | None) -> None:
        """Takes a seat and sends `welcome`; or says why not, and closes."""
        try:
            await self._take_seat(person)
        except Exception as error:
            self._refuse_seat(_problem(error))

    def _refuse_seat(self, problem: Problem) -> None:
        self.outlet.push(encoded(encode_error(problem)))
        self.outlet.close(_GOODBYES.get(type(problem), Close.RESTART))

    async def _take_seat(self, person: Viewer | None) -> None:
        you = None
        if person is not None or self._room_id not in hub().audiences:
            you = encode_you(selectors.you(await self._join(person)))
        audience = await hub().enter(self._room_id)
        seated = False
        try:
            while not seated:
                snapshot = await hub().snapshot(audience)
                if snapshot.status == RoomStatus.ENDED:
                    raise RoomHasEnded
                if you is None and not snapshot.public:
                    raise NotFound
                seated = audience.admit(self.outlet, snapshot, you or snapshot.you_as_nobody)
        finally:
            hub().leave_door(audience)
        self._audience = audience

    async def _join(self, person: Viewer | None) -> Joining:
        joining: Joining = await _join(room_id=self._room_id, user_id=person.id if person else None)
        if person is not None and joining.user is None:
            raise NotSignedIn
        if joining.room.status == RoomStatus.ENDED:
            raise RoomHasEnded
        if person is not None and self._person is None:
            presence().sign_in(self, user_id=person.id, session_key="")
            self._person = person
        return joining

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
            await self._enter(self._person)
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
            person = await door.person_by_ticket(frame.ticket)
        except Exception as error:
            problem = _problem(error)
            self._refuse(frame.id, problem)
            self.outlet.close(_GOODBYES.get(type(problem), Close.RESTART))
            return
        if frame.id is not None:
            self.outlet.push(encoded(encode_reply(frame.id, {})))
        await self._enter(person)


def _problem(error: Exception) -> Problem:
    return Unavailable(retry_after=2) if isinstance(error, RedisAway) else problem_for(error)


async def room_socket(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI application of `/ws/rooms/{room_id}`. A socket whose Origin or cookie may not be gets HTTP 403."""
    await receive()  # websocket.connect
    try:
        person = await door.person_by_cookie(scope)
    except (Forbidden, Unavailable):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    room_id = int(scope["url_route"]["kwargs"]["room_id"])
    await RoomSocket(room_id=room_id, receive=receive, send=send).serve(person)
