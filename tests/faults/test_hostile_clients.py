"""Drill 15: what no honest client sends. It is refused, nothing inside falls over, and nobody else notices."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from interactions.models import LiveRoom
from tests.faults.conftest import Held
from tests.faults.processes import Web
from tests.faults.sockets import Crowd

pytestmark = pytest.mark.fault
MIB = 1024 * 1024
PING = '{"type":"ping","id":1}'
CONTINUED, TEXT, PING_FRAME = 0, 1, 9
CUT = 1006  # daphne hangs up where uvicorn says why


@contextmanager
def raw(web: Web, room: LiveRoom, **options: Any) -> Iterator[ClientConnection]:
    """A connection that sends what it is told to."""
    settings: dict[str, Any] = {"compression": None, "max_size": None, "open_timeout": 10, "close_timeout": 1} | options
    url = f"{web.url.replace('http', 'ws', 1)}/ws/rooms/{room.pk}"
    with connect(url, **settings) as connection:
        yield connection


def frame(code: int, payload: bytes, *, last: bool = True, reserved: int = 0) -> bytes:
    """One frame as it goes over the wire, masked by zeros (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        length = struct.pack("!B", 0x80 | size)
    elif size < 65_536:
        length = struct.pack("!BH", 0x80 | 126, size)
    else:
        length = struct.pack("!BQ", 0x80 | 127, size)
    return struct.pack("!B", (0x80 if last else 0) | reserved | code) + length + bytes(4) + payload


def push(connection: ClientConnection, sent: str | bytes) -> None:
    """What the server may hang up on before it has all of it: a text as one frame, bytes as they are on the wire."""
    with contextlib.suppress(ConnectionClosed, OSError):
        if isinstance(sent, str):
            connection.send(sent)
        else:
            connection.socket.sendall(sent)


def answer_to(connection: ClientConnection) -> str:
    """The code of the next refusal, or "ok"."""
    while True:
        said = json.loads(connection.recv(timeout=8))
        if "reply" in said or "error" in said:
            return str(said["error"]["code"]) if "error" in said else "ok"


def closed_with(connection: ClientConnection) -> int:
    """The code that the server closes with."""
    deadline = time.monotonic() + 8
    try:
        while (left := deadline - time.monotonic()) > 0:
            connection.recv(timeout=left)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else CUT
    except TimeoutError:
        pass
    raise AssertionError("stayed open")


def resident(web: Web) -> int:
    """Bytes of memory that the process has."""
    return int(psutil.Process(web.process.pid).memory_info().rss)


@pytest.fixture
def unharmed(standing: Web, room: LiveRoom, crowd: Crowd) -> Iterator[Web]:
    """The process under attack, which afterwards lives, has no more memory than before, and nothing in its log."""
    already = len(standing.tracebacks())
    (honest,) = crowd.come(1, room.pk, standing.url)
    before = resident(standing)
    yield standing
    asked = time.monotonic()
    crowd.run(honest.send({"type": "ping", "id": "still"}))
    crowd.until(lambda: any(said.get("reply") == "still" for said in honest.frames), seconds=5)
    assert time.monotonic() - asked < 2
    assert standing.process.poll() is None
    assert (honest.closes, honest.faults) == ([], [])
    assert resident(standing) - before < 24 * MIB
    assert standing.tracebacks()[already:] == []


def test_drill_15_broken_frames(unharmed: Web, room: LiveRoom, held: Held) -> None:
    deep = "[" * 8_000 + "]" * 8_000
    broken: list[str | bytes] = [
        "",
        "{",
        "nonsense",
        deep,
        '{"a":' * 3_000,
        '{"type":"ping","id":{}}',
        "null",
        "\x00",
        b"\x00",
    ]
    for text in broken:
        with raw(unharmed, room) as connection:
            connection.send(text)
            assert answer_to(connection) == "bad_frame", text[:40]
            connection.send(PING)
            assert answer_to(connection) == "ok"
    with raw(unharmed, room) as connection:
        for _ in range(5):
            connection.send(os.urandom(100))
        assert closed_with(connection) == 4504
    held("drill 15", f"{len(broken)} kinds of broken frames: refused, and five in a row sent away")


def test_drill_15_frames_that_are_too_large(unharmed: Web, room: LiveRoom, held: Held) -> None:
    with raw(unharmed, room) as connection:
        connection.send(PING[:-1] + " " * (16_384 - len(PING)) + "}")
        assert answer_to(connection) == "ok"
        connection.send(PING[:-1] + " " * (16_385 - len(PING)) + "}")
        assert answer_to(connection) == "frame_too_large"
        connection.send("x" * 65_536)
        assert answer_to(connection) == "frame_too_large"
        push(connection, "x" * 65_537)
        assert closed_with(connection) in {1009, CUT}
    with raw(unharmed, room) as connection:
        push(connection, "x" * 2 * MIB)
        assert closed_with(connection) in {1009, CUT}
    with raw(unharmed, room) as connection:
        connection.socket.sendall(struct.pack("!BBQ", 0x81, 0xFF, 2**62) + bytes(4))  # announced, never sent
        assert closed_with(connection) in {1009, 1002, CUT}
    held(
        "drill 15",
        "frames of 16 KiB read, larger ones refused, those past 64 KiB hung up on, as one announced of 4 EiB",
    )


def test_drill_15_pieces(unharmed: Web, room: LiveRoom, held: Held) -> None:
    whole = PING.encode()
    with raw(unharmed, room) as connection:
        pieces = [frame(TEXT, whole[:1], last=False), *(frame(CONTINUED, bytes([c]), last=False) for c in whole[1:])]
        connection.socket.sendall(b"".join(pieces) + frame(PING_FRAME, b"between") + frame(CONTINUED, b""))
        assert answer_to(connection) == "ok"
    with raw(unharmed, room) as connection:
        many = frame(TEXT, b"x" * 1_000, last=False) + frame(CONTINUED, b"x" * 1_000, last=False) * 100
        push(connection, many)
        assert closed_with(connection) in {1009, CUT}
    with raw(unharmed, room) as connection:
        connection.socket.sendall(frame(CONTINUED, b"of nothing"))
        assert closed_with(connection) in {1002, CUT}
    held("drill 15", "a frame in pieces read, 101 kB in pieces and pieces of nothing hung up on")


def test_drill_15_what_is_no_websocket(unharmed: Web, room: LiveRoom, held: Held) -> None:
    wrongs = (
        frame(TEXT, b"{}", reserved=0x40),
        frame(3, b""),
        frame(PING_FRAME, b"x" * 126),
        b"GET / HTTP/1.1\r\n\r\n",
    )
    for wrong in wrongs:
        with raw(unharmed, room) as connection:
            connection.socket.sendall(wrong)
            assert closed_with(connection) in {1002, CUT}
    held("drill 15", f"{len(wrongs)} kinds of bytes that are no websocket's: hung up on")


# uvicorn closes as well, with 1007, but tells its log of it with a traceback.
@pytest.mark.parametrize("standing", ["daphne"], indirect=True)
def test_drill_15_a_text_that_is_no_utf_8(unharmed: Web, room: LiveRoom, held: Held) -> None:
    with raw(unharmed, room) as connection:
        connection.socket.sendall(frame(TEXT, b'{"type":"\xff\xfe"}'))
        assert closed_with(connection) in {1007, CUT}
    held("drill 15", "a text that is no UTF-8: hung up on")


def test_drill_15_compressed_bombs(unharmed: Web, room: LiveRoom, held: Held) -> None:
    with raw(unharmed, room, compression="deflate") as connection:
        inflates = bool(connection.protocol.extensions)
        push(connection, "x" * (50 * MIB if inflates else 65_537))
        assert closed_with(connection) in {1009, CUT}
    held("drill 15", "50 MiB, compressed: hung up on" if inflates else "compression offered: not taken up")


def test_drill_15_pings_without_end(standing_daphne: Web, room: LiveRoom, crowd: Crowd, held: Held) -> None:
    (honest,) = crowd.come(1, room.pk, standing_daphne.url)
    before = resident(standing_daphne)
    with raw(standing_daphne, room) as connection:
        connection.socket.sendall(frame(PING_FRAME, b"x" * 125) * 40)
        connection.send(PING)
        assert answer_to(connection) == "ok"
        with contextlib.suppress(ConnectionClosed, OSError):
            for _ in range(200):  # 26 MB, and as much to answer; uvicorn does, into its memory if it must
                connection.socket.sendall(frame(PING_FRAME, b"x" * 125) * 1_000)
        assert closed_with(connection) == CUT
    crowd.run(honest.send({"type": "ping", "id": "still"}))
    crowd.until(lambda: any(said.get("reply") == "still" for said in honest.frames), seconds=2)
    assert resident(standing_daphne) - before < 4 * MIB
    held("drill 15", "40 pings answered, 200,000 not read to their end")


def test_drill_15_half_a_handshake(unharmed: Web, room: LiveRoom, held: Held) -> None:
    many = 50
    with ExitStack() as halves:
        for _ in range(many):
            half = halves.enter_context(socket.create_connection(("127.0.0.1", unharmed.port)))
            half.sendall(f"GET /ws/rooms/{room.pk} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConn".encode())
        with raw(unharmed, room) as connection:
            connection.send(PING)
            assert answer_to(connection) == "ok"
    held("drill 15", f"{many} handshakes that stop half-way: others come in meanwhile")
