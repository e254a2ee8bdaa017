"""What a place in a room costs: resident memory of the web process, beside that of a bare Channels consumer."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from bench.live.crowd import Socket
from bench.live.venue import Venue, resident_kib
from bench.stage import Web

# Enough for every line of code to have run, too few to leave memory behind that the others could use.
FIRST = 20
SETTLE_S = 3.0


def measure(venue: Venue, chosen: argparse.Namespace) -> dict[str, object]:
    """Keys: kib_per_socket (signed in, welcomed and silent), bare_kib_per_socket, idle_sockets."""
    room, count = venue.room()["room"], max(chosen.idle, chosen.sockets)
    return {
        "idle_sockets": count,
        "kib_per_socket": _each(venue, venue.web, count, lambda many: venue.audience(room, many)),
        "bare_kib_per_socket": _each(venue, venue.chat, count, lambda many: venue.chatters("/ws/bare/", many)),
    }


def _each(venue: Venue, web: Web, count: int, come: Callable[[int], list[Socket]]) -> float:
    venue.crowd.leave(come(FIRST))
    venue.crowd.run(SETTLE_S / 3)
    before = resident_kib(web)
    sockets = come(count)
    venue.crowd.run(SETTLE_S)
    after = resident_kib(web)
    venue.crowd.leave(sockets)
    return round((after - before) / count, 1)
