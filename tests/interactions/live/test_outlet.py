"""The bounded queue before a socket, in front of an ASGI server that we hold by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from interactions.live.outlet import MAX_BYTES, MAX_FRAME_BYTES, MAX_FRAMES, Outlet, encoded
from interactions.live.protocol import Close


class Server:
    """An ASGI server's `send`, for a client that reads or does not."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.gone = False

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        if self.gone:
            raise RuntimeError("the client has gone")
        self.sent.append(message.get("text") or message.get("code"))


class Transport:
    """What uvicorn's protocol writes to."""

    aborted = False

    def abort(self) -> None:
        """Cuts it."""
        self.aborted = True


class Connection(Server):
    """A server whose `send` is its protocol's, as uvicorn's is."""

    def __init__(self) -> None:
        super().__init__()
        self.transport = Transport()


async def test_a_client_that_reads_is_served_at_once_and_without_a_task() -> None:
    server = Server()
    outlet = Outlet(server.send)
    tasks = asyncio.all_tasks()
    for number in range(1_000):
        outlet.push(encoded(f"{number}"))
    assert server.sent == [f"{number}" for number in range(1_000)]
    assert asyncio.all_tasks() == tasks


async def test_a_pause_loses_nothing_and_keeps_the_order() -> None:
    server = Server()
    outlet = Outlet(server.send)
    server.reads.clear()
    for number in range(MAX_FRAMES):
        outlet.push(encoded(f"{number}"))
        assert outlet.busy == (number > 0)
        await asyncio.sleep(0)
    server.reads.set()
    await asyncio.sleep(0.01)
    outlet.push(encoded("last"))
    assert server.sent == [*(f"{number}" for number in range(MAX_FRAMES)), "last"]
    assert not outlet.busy


async def test_a_client_that_does_not_read_is_closed_as_slow() -> None:
    server = Server()
    outlet = Outlet(server.send)
    server.reads.clear()
    closed = []
    for _ in range(MAX_FRAMES + 2):
        outlet.push(encoded("x"))
        closed.append(outlet.closed)
    assert closed == [False] * (MAX_FRAMES + 1) + [True]
    server.reads.set()
    await asyncio.sleep(0.01)
    # What was on its way, and the reason; not the rest.
    assert server.sent == ["x", 4001]


async def test_large_frames_fill_it_sooner() -> None:
    server = Server()
    outlet = Outlet(server.send)
    server.reads.clear()
    outlet.push(encoded("on its way"))
    closed = []
    for size in (MAX_BYTES - 10, 10, 1):
        outlet.push(encoded("x" * size))
        closed.append(outlet.closed)
    assert closed == [False, False, True]


async def test_closing_says_goodbye_after_what_came_before() -> None:
    server = Server()
    outlet = Outlet(server.send)
    server.reads.clear()
    outlet.push(encoded("1"))
    outlet.push(encoded("2"))
    outlet.close(Close.ROOM_ENDED)
    outlet.push(encoded("too late"))
    outlet.close(Close.SLOW)
    server.reads.set()
    await asyncio.sleep(0.01)
    assert server.sent == ["1", "2", 4501]


async def test_a_client_that_went_away_harms_nobody() -> None:
    server = Server()
    outlet = Outlet(server.send)
    server.gone = True
    outlet.push(encoded("1"))
    assert outlet.closed
    outlet.push(encoded("2"))
    outlet.drop()
    assert server.sent == []


async def test_a_dropped_outlet_ends_its_writing() -> None:
    server = Server()
    outlet = Outlet(server.send)
    server.reads.clear()
    tasks = asyncio.all_tasks()
    outlet.push(encoded("1"))
    outlet.drop()
    await asyncio.sleep(0.01)
    server.reads.set()
    await asyncio.sleep(0.01)
    assert server.sent == []
    assert asyncio.all_tasks() == tasks


async def test_who_never_reads_is_cut_off_after_being_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactions.live.outlet.GOODBYE_S", 0.05)
    patient, impatient = Connection(), Connection()
    impatient.reads.clear()
    for connection in (patient, impatient):
        outlet = Outlet(connection.send)
        outlet.push(encoded("x"))
        outlet.close(Close.SIGNED_OUT)
        if connection is patient:
            outlet.drop()  # it said goodbye
    await asyncio.sleep(0.1)
    assert (patient.transport.aborted, impatient.transport.aborted) == (False, True)


async def test_nobody_counts_on_a_closed_outlet() -> None:
    told: list[str] = []

    def outlet(server: Server) -> Outlet:
        found = Outlet(server.send)
        found.when_closed = lambda: told.append("closed")
        return found

    closed, dropped = outlet(Server()), outlet(Server())
    closed.close(Close.SLOW)
    assert told == ["closed"]
    dropped.drop()
    assert told == ["closed"] * 2
    gone = Server()
    gone.gone = True
    lost = outlet(gone)
    lost.push(encoded("x"))
    assert told == ["closed"] * 3
    for one in (closed, dropped, lost):
        one.drop()
    assert told == ["closed"] * 3


async def test_no_frame_is_larger_than_one_may_be_and_the_first_that_waits_is_counted() -> None:
    server = Server()
    reading, sleeping = Outlet(server.send), Outlet(server.send)
    closed = []
    for size in (MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1):
        reading.push(encoded("x" * size))
        closed.append(reading.closed)
    assert closed == [False, True]
    server.reads.clear()
    sleeping.push(encoded("on its way"))
    sleeping.push(encoded("x" * (MAX_BYTES + 1)))
    assert sleeping.closed
    reading.drop()
    sleeping.drop()
