"""Jobs of interactions."""

from __future__ import annotations

from datetime import timedelta

from core import clock, jobs
from core.redis import RedisAway
from interactions import counters

SWEPT = timedelta(minutes=10)


@jobs.periodic("* * * * *", "interactions.sweep_counts")
def sweep_counts(timestamp: int) -> int:
    """Repairs cached counts of posts with an interaction in the last 10 minutes; how many were wrong."""
    try:
        return counters.sweep(since=clock.now() - SWEPT)
    except RedisAway:
        return 0  # nothing is cached that could be wrong; the next minute comes
