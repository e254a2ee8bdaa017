"""Soak: people come, go and come back to one room on two web processes for minutes; nobody misses anything."""

from __future__ import annotations

import argparse
import random
import statistics
import time
from contextlib import ExitStack
from typing import Any

from bench.client import percentile
from bench.live.people import Meter, Room
from bench.live.statements import Statements
from bench.live.venue import resident_kib
from bench.machine import facts
from bench.stage import Site, Stage, Web, say
from bench.usage import Usage

PROCESSES = 2
# While they come, and until all of it is told.
ARRIVE_S, SETTLE_S = 5.0, 20.0
LINES = 20


def options(parser: argparse.ArgumentParser) -> None:
    """How many, and how long."""
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default 10)")
    parser.add_argument("--sockets", type=int, default=500, help="people in the room (default 500)")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two acts of a person (default 10)")
    parser.add_argument("--server", choices=("daphne", "uvicorn"), default="daphne", help="default: daphne")


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Keys: gaps and doubles (what a client was not told, or twice), lost_positions (resumes that were refused),
    complete (share of those who are there at the end that have everything), rss_ratio (resident memory of the web
    processes, last third ÷ second), rss_mib_per_1000_joins, event_p99_first_ms and event_p99_last_ms (thirds), errors,
    closed_by_server, statements, taps_told, and what people did."""
    random.seed(17)
    site = stage.site()
    owner = site.inside("world", shoppers=chosen.sockets)["owner"]
    host, *tokens = site.inside("sessions", user_ids=[owner, *range(1, chosen.sockets + 1)])
    made = site.inside("room", host=owner, asker=1)
    with ExitStack() as stack:
        webs = [stack.enter_context(site.listening(chosen.server)) for _ in range(PROCESSES)]
        usage = Usage({f"web_{n}": web.process.pid for n, web in enumerate(webs, 1)} | stage.pids)
        with usage, Statements(stage, site) as statements:
            figures = _live_it(chosen, site, webs, made["room"], host, tokens)
        figures["statements"] = statements.count
        figures["statements_per_s"] = round(statements.count / figures["seconds"], 1)
    for kind, times in statements.kinds.most_common(8):
        say(f"{times:7} x {kind}")
    return {"sockets": chosen.sockets, "server": chosen.server} | figures | usage.figures() | facts(site)


def _live_it(
    chosen: argparse.Namespace, site: Site, webs: list[Web], number: int, host: str, tokens: list[str]
) -> dict[str, Any]:
    seconds, begin = chosen.minutes * 60, time.monotonic()
    meter = Meter(lambda now: min(2, int((now - begin) / seconds * 3)))
    room = Room(number, [web.port for web in webs], meter, every_s=chosen.every)
    room.open(host, tokens, min(ARRIVE_S, seconds / 5))
    memory = Memory(webs, room)
    for line in range(1, LINES + 1):
        room.crowd.run(max(0.0, begin + seconds * line / LINES - time.monotonic()), memory.look)
        did = ", ".join(f"{times} {act}" for act, times in room.did.most_common())
        now = time.monotonic() - begin
        say(f"{now:4.0f} s of {seconds:.0f}: {memory.last_mib:.0f} MiB, {meter.events} events, {did}")
    room.over = True
    lasted = time.monotonic() - begin
    room.crowd.run(SETTLE_S, lambda: all(one.closed or one.welcomed for one in room.sockets))
    # Votes are told by the beat of the server, a second late at most.
    room.crowd.run(2.0)
    reached = site.inside("room_position", room=number)
    room.crowd.run(SETTLE_S, lambda: room.together(reached["offset"]))
    return _figures(room, meter, memory, reached, lasted)


class Memory:
    """Resident memory of the web processes, looked at every second."""

    def __init__(self, webs: list[Web], room: Room) -> None:
        self.webs, self.room = webs, room
        self.seen: list[tuple[int, float]] = []
        self._next = 0.0

    def look(self) -> bool:
        """A look, if it is time; never an end."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 1.0
            joins = self.room.did["join"] + self.room.did["return"]
            self.seen.append((joins, sum(map(resident_kib, self.webs)) / 1024))
        return False

    @property
    def last_mib(self) -> float:
        """All processes together."""
        return self.seen[-1][1] if self.seen else 0.0

    def figures(self) -> dict[str, float]:
        """The first third is left out: everything is met for the first time in it."""
        third = max(1, len(self.seen) // 3)
        second, last = self.seen[third : 2 * third], self.seen[2 * third :]
        settled = second + last
        joins, mib = [float(row[0]) for row in settled], [row[1] for row in settled]
        slope = statistics.linear_regression(joins, mib).slope if len(set(joins)) > 1 else 0.0
        return {
            "rss_mib": round(self.last_mib, 1),
            "rss_ratio": round(statistics.mean(row[1] for row in last) / statistics.mean(row[1] for row in second), 3)
            if second and last
            else 1.0,
            "rss_mib_per_1000_joins": round(slope * 1000, 2),
        }


def _figures(room: Room, meter: Meter, memory: Memory, reached: dict[str, Any], lasted: float) -> dict[str, Any]:
    here = room.sockets
    shut = [one for one in here if one.closed]
    for one in here:
        room.take_stock(one)
    for one in shut:
        room.shut_with[one.code] += 1
    whole = sum(one.offset == reached["offset"] and one.epoch == reached["epoch"] for one in here)
    if room.crowd.errors or room.shut_with:
        say(f"errors {room.crowd.errors}, closed by the server with {dict(room.shut_with)}")
    figures = {
        "seconds": round(lasted),
        "events": reached["offset"],
        "deliveries": meter.deliveries,
        "gaps": room.gaps,
        "doubles": room.doubles,
        "lost_positions": room.lost,
        "complete": round(whole / max(1, len(here)), 4),
        "errors": sum(room.crowd.errors.values()),
        "closed_by_server": room.shut_with.total(),
        "taps_told": round(reached["likes"] / max(1, room.taps), 4),
        "event_p99_first_ms": round(percentile(meter.late_ms[0], 0.99), 1),
        "event_p99_last_ms": round(percentile(meter.late_ms[2], 0.99), 1),
        **memory.figures(),
        **{f"{act}s": times for act, times in room.did.items()},
    }
    room.crowd.leave()
    return figures
