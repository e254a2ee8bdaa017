"""Who does the work of the frames: whatever a crowd wants, the staff of a room never wait for it.

The crowd's frames have a few threads of their own, and its votes are cast together. The event loop's own executor is
for staff, and for what keeps the rooms going: snapshots, totals, numbers of votes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from channels.db import database_sync_to_async

from core.batching import Joined
from core.problems import Unavailable
from interactions.services import votes
from interactions.services.votes import Vote

# They wait for PostgreSQL most of the time, each with a connection of the process's ten.
THREADS = 3
# Who finds so many before them is asked to come again: they would wait for seconds.
MOST_WAITING = 200
# Votes in one trip.
AT_ONCE = 250

_crowd = ThreadPoolExecutor(THREADS, thread_name_prefix="crowd")
_voters = ThreadPoolExecutor(1, thread_name_prefix="votes")
_waiting = 0


async def run_for_staff(verb: Callable[..., Any], **fields: Any) -> Any:
    """Runs a verb of somebody who acts for the room."""
    # Not thread-sensitive: that would put every socket of the process in one line.
    return await database_sync_to_async(verb, thread_sensitive=False)(**fields)


async def run_for_crowd(verb: Callable[..., Any], **fields: Any) -> Any:
    """Runs a verb of one of many. Raises Unavailable while too many wait."""
    global _waiting
    if _waiting >= MOST_WAITING:
        raise Unavailable(retry_after=2)
    _waiting += 1
    try:
        return await database_sync_to_async(verb, thread_sensitive=False, executor=_crowd)(**fields)
    finally:
        _waiting -= 1


async def _cast(batch: Sequence[Vote]) -> list[int | Exception]:
    said: list[int | Exception] = await database_sync_to_async(votes.cast, thread_sensitive=False, executor=_voters)(
        batch
    )
    return said


# A question's upvotes after this vote. Raises what votes.cast refuses it with, and Unavailable after 5 seconds.
vote: Joined[Vote, int] = Joined(_cast, at_most=AT_ONCE)
