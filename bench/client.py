"""A load client that costs little: raw HTTP/1.1 over kept connections, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from itertools import cycle

HOST = "127.0.0.1"


@dataclass
class Connection:
    """One kept connection."""

    port: int
    reader: asyncio.StreamReader = field(init=False)
    writer: asyncio.StreamWriter = field(init=False)

    async def open(self) -> Connection:
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection(HOST, self.port)
        return self

    async def send(self, method: str, path: str, token: str, body: bytes = b"") -> tuple[int, bytes]:
        """One request; its status and body."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nX-Session-Token: {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        raw = await self.reader.readuntil(b"\r\n\r\n")
        status = int(raw[9:12])
        lines = raw.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), None)
        if length is not None:
            return status, await self.reader.readexactly(length)
        return status, await self._chunks()

    async def _chunks(self) -> bytes:
        body = b""
        while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return body

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


@dataclass(frozen=True)
class Rate:
    """Requests a second, and how long they took in milliseconds."""

    per_s: float
    p50_ms: float
    p99_ms: float
    errors: int


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0


async def measure(port: int, path: str, tokens: list[str], *, seconds: float, connections: int = 16) -> Rate:
    """As many GETs as the server answers, over kept connections, each with its own share of the tokens."""
    links = [await Connection(port).open() for _ in range(connections)]
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

    begin = time.perf_counter()
    await asyncio.gather(*(drive(link, tokens[i::connections] or tokens) for i, link in enumerate(links)))
    lasted = time.perf_counter() - begin
    for link in links:
        link.close()
    return Rate(len(took) / lasted, percentile(took, 0.5) * 1000, percentile(took, 0.99) * 1000, errors)
