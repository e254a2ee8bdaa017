"""Keeps daphne from answering pings without end: each answer to a client that does not read stays in its memory."""

from __future__ import annotations

import time
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

# Clients ping a few times a minute. Whoever sends more than this in one second is cut off.
MOST_PER_S = 50


def bound() -> None:
    """From now on daphne answers so many pings a second of a socket, and cuts it off at the next one."""

    def on_ping(protocol: Any, payload: bytes) -> None:
        second, pings = getattr(protocol, "_pinged", (0, 0))
        now = int(time.monotonic())
        pings = pings + 1 if second == now else 1
        protocol._pinged = (now, pings)
        if pings > MOST_PER_S:
            protocol.transport.abortConnection()
        elif protocol.state == protocol.STATE_OPEN:
            protocol.sendPong(payload)

    WebSocketProtocol.onPing = on_ping
