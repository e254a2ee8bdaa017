"""The short way to daphne's sockets: the bytes that autobahn would send, only when it would, and no more than fit."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.compress import PerMessageDeflateOfferAccept
from twisted.internet.testing import StringTransport

from interactions.live.outlet import Outlet, encoded
from interactions.live.protocol import Close
from interactions.live.wires import DaphneWire, wire_of

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)


class Kernel(StringTransport):
    """A TCP transport, whose kernel takes only so many bytes."""

    dataBuffer = b""
    room = 1_000_000

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tempDataBuffer: list[bytes] = []

    def writeSomeData(self, data: bytes) -> int:
        """What the kernel takes of it."""
        taken = data[: self.room]
        self.room -= len(taken)
        super().write(taken)  # type: ignore[no-untyped-call]
        return len(taken)

    def write(self, data: bytes) -> None:
        """Into the buffer, if the kernel is said to be full."""
        if self.room:
            super().write(data)  # type: ignore[no-untyped-call]
        else:
            self._tempDataBuffer.append(data)


class Socket:
    """A socket of autobahn's whose handshake is done, with what daphne gives to the application."""

    def __init__(self, transport: type[StringTransport] = StringTransport, **options: Any) -> None:
        factory: Any = WebSocketServerFactory()  # type: ignore[no-untyped-call]
        factory.protocol = WebSocketServerProtocol
        factory.setProtocolOptions(openHandshakeTimeout=0, closeHandshakeTimeout=0, autoPingInterval=0, **options)
        self.protocol: Any = factory.buildProtocol(None)
        make: Any = transport
        self.transport = make()
        self.transport.setTcpNoDelay = lambda _: None
        self.transport.registerProducer(self.transport, True)  # as HTTP leaves it
        self.protocol.makeConnection(self.transport)
        self.protocol.dataReceived(HANDSHAKE)
        assert self.protocol.state == self.protocol.STATE_OPEN
        self.transport.clear()
        self.by_asgi: list[dict[str, Any]] = []
        self.send = functools.partial(self._handle_reply, self.protocol)

    async def _handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        self.by_asgi.append(message)
        if message["type"] == "websocket.close":
            protocol.sendClose(code=message["code"])
        else:
            protocol.sendMessage(message["text"].encode())

    def taken(self) -> bytes:
        """What went over the wire since the last time."""
        found: bytes = self.transport.value()
        self.transport.clear()
        return found


@pytest.mark.parametrize("size", [1, 125, 126, 127, 65_535, 65_536, 200_000])
async def test_the_bytes_are_those_that_autobahn_would_send(size: int) -> None:
    socket = Socket()
    frame = encoded("é" * (size // 2) + "x" * (size % 2))
    socket.protocol.sendMessage(frame.data)
    theirs = socket.taken()
    Outlet(socket.send).push(frame)
    assert socket.taken() == theirs
    assert socket.by_asgi == []


async def test_daphnes_limit_for_what_clients_send_is_none_for_what_they_get() -> None:
    socket = Socket(maxMessagePayloadSize=65_536)
    outlet = Outlet(socket.send)
    outlet.push(encoded("x" * 100_000))
    assert len(socket.taken()) == 100_010
    assert not outlet.closed


async def test_what_autobahn_would_compress_goes_its_own_way() -> None:
    accept: Any = PerMessageDeflateOfferAccept
    socket = Socket(perMessageCompressionAccept=lambda offers: accept(offers[0]))
    Outlet(socket.send).push(encoded("x" * 1_000))
    assert [message["type"] for message in socket.by_asgi] == ["websocket.send"]
    assert len(socket.taken()) < 100


async def test_nothing_follows_a_goodbye() -> None:
    socket = Socket()
    outlet, late = Outlet(socket.send), DaphneWire(socket.send, socket.protocol)
    outlet.close(Close.ROOM_ENDED)
    assert socket.taken() == b"\x88\x02\x11\x95"
    assert not late.write(encoded("too late"))
    assert socket.taken() == b""


async def test_a_queue_of_autobahns_is_not_overtaken() -> None:
    socket = Socket()
    socket.protocol.send_queue.append((b"first", True))
    Outlet(socket.send).push(encoded("second"))
    assert [message["text"] for message in socket.by_asgi] == ["second"]


async def test_what_the_kernel_does_not_take_is_left_to_the_transport_and_all_that_follows() -> None:
    socket = Socket(Kernel)
    outlet = Outlet(socket.send)
    socket.transport.room = 5
    for text in ("one", "two", "three"):
        outlet.push(encoded(text))
    assert socket.taken() == b"\x81\x03one"
    # Nothing, which is to find out whether the connection is lost, then what stands behind it.
    assert socket.transport._tempDataBuffer == [b"\x81\x03two", b"\x81\x05three"]
    socket = Socket(Kernel)
    socket.transport.room = 3
    Outlet(socket.send).push(encoded("one"))
    assert socket.taken() + b"".join(socket.transport._tempDataBuffer) == b"\x81\x03one"


async def test_a_full_buffer_holds_frames_back_in_their_order() -> None:
    socket = Socket()
    outlet = Outlet(socket.send)
    socket.transport.producer.pauseProducing()
    for text in ("1", "2", "3"):
        outlet.push(encoded(text))
    await asyncio.sleep(0.01)
    assert socket.taken() == b""
    assert outlet.busy
    socket.transport.producer.resumeProducing()
    await asyncio.sleep(0.01)
    assert socket.taken() == b"\x81\x011\x81\x012\x81\x013"
    outlet.push(encoded("4"))
    assert socket.taken() == b"\x81\x014"
    assert not outlet.busy


async def test_a_lost_connection_ends_the_waiting() -> None:
    socket = Socket()
    outlet = Outlet(socket.send)
    tasks = asyncio.all_tasks()
    socket.transport.producer.pauseProducing()
    outlet.push(encoded("1"))
    assert len(asyncio.all_tasks() - tasks) == 1
    socket.transport.producer.stopProducing()
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == tasks


async def test_other_servers_are_served_as_asgi_says() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    assert type(wire_of(send)) is not DaphneWire
    assert type(wire_of(functools.partial(send))) is not DaphneWire
    Outlet(send).push(encoded("hello"))
    assert sent == [{"type": "websocket.send", "text": "hello"}]


async def test_who_never_reads_is_cut_off_after_being_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactions.live.outlet.GOODBYE_S", 0.05)
    socket = Socket()
    outlet = Outlet(socket.send)
    socket.transport.producer.pauseProducing()
    outlet.push(encoded("x"))
    outlet.close(Close.SLOW)
    assert not socket.transport.disconnected
    await asyncio.sleep(0.1)
    assert socket.transport.disconnected
    assert socket.taken() == b""
    outlet.drop()
