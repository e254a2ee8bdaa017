"""Jobs of interactions."""

from __future__ import annotations

from datetime import timedelta

from core import clock, jobs
from core.problems import Unavailable
from core.redis import RedisAway
from interactions import counters
from interactions.services import departures, room_log

SWEPT = timedelta(minutes=10)


@jobs.periodic("* * * * *", "interactions.sweep_counts")
def sweep_counts(timestamp: int) -> int:
    """Repairs cached counts of posts with an interaction in the last 10 minutes; how many were wrong."""
    try:
        return counters.sweep(since=clock.now() - SWEPT)
    except RedisAway:
        return 0  # nothing is cached that could be wrong; the next minute comes


@jobs.periodic("* * * * * */10", "interactions.tell_untold", priority=jobs.FIRST, one_at_a_time=True)
def tell_untold(timestamp: int) -> int:
    """Tells live rooms what was committed but never told, because a process or Redis went away; how many events."""
    try:
        return room_log.tell_untold()
    except (RedisAway, Unavailable):
        return 0  # nobody can be told; in ten seconds perhaps


@jobs.task("interactions.forget_person")
def forget_person(user_id: int) -> None:
    """Takes what a person said out of live rooms, and erases their account."""
    departures.forget_person(user_id=user_id)
