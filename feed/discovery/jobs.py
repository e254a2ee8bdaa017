"""The job that makes discovery's pool anew."""

from __future__ import annotations

from core import jobs
from core.redis import RedisAway
from feed.discovery import pool


@jobs.periodic("* * * * *", "feed.rank_discovery")
def rank_discovery(timestamp: int) -> int:
    """Ranks the recent posts of all stores; how many are in the pool."""
    try:
        return pool.refresh()
    except RedisAway:
        return 0  # readers rank a sample meanwhile; the next minute comes
