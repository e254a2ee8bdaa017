"""Websocket frames as the load client needs them: headers by hand, and each text that is sent to many read once."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A


class Told(NamedTuple):
    """What a frame says. Of `events` and `recovered` the first and last offset, without a gap between them."""

    kind: str
    epoch: str
    first: int
    last: int
    frame: dict[str, Any]


class BadStream(SystemExit):
    """A server sent what it must not: no figure is worth anything after that."""


def handshake(path: str, port: int, headers: str) -> bytes:
    """The request that opens a websocket; `headers` end with a line break each. Compression is not asked for."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    ).encode()


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """A client's frame. The mask is zero, which spares masking and is a mask as good as any to a server."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + size.to_bytes(2, "big")
    return bytes([first]) + length + b"\0\0\0\0" + payload


def header(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the server's frame at `at` starts and stops; None while that is not to be seen."""
    if len(data) - at < 2:
        return None
    size, start = data[at + 1], at + 2
    if size >= 126:
        wide = 2 if size == 126 else 8
        if len(data) - start < wide:
            return None
        size, start = int.from_bytes(data[start : start + wide], "big"), start + wide
    return start, start + size


def read(payload: bytes) -> Told:
    """A text frame of the room's, or of the chat that it is compared with. Raises BadStream for a gap within it."""
    found = json.loads(payload)
    message = found.get("message")
    if message is not None:  # the chat's only frame
        return Told("events", "", message["offset"], message["offset"], {"events": [message]})
    if "reply" in found:
        return Told("reply", "", 0, 0, found)
    kind, events = found["type"], found.get("events")
    if kind not in ("events", "recovered"):
        return Told(kind, found.get("epoch") or "", 0, found.get("offset", 0), found)
    offsets = [event["offset"] for event in events]
    first = offsets[0] if offsets else found["offset"] + 1
    last = offsets[-1] if offsets else found["offset"]
    if offsets != list(range(first, last + 1)):
        raise BadStream(f"a frame has the offsets {offsets}")
    return Told(kind, found["epoch"], first, last, found)
