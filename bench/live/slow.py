"""Slow readers: how much later the others have an event while some of a room's viewers stop reading."""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from functools import partial

from bench.client import percentile
from bench.live.crowd import Socket
from bench.live.frames import BadStream, Told
from bench.live.venue import Talk, Venue, resident_kib
from bench.stage import say

# Deliveries a second, under what a process can do, so that lateness is not the queue of a full one.
DELIVERIES_PER_S = 10_000
MOST_EVENTS_PER_S = 60
# Long answers, and a heap of them at first, fill what the system keeps for who does not read: then the server's own
# queue grows before them, and in the middle of a round they are closed.
CHARACTERS = 900
HEAP, ROUND = 90, 100
LOOK_EVERY_S = 0.1
# What their system takes before the server must wait: little, so that it comes to that soon.
RECEIVE_BUFFER = 4_096


class Arrivals:
    """When each event reached those who read; listens to the crowd."""

    def __init__(self, readers: set[Socket]) -> None:
        self.readers = readers
        self.times: list[tuple[int, int, float]] = []

    def __call__(self, hearer: Socket, told: Told) -> None:
        """A frame came."""
        if told.kind == "events" and hearer in self.readers:
            self.times.append((told.first, told.last, time.monotonic()))


def measure(venue: Venue, chosen: argparse.Namespace) -> dict[str, object]:
    """Keys: slow_reader_p99_ratio (median over pairs of rounds: p99 of the others while some do not read ÷ while all
    do), reader_p99_ms, slow_reader_p99_ms, slow_reader_rss_mib (growth of the process at most), sleepers_closed."""
    venue = replace(venue, web=venue.web_far_away)
    room, sleeping = venue.room()["room"], min(chosen.sleepers, chosen.sockets // 2)
    readers = set(venue.audience(room, chosen.sockets - sleeping))
    rate = min(MOST_EVENTS_PER_S, max(1, DELIVERIES_PER_S // chosen.sockets))
    seconds = max(chosen.seconds, ROUND / rate)
    feeding = Talk(venue.feeder, f"room {room}", CHARACTERS)
    pairs, growth, closed = [], 0.0, 0
    for number in range(chosen.rounds + 1):
        say(f"{sleeping} of {chosen.sockets} stop reading, round {number + 1} of {chosen.rounds + 1}")
        sleepers = _sleepers(venue, room, sleeping)
        awake, _ = _round(venue, feeding, readers, rate, seconds)
        for one in sleepers:
            one.rest()
        asleep, grown = _round(venue, feeding, readers, rate, seconds)
        closed += _wake(venue, sleepers)
        growth = max(growth, grown)
        pairs.append((awake, asleep))
    if any(one.closed for one in readers):
        raise BadStream("somebody who read was closed")
    venue.crowd.leave()
    return {
        "slow_reader_p99_ratio": round(statistics.median(asleep / awake for awake, asleep in pairs[1:]), 2),
        "reader_p99_ms": round(statistics.median(awake for awake, _ in pairs[1:]), 1),
        "slow_reader_p99_ms": round(statistics.median(asleep for _, asleep in pairs[1:]), 1),
        "slow_reader_rss_mib": round(growth, 1),
        "slow_reader_events_per_s": rate,
        "sleepers_closed": closed,
    }


def _sleepers(venue: Venue, room: int, count: int) -> list[Socket]:
    own = venue.tokens[-count:]
    return venue.welcomed([venue.watch(room, token, receive_buffer=RECEIVE_BUFFER) for token in own])


def _round(venue: Venue, feeding: Talk, readers: set[Socket], rate: float, seconds: float) -> tuple[float, float]:
    """The readers' p99 in milliseconds, and by how many MiB the process grew at most."""
    crowd, arrivals = venue.crowd, Arrivals(readers)
    before = most = resident_kib(venue.web)
    _heap(venue, feeding, readers)
    (first,) = {one.offset for one in readers}
    crowd.hears = arrivals
    feeding.steadily(rate, seconds)
    said, last, end = int(rate * seconds), first + int(rate * seconds), time.monotonic() + seconds + 10
    while not _all_have(readers, last):
        if time.monotonic() > end:
            raise BadStream(f"{said} events did not reach everybody")
        crowd.run(LOOK_EVERY_S)
        most = max(most, resident_kib(venue.web))
    crowd.hears = None
    moments = feeding.said()
    late = [
        (at - moments[offset - first - 1]) * 1000
        for oldest, newest, at in arrivals.times
        for offset in range(oldest, newest + 1)
    ]
    return percentile(late, 0.99), (most - before) / 1024


def _heap(venue: Venue, feeding: Talk, readers: set[Socket]) -> None:
    """HEAP events, a few at a time, to all who read."""
    few = HEAP // 10
    for _ in range(10):
        last = max(one.offset for one in readers) + few
        feeding.say(few)
        if not venue.crowd.run(10, partial(_all_have, readers, last)):
            raise BadStream("events did not reach everybody")


def _all_have(readers: set[Socket], last: int) -> bool:
    return all(one.offset >= last for one in readers)


def _wake(venue: Venue, sleepers: list[Socket]) -> int:
    """They read what is left, then go; how many had been closed. What they were told must be whole up to its end."""
    for one in sleepers:
        one.wake()
    venue.crowd.run(2.0)
    if any(one.gaps or one.doubles for one in sleepers):
        raise BadStream("somebody who slept was told things with a gap")
    closed = sum(one.closed for one in sleepers)
    venue.crowd.leave(sleepers)
    return closed
