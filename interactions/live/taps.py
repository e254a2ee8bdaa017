"""The pulse: hearts, viewers and votes, added up in each process and told at most four times a second.

A process adds its taps to the room's total and reads that total back in one pipeline for all its rooms, so however many
hearts fly, a beat costs one trip to Redis and each socket gets one frame.
"""

from __future__ import annotations

from collections.abc import Sequence

from core import clock
from core.redis import plain
from interactions.live import keys
from interactions.live.audience import Audience
from interactions.live.room import LIFE_S, VIEWERS_FRESH_S, Totals, viewers_of

# A little more than a quarter of a second, so that no second ever holds five.
BEAT_S = 0.26
# Viewers and votes are counted in every fourth beat.
SLOW_BEATS = 4


async def beat(audiences: Sequence[Audience], *, process: str, count_viewers: bool) -> None:
    """Flushes the taps of these rooms and ticks their sockets. Raises RedisAway, with the taps kept for the next beat.

    When Redis did its part but its answer was lost, those hearts are counted twice: they are hearts, not money.
    """
    if not audiences:
        return
    taken = [audience.taps for audience in audiences]
    for audience in audiences:
        audience.taps = 0
    try:
        replies = await _exchange(audiences, taken, process=process, count_viewers=count_viewers)
    except BaseException:
        for audience, taps in zip(audiences, taken, strict=True):
            audience.taps += taps
        raise
    for audience, totals in zip(audiences, replies, strict=True):
        audience.tick(totals)


async def _exchange(
    audiences: Sequence[Audience], taken: Sequence[int], *, process: str, count_viewers: bool
) -> list[Totals]:
    # An audience that never heard how many they are counts at once.
    counting = [count_viewers or not audience.totals.viewers for audience in audiences]
    now = int(clock.now().timestamp())
    with plain().guard():
        pipe = plain().async_client().pipeline(transaction=False)
        for audience, taps, counts in zip(audiences, taken, counting, strict=True):
            room_id = audience.room_id
            # Where Redis has lost the total, it goes on from the last one that was told.
            pipe.hsetnx(keys.totals(room_id), "likes", audience.totals.likes)
            pipe.hincrby(keys.totals(room_id), "likes", taps)
            if counts:
                pipe.hset(keys.viewers(room_id), process, f"{len(audience.outlets)}:{now}")
                pipe.hvals(keys.viewers(room_id))
                pipe.expire(keys.viewers(room_id), VIEWERS_FRESH_S * 6)
                pipe.expire(keys.totals(room_id), LIFE_S)
        replies = iter(await pipe.execute())
    found = []
    for audience, counts in zip(audiences, counting, strict=True):
        _, likes = next(replies), next(replies)
        viewers = audience.totals.viewers
        if counts:
            _, values, _, _ = (next(replies) for _ in range(4))
            viewers = viewers_of(values)
        found.append(Totals(likes, viewers))
    return found


async def leave(*, room_id: int, process: str) -> None:
    """This process has no viewers of the room any more. Raises RedisAway."""
    with plain().guard():
        await plain().async_client().hdel(keys.viewers(room_id), process)
