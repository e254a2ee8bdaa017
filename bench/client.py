"""A load client that costs little: raw HTTP/1.1 over kept connections, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle

HOST = "127.0.0.1"
HOME = "/api/v1/feed"
EMPTY = "/api/v1/bench/empty"


class Connection(asyncio.Protocol):
    """One kept connection; one request at a time. A protocol, as streams cost the client three times as much."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._received = b""

    async def open(self) -> Connection:
        """Connect."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: self, HOST, self.port)
        self._transport = transport
        return self

    async def send(self, method: str, path: str, token: str, body: bytes = b"") -> tuple[int, bytes]:
        """One request; its status and body. Raises ConnectionError."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nX-Session-Token: {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head.encode() + body)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        """Completes the answer when all of it is there."""
        self._received += data
        found = parse(self._received)
        if found is not None and self._answer is not None:
            answer, self._answer, self._received = self._answer, None, b""
            answer.set_result(found)

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits learns of it."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("the server hung up"))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


def parse(received: bytes) -> tuple[int, bytes] | None:
    """Status and body of an answer; None while some of it is missing."""
    head, found, rest = received.partition(b"\r\n\r\n")
    if not found:
        return None
    status, lower = int(head[9:12]), head.lower()
    at = lower.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(lower[at + 17 :].partition(b"\r\n")[0])
        return (status, rest) if len(rest) >= length else None
    if b"\r\ntransfer-encoding: chunked" not in lower:
        return status, b""
    return (status, _unchunked(rest)) if rest.endswith(b"0\r\n\r\n") else None


def _unchunked(rest: bytes) -> bytes:
    body = b""
    while True:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            return body
        body, rest = body + rest[:size], rest[size + 2 :]


@dataclass(frozen=True)
class Rate:
    """Requests a second, and how long they took in milliseconds."""

    per_s: float
    p50_ms: float
    p99_ms: float
    errors: int


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0


@asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    """Open connections, hung up at the end."""
    links = [await Connection(port).open() for _ in range(count)]
    try:
        yield links
    finally:
        for link in links:
            link.close()


async def measure(port: int, path: str, tokens: list[str], *, seconds: float, width: int = 16) -> Rate:
    """As many GETs as the server answers, over `width` kept connections, each with its own share of the tokens."""
    took: list[float] = []
    errors = 0
    end = time.perf_counter() + seconds

    async def drive(link: Connection, own: list[str]) -> None:
        nonlocal errors
        for token in cycle(own):
            start = time.perf_counter()
            if start > end:
                return
            status, _ = await link.send("GET", path, token)
            took.append(time.perf_counter() - start)
            errors += status != 200

    async with connections(port, width) as links:
        begin = time.perf_counter()
        await asyncio.gather(*(drive(link, tokens[i::width] or tokens) for i, link in enumerate(links)))
        lasted = time.perf_counter() - begin
    return Rate(len(took) / lasted, percentile(took, 0.5) * 1000, percentile(took, 0.99) * 1000, errors)


async def at_rate(port: int, path: str, tokens: list[str], *, rate: float, seconds: float, width: int = 64) -> Rate:
    """GETs that arrive at a fixed rate whether or not earlier ones were answered.

    Each is timed from when it should have been sent, so a server that stalls cannot hide it by slowing its client
    ("coordinated omission"). `width` connections bound what is under way; who finds none free waits, and that counts.
    """
    took: list[float] = []
    errors = 0
    people = cycle(tokens)

    async with connections(port, width) as links:
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for link in links:
            free.put_nowait(link)

        async def one(due: float, token: str) -> None:
            nonlocal errors
            link = await free.get()
            status, _ = await link.send("GET", path, token)
            took.append(time.perf_counter() - due)
            errors += status != 200
            free.put_nowait(link)

        begin = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                due = begin + number / rate
                wait = due - time.perf_counter()
                if wait > 0:
                    await asyncio.sleep(wait)
                group.create_task(one(due, next(people)))
        lasted = time.perf_counter() - begin
    return Rate(len(took) / lasted, percentile(took, 0.5) * 1000, percentile(took, 0.99) * 1000, errors)
