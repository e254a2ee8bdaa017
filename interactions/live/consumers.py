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

from accounts.auth import Viewer
from core.http import problem_for
from core.problems import Conflict, Forbidden, NotFound, NotSignedIn, Problem, Unavailable
from core.redis import RedisAway
from interactions.live import acts, door, seats
from interactions.live.audience import Audience
from interactions.live.hearing import TICKET_S
from interactions.live.hub import hub
from interactions.live.outlet import Outlet, Send, encoded
from interactions.live.policy import RoomHasEnded
from interactions.live.presence import OpenSocket, goodbye, presence, send_away
from interactions.live.protocol import AnyFrame, Auth, encode_reply
from interactions.live.revocation import rounds
from interactions.live.seats import Place, Sitting
from interactions.live.standing import welcome_you
from interactions.models import RoomStatus

Receive = Callable[[], Awaitable[dict[str, Any]]]
# How long a socket without a cookie may be silent before it is welcomed as a viewer.
GRACE_S = 1.0
# How long a newcomer waits for the room itself.
SEAT_S = 10.0


class AlreadySignedIn(Conflict):
    """This socket is signed in already."""

    code = "already_signed_in"


class RoomSocket(OpenSocket):
    """One viewer's connection."""

    __slots__ = ("_audience", "_opened_at", "_person", "_receive", "_room_id")

    def __init__(self, *, room_id: int, receive: Receive, send: Send, address: str) -> None:
        super().__init__(Outlet(send), room_id=room_id, address=address)
        self._room_id = room_id
        self._receive = receive
        self._person: Viewer | None = None
        self._audience: Audience | None = None
        self._opened_at = time.monotonic()

    async def serve(self, session_key: str) -> None:
        """From the accepted handshake until the socket is gone. `session_key`: of the cookie, "" without one."""
        first = asyncio.ensure_future(self._receive())
        presence().come(self)
        rounds().begin()
        try:
            if not session_key:
                presence().nobody_yet(self)
            if not session_key and not self.outlet.closed:
                # A ticket may be on its way: then the welcome waits for it.
                await asyncio.wait({first}, timeout=GRACE_S)
            if (session_key or not first.done()) and not self.outlet.closed:
                await self._enter(session_key)
            message = await first
            while message["type"] != "websocket.disconnect":
                frame = self.hearing.hear(message)
                if isinstance(frame, Auth):
                    await self._sign_in(frame)
                elif frame is not None:
                    await self._act(frame)
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
            send_away(self, _problem(error))

    async def _sit_down(self, session_key: str, sitting: Sitting | None) -> None:
        """Notes who came, and shows them the room. Without a sitting it is nobody, in a room that is known here."""
        if sitting is not None:
            sitting.admit()
            if sitting.person is not None:
                presence().sign_in(self, user_id=sitting.person.id, session_key=session_key)
                self._person = sitting.person
        if self._person is None:
            presence().nobody_yet(self)
            if self.outlet.closed:
                return
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
        self._audience = audience
        presence().stand(self, standing)
        if self.outlet.closed:
            self._leave_audience()
        else:
            self.outlet.when_closed = self._leave_audience

    def _leave_audience(self) -> None:
        """A closed socket is told nothing any more; the room itself is kept until the socket is gone."""
        if self._audience is not None:
            self._audience.outlets.discard(self.outlet)

    def _leave(self) -> None:
        presence().go(self)
        if self._audience is not None:
            hub().leave(self._audience, self.outlet)

    # --- frames -------------------------------------------------------------------------------------------------------

    async def _act(self, frame: AnyFrame) -> None:
        if self._audience is None:
            await self._enter("")
        if self._audience is None:
            return  # refused and closed
        seat = acts.Seat(self._person, self._audience, self.outlet, self.told)
        try:
            reply = await acts.ACTS[type(frame)](seat, frame)
        except Exception as error:
            self.hearing.refuse(frame.id, _problem(error))
        else:
            if frame.id is not None:
                self.outlet.push(encoded(encode_reply(frame.id, reply)))

    async def _sign_in(self, frame: Auth) -> None:
        if self._person is not None:
            self.hearing.refuse(frame.id, AlreadySignedIn())
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
            self.hearing.refuse(frame.id, problem)
            self.outlet.close(goodbye(problem))
            return
        if frame.id is not None:
            self.outlet.push(encoded(encode_reply(frame.id, {})))
        try:
            await self._sit_down(session_key, sitting)
        except Exception as error:
            send_away(self, _problem(error))


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
    socket = RoomSocket(room_id=room_id, receive=receive, send=send, address=door.address_of(scope))
    await socket.serve(session_key)
