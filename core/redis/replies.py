"""Replies of a pipeline where one server of several, or memory for writing, may be away: the rest is still good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio.client import Pipeline as AsyncPipeline
from redis.client import Pipeline

from core.redis.breaker import RedisAway, is_away


def execute(pipeline: Pipeline) -> list[Any]:
    """Sends what was collected; for each command its reply, or a RedisAway where its server could not give one.

    To be used in a guard: raises what it turns into RedisAway when no command was answered, and other errors as usual.
    """
    return _told_apart(pipeline.execute(raise_on_error=False))


async def aexecute(pipeline: AsyncPipeline) -> list[Any]:
    """The same for an event loop."""
    return _told_apart(await pipeline.execute(raise_on_error=False))


def _told_apart(replies: Sequence[Any]) -> list[Any]:
    found = [_away(reply) if isinstance(reply, Exception) else reply for reply in replies]
    if found and all(isinstance(reply, RedisAway) for reply in found):
        raise replies[0]  # the guard's breaker is to know
    return found


def _away(error: Exception) -> RedisAway:
    if not is_away(error):
        raise error
    away = RedisAway()
    away.__cause__ = error
    return away
