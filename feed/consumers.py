"""The feed socket: new-post notices and personal hints. It carries no state of its own: everything can be fetched."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import orjson
from channels.layers import get_channel_layer

from accounts.auth import Viewer
from core import logs, notices
from core.http import problem_for
from core.problems import Forbidden, NotSignedIn, Problem
from feed.notices import watch
from interactions.live import seats
from interactions.live.door import address_of, key_by_cookie, key_by_ticket
from interactions.live.hearing import TICKET_S
from interactions.live.outlet import Outlet, Send, encoded
from interactions.live.presence import OpenSocket, presence, send_away
from interactions.live.protocol import Auth, BadFrame, Close, Ping, encode_reply
from interactions.live.revocation import rounds
from interactions.live.seats import Place
from interactions.live.wires import GOODBYE_S

log = logs.get(__name__)


async def feed_socket(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """ASGI application of `/ws/feed`. A socket whose Origin or cookie may not be gets HTTP 403."""
    await receive()  # websocket.connect
    try:
        session_key = key_by_cookie(scope)
    except Forbidden:
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    socket = OpenSocket(Outlet(send), room_id=None, address=address_of(scope))
    presence().come(socket)
    rounds().begin()
    try:
        if socket.outlet.closed:
            await _until_gone(receive)
        else:
            await _welcome(socket, session_key, receive)
    except Problem as problem:
        send_away(socket, problem)
        await _until_gone(receive)
    except TimeoutError:
        socket.outlet.close(Close.SIGNED_OUT)
        await _until_gone(receive)
    except Gone:
        pass
    finally:
        socket.outlet.drop()
        presence().go(socket)


async def _welcome(socket: OpenSocket, session_key: str, receive: Any) -> None:
    """Signs the socket in by its cookie, or else by the ticket in its first frame, and serves it.

    Raises NotSignedIn, BadFrame, TooManySockets, Unavailable, TimeoutError without a ticket in time, Gone.
    """
    person = (await seats.take(Place(session_key, None))).person if session_key else None
    if person is None:
        presence().nobody_yet(socket)
        if socket.outlet.closed:
            await _until_gone(receive)
            return
        frame, session_key = await asyncio.wait_for(_by_first_frame(socket, receive), TICKET_S)
        person = (await seats.take(Place(session_key, None))).person
        if person is None:
            raise NotSignedIn
        _answer(socket.outlet, frame)
    presence().sign_in(socket, user_id=person.id, session_key=session_key)
    await _serve(person, receive, socket)


class Gone(Exception):
    """The client hung up."""


async def _message(receive: Any) -> Any:
    message = await receive()
    if message["type"] == "websocket.disconnect":
        raise Gone
    return message


async def _until_gone(receive: Any) -> None:
    """Until a closed client has taken its leave, or was cut off because it did not."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2 * GOODBYE_S):
            while (await receive())["type"] != "websocket.disconnect":
                pass


async def _by_first_frame(socket: OpenSocket, receive: Any) -> tuple[Auth, str]:
    frame = socket.hearing.hear(await _message(receive))
    if not isinstance(frame, Auth):
        raise BadFrame("Send your ticket first.")
    return frame, await key_by_ticket(frame.ticket)


async def _serve(person: Viewer, receive: Any, socket: OpenSocket) -> None:
    """Until the client is gone; once the socket is closed, until it has taken its leave."""
    outlet = socket.outlet

    async def tell(frame: dict[str, Any]) -> None:
        outlet.push(encoded(orjson.dumps(frame).decode()))

    hints = asyncio.create_task(_pass_on_hints(person, tell), name="personal hints")
    try:
        await watch().add(person.id, tell)
        outlet.push(encoded('{"type":"welcome"}'))
        while not outlet.closed:
            _hear(socket, await _message(receive))
        await _until_gone(receive)
    finally:
        hints.cancel()
        watch().remove(person.id, tell)


def _hear(socket: OpenSocket, message: Any) -> None:
    frame = socket.hearing.hear(message)
    if isinstance(frame, Ping):
        _answer(socket.outlet, frame)
    elif frame is not None:
        socket.hearing.refuse(frame.id, BadFrame("This socket takes auth and ping."))


def _answer(outlet: Outlet, frame: Auth | Ping) -> None:
    """Says that a frame was done, to who wants to know."""
    if frame.id is not None:
        outlet.push(encoded(encode_reply(frame.id, {})))


async def _pass_on_hints(person: Viewer, tell: Any) -> None:
    """Personal notices from the channel layer, for as long as the socket is open; the layer may lose them."""
    while True:
        layer = get_channel_layer()
        try:
            channel = await layer.new_channel()
            await layer.group_add(notices.group(person.id), channel)
            try:
                while True:
                    message = await layer.receive(channel)
                    await tell(message["notice"])
            finally:
                with contextlib.suppress(Exception):
                    await layer.group_discard(notices.group(person.id), channel)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the layer raises what its driver raises
            log.warning("personal hints pause: %s", problem_for(error) if isinstance(error, Problem) else error)
            await asyncio.sleep(2)
