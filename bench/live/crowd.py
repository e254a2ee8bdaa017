"""Thousands of websockets in one thread at little cost: bare sockets and a selector, no framework and no copies.

What a server sends to many is the same bytes for each, so it is read as JSON once and recognised from then on. A socket
is timed and checked by who listens to its crowd (`hears`).
"""

from __future__ import annotations

import errno
import heapq
import itertools
import json
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from bench.live.frames import CLOSE, PING, PONG, TEXT, BadStream, Told, frame, handshake, header, read

HOST = "127.0.0.1"
RECEIVE = 65_536
REMEMBERED = 4_000
# Kinds that are one's own: seldom the same bytes twice, and large.
OWN = {"welcome", "reply", "recovered", "you"}
# How many may knock at once, unless all shall: past a queue of 50 the system tries again, a second late.
KNOCKING = 48

Hears = Callable[["Socket", Told], None]


class Socket:
    """One websocket. `offset` and `epoch` say how far it has come; a gap or a double is counted, never passed over."""

    __slots__ = (
        "_link", "_out", "_rest", "_waits_to_write", "asked", "closed", "code", "crowd", "doubles", "epoch", "gaps",
        "offset", "opened", "recovered", "replies", "request", "resuming", "tag", "welcomed",
    )  # fmt: skip

    def __init__(self, crowd: Crowd, request: bytes, tag: Any) -> None:
        self.crowd, self.request, self.tag = crowd, request, tag
        self.epoch, self.offset = "", 0
        self.gaps = self.doubles = 0
        self.opened = self.welcomed = self.closed = self.resuming = False
        self.recovered: bool | None = None
        self.code: int | None = None
        # Frames to send as soon as it is open, and the replies that are waited for, by id.
        self.asked: list[bytes] = []
        self.replies: dict[Any, dict[str, Any]] = {}
        self._link: Any = None
        self._out = self._rest = b""
        self._waits_to_write = True

    def knock(self, port: int, *, receive_buffer: int | None = None) -> None:
        """Begins to connect."""
        self._link = link = socket.socket()
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        started = link.connect_ex((HOST, port))
        if started not in (0, errno.EINPROGRESS):
            raise BadStream(f"cannot connect: {errno.errorcode.get(started, started)}")
        self._out = self.request
        self.crowd.selector.register(link, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def send(self, message: Mapping[str, object]) -> None:
        """A frame, now, or as soon as the socket is open."""
        packed = frame(json.dumps(message, separators=(",", ":")).encode())
        if self.opened:
            self._write(packed)
        else:
            self.asked.append(packed)

    def _write(self, data: bytes) -> None:
        if self.closed:
            return
        data = self._out + data if self._out else data
        try:
            sent = self._link.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.gone()
            return
        self._out = data[sent:]
        if bool(self._out) != self._waits_to_write:
            self._waits_to_write = bool(self._out)
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
            self.crowd.selector.modify(self._link, wanted, self)

    def ready(self, mask: int) -> None:
        """The selector says so."""
        if mask & selectors.EVENT_WRITE:
            self._write(b"")
        if mask & selectors.EVENT_READ and not self.closed:
            self._read()

    def _read(self) -> None:
        try:
            data = self._link.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.gone()
            return
        if self._rest:
            data = self._rest + data
        self._rest = self._frames(data, 0 if self.opened else self._open(data))

    def _open(self, data: bytes) -> int:
        """Where frames begin, once the answer to the handshake is whole."""
        head, found, _ = data.partition(b"\r\n\r\n")
        if not found:
            return len(data) + 1
        if b" 101 " not in head[:20]:
            raise BadStream(f"a handshake was answered {head[:40]!r}")
        self.opened = True
        self.crowd.knocking -= 1
        for packed in self.asked:
            self._write(packed)
        self.asked.clear()
        return len(head) + 4

    def _frames(self, data: bytes, at: int) -> bytes:
        """Hears all whole frames; what is left over."""
        if at > len(data):
            return data
        end, hear = len(data), self.crowd.hear
        while at < end:
            place = header(data, at)
            if place is None or place[1] > end:
                break
            start, stop = place
            if data[at] == TEXT:
                hear(self, data[start:stop])
            else:
                self._control(data[at], data[start:stop])
            at = stop
        return data[at:]

    def _control(self, first: int, payload: bytes) -> None:
        if first == PING:
            self._write(frame(payload, PONG))
        elif first == CLOSE:
            self.code = int.from_bytes(payload[:2], "big") if payload else 1005
            self._write(frame(payload, CLOSE))
        elif first != PONG:
            raise BadStream(f"a frame began with {first:#x}")

    def resume(self, epoch: str, offset: int) -> None:
        """To be told what was missed since then; what comes before the answer is in the answer."""
        self.epoch, self.offset, self.resuming, self.recovered = epoch, offset, True, None
        self.send({"type": "resume", "id": "resume", "epoch": epoch, "offset": offset})

    def resumed(self, told: Told) -> None:
        """The answer to that."""
        self.resuming, self.recovered = False, bool(told.frame["recovered"])
        if self.recovered and (told.epoch, told.first) != (self.epoch, self.offset + 1):
            self.gaps += 1
        self.epoch, self.offset = told.epoch, told.frame["offset"]

    def advance(self, told: Told) -> None:
        """Events: they follow what was told before, or that is counted as wrong."""
        if self.resuming:
            return
        if told.first == self.offset + 1 and told.epoch == self.epoch:
            self.offset = told.last
        elif told.epoch != self.epoch or told.first > self.offset:
            self.gaps += 1
            self.epoch, self.offset = told.epoch, told.last
        else:
            self.doubles += 1
            self.offset = max(self.offset, told.last)

    def rest(self) -> None:
        """Stops reading, as a phone in a tunnel does."""
        self.crowd.selector.unregister(self._link)

    def wake(self) -> None:
        """Reads again."""
        self.crowd.selector.register(self._link, selectors.EVENT_READ, self)

    def leave(self) -> None:
        """Says goodbye and hangs up."""
        if not self.closed:
            if self.opened:
                self._write(frame((1000).to_bytes(2, "big"), CLOSE))
            self.gone()

    def gone(self) -> None:
        """The connection is over."""
        if self.closed:
            return
        self.closed = True
        self.crowd.knocking -= not self.opened
        with suppress(KeyError):  # it rested
            self.crowd.selector.unregister(self._link)
        self._link.close()
        self.crowd.sockets.discard(self)


class Crowd:
    """All sockets of a client, and its clock."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.sockets: set[Socket] = set()
        self.knocking = 0
        self.at_the_door = KNOCKING
        self.hears: Hears | None = None
        self.errors: dict[str, int] = {}
        self._queue: deque[tuple[Socket, int, int | None]] = deque()
        self._told: dict[bytes, Told] = {}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def come(
        self, port: int, path: str, headers: str = "", *, tag: Any = None, receive_buffer: int | None = None
    ) -> Socket:
        """Opens a socket as soon as others have been let in."""
        socket_ = Socket(self, handshake(path, port, headers), tag)
        self.sockets.add(socket_)
        self._queue.append((socket_, port, receive_buffer))
        return socket_

    def at(self, when: float, work: Callable[[], None]) -> None:
        """Does something at this time of the monotonic clock."""
        heapq.heappush(self._due, (when, next(self._numbers), work))

    def run(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Serves the sockets for so long, or until something holds. Whether it does."""
        end = time.monotonic() + seconds
        while until is None or not until():
            now = time.monotonic()
            if now >= end:
                return False
            while self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2]()
            while self._queue and self.knocking < self.at_the_door:
                self.knocking += 1
                newcomer, port, receive_buffer = self._queue.popleft()
                newcomer.knock(port, receive_buffer=receive_buffer)
            wait = min(end, self._due[0][0] if self._due else end) - time.monotonic()
            for key, mask in self.selector.select(max(0.0, min(wait, 0.5))):
                if not key.data.closed:
                    key.data.ready(mask)
        return True

    def hear(self, hearer: Socket, payload: bytes) -> None:
        """A text frame: recognised or read, checked, and told to who listens."""
        told = self._told.get(payload)
        if told is None:
            told = read(payload)
            if told.kind not in OWN:
                if len(self._told) >= REMEMBERED:
                    self._told.clear()
                self._told[payload] = told
        if told.kind == "events":
            hearer.advance(told)
        elif told.kind != "tick":
            self._note(hearer, told)
        if self.hears is not None:
            self.hears(hearer, told)

    def _note(self, hearer: Socket, told: Told) -> None:
        if told.kind == "welcome":
            # Who comes back keeps the position that it will resume from.
            if not hearer.epoch:
                hearer.epoch, hearer.offset = told.epoch, told.last
            hearer.welcomed = True
        elif told.kind == "recovered":
            hearer.resumed(told)
        elif told.kind == "reply":
            if told.frame["reply"] is not None:
                hearer.replies[told.frame["reply"]] = told.frame
            if "error" in told.frame:
                self._error(told.frame["error"]["code"])
        elif told.kind == "error":
            self._error(told.frame["error"]["code"])

    def _error(self, code: str) -> None:
        self.errors[code] = self.errors.get(code, 0) + 1

    def leave(self, sockets: Iterable[Socket] | None = None) -> None:
        """These hang up, or all."""
        for one in list(self.sockets if sockets is None else sockets):
            one.leave()
        self.run(0.2)
