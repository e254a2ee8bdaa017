"""What this machine's PostgreSQL and Redis do at most, one plain client each: what a figure is to be read against."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.stage import Site
from bench.wire import Wire

AT_ONCE = 1_000
VALUE = b"v" * 100


def ceilings(site: Site, *, seconds: float = 0.5) -> dict[str, int]:
    """Keys: redis_set_ceiling and redis_get_ceiling (operations a second in trips of 1,000), redis_trips_ceiling
    (PINGs one after the other a second), sql_trips_ceiling (SELECT 1 one after the other a second)."""
    wire = Wire(site.environment["REDIS_URL"])
    names = [f"bench:{n}" for n in range(AT_ONCE)]
    sets = b"".join(wire.pack("SET", name, VALUE) for name in names)
    gets = b"".join(wire.pack("GET", name) for name in names)
    ping = wire.pack("PING")

    def trip(packed: bytes, answers: int) -> None:
        wire.send(packed)
        for _ in range(answers):
            wire.receive()

    with site.sql() as sql:
        found = {
            "redis_set_ceiling": AT_ONCE * _per_s(lambda: trip(sets, AT_ONCE), seconds),
            "redis_get_ceiling": AT_ONCE * _per_s(lambda: trip(gets, AT_ONCE), seconds),
            "redis_trips_ceiling": _per_s(lambda: trip(ping, 1), seconds),
            "sql_trips_ceiling": _per_s(lambda: sql.execute("SELECT 1", prepare=True).fetchone(), seconds),
        }
    wire.ask("DEL", *names)
    wire.close()
    return {name: round(rate) for name, rate in found.items()}


def _per_s(once: Callable[[], object], seconds: float) -> float:
    once()
    done, start = 0, time.perf_counter()
    while (lasted := time.perf_counter() - start) < seconds:
        once()
        done += 1
    return done / lasted
