"""Ways from the application to a socket: what ASGI offers, and a shorter one for broadcasts where the server has it.

daphne builds each text frame anew for each socket, which with its checks and statistics costs several times what the
kernel takes to send it. The bytes of a frame are the same for all sockets, as servers do not mask theirs. So where
autobahn's protocol is in a state in which it would do nothing else with a text than write these bytes, they are
written to its transport as they are; in any other, and on any other server, the frame goes the way of ASGI.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
# How long a closed client may take to say goodbye.
GOODBYE_S = 10


class Encoded:
    """A frame, made once for all sockets that get it. `size`: in bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    @cached_property
    def message(self) -> dict[str, Any]:
        """As ASGI takes it."""
        return {"type": "websocket.send", "text": self.data.decode()}

    @cached_property
    def wire(self) -> bytes:
        """As it goes over the wire: an unmasked, whole text frame (RFC 6455, 5.2)."""
        if self.size < 126:
            head = struct.pack("!BB", 0x81, self.size)
        elif self.size < 65_536:
            head = struct.pack("!BBH", 0x81, 126, self.size)
        else:
            head = struct.pack("!BBQ", 0x81, 127, self.size)
        return head + self.data


class Goodbye(Encoded):
    """The frame after which there is none."""

    def __init__(self, code: int) -> None:
        super().__init__(b"")
        self.code = code

    @cached_property
    def message(self) -> dict[str, Any]:
        """As ASGI takes it."""
        return {"type": "websocket.close", "code": self.code}


def encoded(text: str | bytes) -> Encoded:
    """A text frame."""
    return Encoded(text if isinstance(text, bytes) else text.encode())


class Wire:
    """A socket of a server that has no other way than ASGI's."""

    __slots__ = ("_send",)

    def __init__(self, send: Send) -> None:
        self._send = send

    def write(self, frame: Encoded) -> bool:
        """Sends a frame now; False when that is not possible, and nothing was done."""
        return False

    async def send(self, frame: Encoded) -> None:
        """Sends a frame, as soon as the client has read enough of what came before."""
        await self._send(frame.message)

    def abort(self) -> None:
        """Cuts the connection, whatever still waits in it. On a server that offers no way to it, nothing."""
        # uvicorn's `send` is a method of its protocol.
        transport: Any = getattr(getattr(self._send, "__self__", None), "transport", None)
        if hasattr(transport, "abort"):
            transport.abort()


class DaphneWire(Wire):
    """A socket of daphne: autobahn's protocol on a transport of Twisted's, which tells its producer when to pause.

    daphne's `send` returns at once and lets the transport's buffer grow. Nobody else needs the producer's place once
    the protocol speaks websocket, so this is the one (IPushProducer), and waits where ASGI's `send` should.
    """

    __slots__ = ("_direct", "_protocol", "_room", "_transport")

    def __init__(self, send: Send, protocol: Any) -> None:
        super().__init__(send)
        self._protocol = protocol
        self._transport = protocol.transport
        # Set while the transport's buffer is full: to be awaited.
        self._room: asyncio.Future[None] | None = None
        # A plain TCP transport sends at once what its buffer need not take; through TLS that is not ours to do.
        self._direct = all(
            hasattr(self._transport, name) for name in ("writeSomeData", "dataBuffer", "_tempDataBuffer")
        )
        # autobahn gives a client a second to read why it is closed, which is little for who is closed as slow.
        protocol.closeHandshakeTimeout = GOODBYE_S
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)

    def write(self, frame: Encoded) -> bool:
        """As `Wire.write`."""
        protocol, transport = self._protocol, self._transport
        if (
            self._room is not None
            or protocol.state != protocol.STATE_OPEN
            or protocol.send_state != protocol.SEND_STATE_GROUND
            or protocol.send_queue
            or protocol._perMessageCompress is not None
            or not frame.size
        ):
            return False
        data = frame.wire
        if self._direct and not transport.dataBuffer and not transport._tempDataBuffer:
            sent = transport.writeSomeData(data)
            if sent == len(data):
                return True
            if type(sent) is int and sent > 0:
                data = data[sent:]
            # Else nothing was sent, or the connection is lost, which the transport is to find out by itself.
        transport.write(data)
        return True

    async def send(self, frame: Encoded) -> None:
        """As `Wire.send`."""
        while self._room is not None:
            await asyncio.shield(self._room)
        if not self.write(frame):
            await self._send(frame.message)

    def abort(self) -> None:
        """As `Wire.abort`."""
        self._transport.abortConnection()

    # The names are Twisted's.

    def pauseProducing(self) -> None:
        """The transport's buffer is full."""
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()

    def resumeProducing(self) -> None:
        """It is empty again."""
        if self._room is not None:
            self._room.set_result(None)
            self._room = None

    stopProducing = resumeProducing  # the connection is lost: nobody need wait for it


# What a protocol must have for DaphneWire, and what it must not do with frames.
_NEEDED = ("transport", "state", "STATE_OPEN", "send_state", "SEND_STATE_GROUND", "send_queue", "_perMessageCompress")
_UNWANTED = ("maskServerFrames", "autoFragmentSize", "logOctets", "logFrames", "trackedTimings")


def wire_of(send: Send) -> Wire:
    """The shortest way to a socket whose handshake is done, by what its server gave as `send`."""
    # daphne's is a partial of its protocol.
    protocol: Any = next(iter(getattr(send, "args", ())), None)
    if not all(hasattr(protocol, name) for name in _NEEDED) or any(getattr(protocol, name, 1) for name in _UNWANTED):
        return Wire(send)
    return DaphneWire(send, protocol) if hasattr(protocol.transport, "registerProducer") else Wire(send)
