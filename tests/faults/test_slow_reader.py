"""Drill 11: a client that stops reading is closed, costs no memory, and nobody else waits for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

import psutil  # type: ignore[import-untyped]
import pytest

from interactions.live.events import Event
from interactions.live.room import append
from interactions.models import LiveRoom
from tests.faults.conftest import Held
from tests.faults.processes import IN_FULL, SERVERS, Web, web_process
from tests.faults.sockets import Crowd, Viewer
from tests.interactions.live.screen import Screen

pytestmark = pytest.mark.fault
MIB = 1024 * 1024
READERS, SLEEPERS = 5, 10
# The readers share a processor with the server and are to read all: they may be only so much behind.
BEHIND = 30


class LongEvent(Event):
    """As long as an answer."""

    padding: str = "x" * 1_500


def tell(room: LiveRoom, numbers: range, readers: Sequence[Viewer]) -> list[float]:
    """Appends so many events; how long each took to the last of the readers, in seconds."""
    said: dict[int, float] = {}
    for number in numbers:
        while min(reader.offset for reader in readers) < number - BEHIND:
            time.sleep(0.0005)
        said[number] = time.monotonic()
        append(room_id=room.pk, event=LongEvent(id=number, type="question"))
    deadline = time.monotonic() + 20
    while min(reader.offset for reader in readers) < numbers[-1]:
        assert time.monotonic() < deadline, [reader.offset for reader in readers]
        time.sleep(0.005)
    return [max(reader.heard_at[number] for reader in readers) - at for number, at in said.items()]


def asleep(web: Web, room: LiveRoom) -> Screen:
    """A client that is welcomed and never reads again."""
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    plug.connect(("127.0.0.1", web.port))
    sleeper = Screen(web.url, room.pk, sock=plug, max_queue=1, compression=None, ping_interval=None, close_timeout=0.2)
    sleeper.send({"type": "ping"})
    sleeper.of_type("welcome")
    return sleeper


def p99(seconds: Sequence[float]) -> float:
    """The 99th percentile in milliseconds."""
    return quantiles(seconds, n=100)[98] * 1000


@pytest.mark.alone
@pytest.mark.parametrize("server", SERVERS)
def test_drill_11_clients_that_stop_reading(
    server: str, room: LiveRoom, crowd: Crowd, held: Held, tmp_path: Path
) -> None:
    total = 10_000 if server == "daphne" or IN_FULL else 4_000
    with web_process(tmp_path / "web.log", server) as web:
        readers = crowd.come(READERS, room.pk, web.url)
        process = psutil.Process(web.process.pid)
        alone = tell(room, range(1, 1_001), readers)
        before = process.memory_info().rss
        sleepers = [asleep(web, room) for _ in range(SLEEPERS)]
        among = tell(room, range(1_001, 1_001 + total), readers)
        grown = process.memory_info().rss - before
        crowd.check_whole(1, 1_000 + total)
        assert not any(reader.closes for reader in readers)
        assert grown < 8 * MIB, "what they did not read is not kept"
        assert p99(among) < 3 * p99(alone) + 50
        # They wake up, read what was under way, and then why there is no more.
        assert [sleeper.closed() for sleeper in sleepers] == [4001] * SLEEPERS
        assert max(len(sleeper.events()) for sleeper in sleepers) < total
        for sleeper in sleepers:
            sleeper.close()
        assert web.tracebacks() == []
    figures = f"p99 of the others {p99(among):.0f} ms instead of {p99(alone):.0f} ms, {grown / MIB:+.1f} MiB ({server})"
    held("drill 11", f"{SLEEPERS} clients slept through {total:,} events: closed; {figures}")
