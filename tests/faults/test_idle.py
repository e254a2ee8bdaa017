"""Drill 8: a socket on which nothing happens stays open: the server pings before anybody on the way gives it up."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.sync.client import ClientConnection, connect

from config.run.application import commands
from interactions.models import LiveRoom
from tests.faults.conftest import Held
from tests.faults.processes import IN_FULL, PING_EVERY_S, SERVERS, Web, web_process
from tests.interactions.live.screen import ticket_of
from tests.people import Person, make_person

pytestmark = pytest.mark.fault
# The usual proxy gives a connection up that was silent for a minute. Unless it is to last as long as it says, the drill
# goes over as many pings, which come sooner.
PROXY_GIVES_UP_S = 60
EVERY_S, IDLE_S = (PING_EVERY_S, PROXY_GIVES_UP_S + 5) if IN_FULL else (1, 7)


class Pinged(ClientConnection):
    """Counts the server's pings. They are answered by themselves, as browsers do."""

    pings = 0

    def process_event(self, event: Frame | Response) -> None:  # type: ignore[override]  # of any kind
        """Every frame that comes in."""
        self.pings += isinstance(event, Frame) and event.opcode is Opcode.PING
        super().process_event(event)


def come(opened: ExitStack, web: Web, path: str, person: Person | None) -> Pinged:
    """A socket past its welcome, with pings of its own switched off."""
    url = f"{web.url.replace('http', 'ws', 1)}{path}"
    found = opened.enter_context(connect(url, create_connection=Pinged, ping_interval=None, close_timeout=1))
    assert isinstance(found, Pinged)
    found.send(json.dumps({"type": "auth", "ticket": ticket_of(person)} if person else {"type": "ping"}))
    while json.loads(found.recv(timeout=8)).get("type") != "welcome":
        pass
    return found


def test_drill_8_idle_sockets(room: LiveRoom, held: Held, tmp_path: Path) -> None:
    command = commands(8000, Path("access.log"))["web"]
    assert command[command.index("--ping-interval") + 1] == str(PING_EVERY_S)
    assert PING_EVERY_S < PROXY_GIVES_UP_S / 2
    with ExitStack() as opened:
        webs = [opened.enter_context(web_process(tmp_path / name, name, EVERY_S)) for name in SERVERS]
        dora = make_person(webs[0].url, "Dora")
        at_the_room = f"/ws/rooms/{room.pk}"
        doors = ((at_the_room, None), (at_the_room, dora), ("/ws/feed", dora))
        sockets = [come(opened, web, path, person) for web in webs for path, person in doors]
        time.sleep(IDLE_S)
        for socket in sockets:
            assert socket.pings >= 2
            socket.send('{"type":"ping","id":"still"}')
            try:
                while json.loads(socket.recv(timeout=8)).get("reply") != "still":
                    pass
            except ConnectionClosed as closed:
                raise AssertionError(f"closed after {IDLE_S} s of silence") from closed
        dora.close()
        assert [web.tracebacks() for web in webs] == [[], []]
        pings = min(socket.pings for socket in sockets)
    held("drill 8", f"{len(sockets)} sockets of two servers, idle for {IDLE_S} s and {pings} pings or more: open")
