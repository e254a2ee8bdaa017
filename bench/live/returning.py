"""Coming back: thousands of sockets were cut off and come at once, sign in by cookie and resume."""

from __future__ import annotations

import argparse
import time

from bench.live.crowd import KNOCKING, Socket
from bench.live.statements import Statements
from bench.live.venue import Talk, Venue
from bench.stage import say

MISSED = 5
PATIENCE_S = 30.0
# Longer than the server's beats: it has noticed that everybody is gone, and the storm has passed.
SETTLE_S = 2.0


def measure(venue: Venue, chosen: argparse.Namespace) -> dict[str, object]:
    """Keys: returning, resumed_ratio (share that was told exactly what it had missed), resume_s (until the last one
    was), resume_statements (all that PostgreSQL was asked meanwhile, by its own log)."""
    room, crowd, count = venue.room()["room"], venue.crowd, chosen.returning
    known = venue.audience(room, count)
    place = known[0].epoch, known[0].offset
    crowd.leave()
    feeding = Talk(venue.feeder, f"room {room}")
    feeding.say(MISSED)
    crowd.run(SETTLE_S)
    with Statements(venue.stage, venue.site) as statements:
        say(f"{count} sockets come back")
        begin, crowd.at_the_door = time.monotonic(), count
        sockets = [_back(venue, room, token, place) for token in venue.tokens[:count]]
        crowd.run(PATIENCE_S, lambda: all(_answered(one) for one in sockets))
        lasted = time.monotonic() - begin
        crowd.run(SETTLE_S)
    crowd.at_the_door = KNOCKING
    unanswered = sum(not _answered(one) for one in sockets)
    if unanswered:
        say(f"{unanswered} got no answer within {PATIENCE_S:.0f} s")
    whole = sum(_is_whole(one, place[1] + MISSED) for one in sockets)
    crowd.leave()
    for kind, times in statements.kinds.most_common(8):
        say(f"{times:6} x {kind}")
    return {
        "returning": count,
        "resumed_ratio": round(whole / count, 4),
        "resume_s": round(lasted, 2),
        "resume_statements": statements.count,
    }


def _back(venue: Venue, room: int, token: str, place: tuple[str, int]) -> Socket:
    one = venue.watch(room, token)
    one.resume(*place)
    return one


def _answered(one: Socket) -> bool:
    return one.closed or one.recovered is not None


def _is_whole(one: Socket, offset: int) -> bool:
    return not one.closed and bool(one.recovered) and one.offset == offset and not one.gaps + one.doubles
