"""Keeps daphne from taking in what nobody has asked for: each frame and each ping that waits stays in its memory.

daphne reads on whatever happens, and puts all it reads into a queue without bounds. Here a connection whose frames wait
is not read any more until they are taken, as uvicorn does, and whoever had sent far too many by then is cut off.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from daphne.ws_protocol import WebSocketProtocol

# Clients ping a few times a minute. Whoever sends more than this in one second is cut off.
PINGS_PER_S = 50
# What may wait of one socket: three times what it may send in a second, and no more than half a megabyte.
MOST_FRAMES = 32
MOST_BYTES = 256 * 1024
# What was read at once before reading was paused; more than that is no burst.
FAR_TOO_MANY = 512
# How often a connection that is not read is looked at.
LOOK_S = 0.05
# A letter of UTF-8 that is cut in the middle.
LETTER = 4


def bound(frame_bytes: int) -> None:
    """From now on daphne takes in so much and no more. Of a frame above `frame_bytes` it keeps enough to refuse it."""
    take = WebSocketProtocol.onMessage

    def on_message(protocol: Any, payload: bytes, binary: bool) -> None:
        queue: asyncio.Queue[Any] | None = getattr(protocol, "application_queue", None)
        if queue is None or protocol.transport.disconnecting or getattr(protocol, "_cut_off", False):
            return
        if len(payload) > frame_bytes:
            payload = payload[: frame_bytes + LETTER].decode(errors="ignore").encode()
        unread = len(payload) + (0 if queue.empty() else getattr(protocol, "_unread", 0))
        protocol._unread = unread
        take(protocol, payload, binary)
        if queue.qsize() > FAR_TOO_MANY:
            _cut_off(protocol)
        elif (queue.qsize() > MOST_FRAMES or unread > MOST_BYTES) and not getattr(protocol, "_paused", False):
            protocol._paused = True
            protocol.transport.pauseProducing()
            asyncio.get_running_loop().call_later(LOOK_S, _read_on, protocol, queue)

    def on_ping(protocol: Any, payload: bytes) -> None:
        second, pings = getattr(protocol, "_pinged", (0, 0))
        now = int(time.monotonic())
        pings = pings + 1 if second == now else 1
        protocol._pinged = (now, pings)
        if pings > PINGS_PER_S:
            _cut_off(protocol)
        elif protocol.state == protocol.STATE_OPEN:
            protocol.sendPong(payload)

    WebSocketProtocol.onMessage = on_message
    WebSocketProtocol.onPing = on_ping


def _cut_off(protocol: Any) -> None:
    # What was read already is still gone through.
    protocol._cut_off = True
    protocol.transport.abortConnection()


def _read_on(protocol: Any, queue: asyncio.Queue[Any]) -> None:
    """Once all that waited is taken."""
    if protocol.state == protocol.STATE_CLOSED or not protocol.transport.connected:
        return
    if queue.empty():
        protocol._paused = False
        protocol.transport.resumeProducing()
    else:
        asyncio.get_running_loop().call_later(LOOK_S, _read_on, protocol, queue)


async def refuse(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers a handshake with HTTP 503: there is no room for this socket now."""
    await receive()  # websocket.connect
    protocol = next(iter(getattr(send, "args", ())), None)
    if "websocket.http.response" in scope.get("extensions", {}):
        headers = [(b"content-length", b"0"), (b"retry-after", b"5")]
        await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b""})
    elif isinstance(protocol, WebSocketProtocol):
        denied: Any = ConnectionDeny  # untyped
        # As daphne's `serverReject`, which knows of 403 alone.
        protocol.handshake_deferred.errback(denied(code=503, reason="Service Unavailable"))
        del protocol.handshake_deferred
        protocol.server.protocol_disconnected(protocol)
    else:
        await send({"type": "websocket.close"})
