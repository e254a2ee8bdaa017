"""The load client against small servers: what it counts, and that a stall is not hidden by waiting for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bench.client import at_rate, measure, parse
from bench.musts import MUSTS, met
from bench.pages import compare
from bench.usage import Usage

Answer = Callable[[int], Awaitable[bytes]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[int]:
    """Answers the n-th request of all connections with `answer(n)`; its port."""
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            count += 1
            writer.write(await answer(count))
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


def test_answers_are_understood_in_both_forms_and_however_they_are_cut() -> None:
    chunked = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"
    for whole, found in ((OK, (200, b"{}")), (chunked, (404, b"abcdef"))):
        assert parse(whole) == found
        assert all(parse(whole[:length]) is None for length in range(len(whole)))


async def test_a_stall_counts_for_everyone_who_was_due_meanwhile() -> None:
    stalled_until = 0.0

    async def stall_once(number: int) -> bytes:
        nonlocal stalled_until
        if number == 50:
            stalled_until = time.perf_counter() + 0.3
        await asyncio.sleep(max(0.0, stalled_until - time.perf_counter()))
        return OK

    async with server(stall_once) as port:
        rate = await at_rate(port, "/", ["token"], rate=500, seconds=1, width=2)
    assert rate.errors == 0
    assert rate.per_s == pytest.approx(500, rel=0.3)
    # 150 of 500 were due during the stall; counted from when they were sent, only the two under way would be slow.
    assert rate.p99_ms > 250
    assert rate.p50_ms < 250


async def test_an_error_answer_ends_a_comparison() -> None:
    async def fail(number: int) -> bytes:
        return b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"

    async with server(fail) as port:
        assert (await measure(port, "/", ["token"], seconds=0.05, width=2)).errors > 0
        with pytest.raises(SystemExit):
            await compare(port, ["token"], rounds=1, seconds=0.05, usage=Usage({}))


def test_a_must_is_met_on_its_own_side_of_the_limit() -> None:
    ratio = next(must for must in MUSTS if must.key == "rps_ratio")
    lateness = next(must for must in MUSTS if must.key == "p99_ms")
    assert (ratio.holds(0.6), ratio.holds(0.59)) == (True, False)
    assert (lateness.holds(40), lateness.holds(40.1)) == (True, False)
    assert met("feed", {"rps_ratio": 0.5, "sql_per_page": 2.0}) == {"rps_ratio": False, "sql_per_page": True}
