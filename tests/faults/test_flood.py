"""A client that goes on sending while its frame waits is not read any more, and takes no memory."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from interactions.models import LiveRoom
from tests.faults.processes import SERVERS_IF_IN_FULL, environment, web_process
from tests.faults.test_hostile_clients import TEXT, frame
from tests.interactions.live.screen import Screen, ticket_of
from tests.people import Person

pytestmark = pytest.mark.fault
MIB = 1024 * 1024
FLOOD_S = 1.0


def flood(plug: socket.socket, data: bytes) -> int:
    """Sends as much as the server takes; how many bytes that were."""
    sent, rest, until = 0, data, time.monotonic() + FLOOD_S
    while time.monotonic() < until:
        try:
            count = plug.send(rest, socket.MSG_DONTWAIT)
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            break  # cut off
        else:
            sent += count
            rest = rest[count:] or data
    return sent


@pytest.mark.parametrize("server", SERVERS_IF_IN_FULL)
@pytest.mark.parametrize("data", [frame(TEXT, b"x" * 60_000), frame(TEXT, b"{}") * 10_000], ids=["large", "many"])
def test_a_flood_behind_a_frame_that_waits(
    server: str, data: bytes, room: LiveRoom, bob: Person, tmp_path: Path
) -> None:
    with web_process(tmp_path / "web.log", server) as web, Screen(web.url, room.pk) as flooder:
        flooder.send({"type": "auth", "ticket": ticket_of(bob)})
        flooder.of_type("welcome")
        process = psutil.Process(web.process.pid)
        with psycopg.connect(environment()["DATABASE_URL"]) as link:
            link.execute("SELECT 1 FROM accounts_user WHERE id = %s FOR UPDATE", [bob.id])
            flooder.send({"type": "ask", "text": "Why?", "client_id": "1", "id": "q"})
            time.sleep(0.3)
            before = process.memory_info().rss
            sent = flood(flooder.socket.socket, data)
            grown = process.memory_info().rss - before
        assert grown < 16 * MIB, f"{sent / MIB:.0f} MiB sent, {grown / MIB:.0f} kept"
        with Screen(web.url, room.pk) as other:
            assert other.do("ping")["ok"]
        assert web.tracebacks() == []
