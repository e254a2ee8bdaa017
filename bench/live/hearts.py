"""Hearts: how many frames a second a socket gets while thousands of taps a second fall on its room."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from functools import partial

from bench.live.crowd import Socket
from bench.live.frames import BadStream, Told
from bench.live.venue import Venue
from bench.stage import say

TAPS_PER_FRAME = 50
# Of the ten frames a second that a person may send.
FRAMES_PER_S = 8


class Ticks:
    """When each socket was told of hearts; listens to the crowd."""

    def __init__(self) -> None:
        self.times: defaultdict[Socket, list[float]] = defaultdict(list)
        self.likes = 0

    def __call__(self, hearer: Socket, told: Told) -> None:
        """A frame came."""
        if told.kind == "tick":
            self.times[hearer].append(time.monotonic())
            self.likes = max(self.likes, told.frame["likes"])


def measure(venue: Venue, chosen: argparse.Namespace) -> dict[str, object]:
    """Keys: tick_frames_per_s (of the socket that got most), tick_frames_worst_second, taps_per_s, taps_told (the share
    of all taps that the last tick had)."""
    room, crowd, seconds = venue.room()["room"], venue.crowd, chosen.seconds * 2
    sockets = venue.audience(room, chosen.sockets)
    tappers = sockets[: min(len(sockets), max(1, round(chosen.taps / TAPS_PER_FRAME / FRAMES_PER_S)))]
    say(f"{len(tappers)} people tap for {seconds:g} s")
    crowd.run(1.5)  # viewers were counted and told
    ticks = crowd.hears = Ticks()
    begin = time.monotonic()
    for number, tapper in enumerate(tappers):
        for beat in range(int(seconds * FRAMES_PER_S)):
            due = begin + (beat + number / len(tappers)) / FRAMES_PER_S
            crowd.at(due, partial(tapper.send, {"type": "tap", "count": TAPS_PER_FRAME}))
    crowd.run(seconds)
    lasted = time.monotonic() - begin
    told = {one: list(times) for one, times in ticks.times.items()}
    crowd.run(1.5)
    crowd.hears = None
    tapped = len(tappers) * int(seconds * FRAMES_PER_S) * TAPS_PER_FRAME
    if any(one.closed for one in sockets) or crowd.errors:
        raise BadStream(f"somebody could not tap: {crowd.errors}")
    crowd.leave()
    return {
        "taps_per_s": round(tapped / lasted),
        "taps_told": round(ticks.likes / tapped, 4),
        "tick_frames_per_s": round(max(map(len, told.values()), default=0) / lasted, 2),
        "tick_frames_worst_second": max(map(_most_in_a_second, told.values()), default=0),
    }


def _most_in_a_second(times: list[float]) -> int:
    most = first = 0
    for last, moment in enumerate(times):
        while moment - times[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most
