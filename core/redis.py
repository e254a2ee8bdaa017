"""The one door to Redis: clients, scripts, and a breaker that turns a frozen server into a quick refusal."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import re
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis as driver
import redis.asyncio as async_driver
from django.conf import settings
from prometheus_client import Counter
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ConnectionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)
from redis.retry import Retry

TRIPS = Counter("backyard_redis_trips_total", "Round trips to Redis made through the door")
BREAKS = Counter("backyard_redis_breaker_opened_total", "How often Redis was found away")

Client = driver.Redis
AsyncClient = async_driver.Redis
Reply = Any
Argument = bytes | str | int | float


class RedisAway(Exception):
    """Redis does not answer: use PostgreSQL, or refuse with `unavailable`."""


# NoScriptError: ours are sent again; a library's was forgotten again before it could be run.
_AWAY = (ConnectionError, TimeoutError, OutOfMemoryError, ReadOnlyError, NoScriptError, OSError)
# Refusals that mean "not now": memory is full, a snapshot failed, a script runs long, a replica took over, a cluster is
# in trouble. Out of a script they come as plain errors with the word somewhere in them.
_NOT_NOW = re.compile(r"\b(OOM|MISCONF|BUSY|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN)\b")
# When the breaker may be tried; 0 while Redis answers.
_open_until = 0.0


def _is_away(error: Exception) -> bool:
    return isinstance(error, _AWAY) or (isinstance(error, ResponseError) and bool(_NOT_NOW.search(str(error))))


@contextmanager
def guard() -> Iterator[None]:
    """Around each round trip. Raises RedisAway at once while the breaker is open, and opens it when Redis fails.

    When its time is over one trip finds out how Redis is; nobody else waits for a server that may still be frozen.
    """
    global _open_until
    now = time.monotonic()
    if now < _open_until:
        raise RedisAway
    if _open_until:
        _open_until = now + settings.REDIS_BREAKER_S
    TRIPS.inc()
    try:
        yield
    except (RedisError, OSError) as error:
        if not _is_away(error):
            raise
        _open_until = time.monotonic() + settings.REDIS_BREAKER_S
        BREAKS.inc()
        raise RedisAway from error
    _open_until = 0.0


def is_open() -> bool:
    """Whether the breaker currently refuses."""
    return time.monotonic() < _open_until


def close_breaker() -> None:
    """Try Redis again at once (after an operator's repair, or between tests)."""
    global _open_until
    _open_until = 0.0


def _options(retry: type[Retry] | type[AsyncRetry]) -> dict[str, Any]:
    return {
        # For connections that Redis closed while they slept. A frozen server is not asked twice.
        "retry": retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        "socket_timeout": settings.REDIS_TIMEOUT_S,
        "socket_connect_timeout": settings.REDIS_TIMEOUT_S,
        "health_check_interval": 0,
    }


@functools.cache
def client() -> Client:
    """The process's client for services and jobs; replies are bytes."""
    return driver.Redis.from_url(settings.REDIS_URL, **_options(Retry))


_async_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncClient] = weakref.WeakKeyDictionary()


def async_client() -> AsyncClient:
    """The client of the running event loop; replies are bytes."""
    loop = asyncio.get_running_loop()
    found = _async_clients.get(loop)
    if found is None:
        found = _async_clients[loop] = async_driver.Redis.from_url(settings.REDIS_URL, **_options(AsyncRetry))
    return found


def subscriber() -> AsyncClient:
    """A client for long-lived subscriptions: it waits for messages without a read time-out."""
    return async_driver.Redis.from_url(
        settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=2, health_check_interval=15
    )


class Script:
    """A Lua file that Redis runs in one step. Loaded on first use and again whenever Redis forgot it."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.source = path.read_text(encoding="utf-8")
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def run(self, keys: Sequence[str], args: Sequence[Argument]) -> Reply:
        """One call with the process's client."""
        with guard():
            return self.on(client(), keys, args)

    def on(self, connection: Client, keys: Sequence[str], args: Sequence[Argument]) -> Reply:
        """One call on a given client, unguarded."""
        try:
            return connection.evalsha(self.sha, len(keys), *keys, *args)
        except NoScriptError:
            return connection.eval(self.source, len(keys), *keys, *args)

    def pipelined(self, connection: Client, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]) -> list[Any]:
        """Many calls in one round trip, unguarded; again with the source when Redis forgot the script meanwhile."""
        pipeline = connection.pipeline(transaction=False)
        for keys, args in calls:
            pipeline.evalsha(self.sha, len(keys), *keys, *args)
        try:
            return list(pipeline.execute())
        except NoScriptError:
            for keys, args in calls:
                pipeline.eval(self.source, len(keys), *keys, *args)
            return list(pipeline.execute())

    async def arun(self, keys: Sequence[str], args: Sequence[Argument]) -> Reply:
        """One call with the event loop's client."""
        with guard():
            connection = async_client()
            try:
                return await connection.evalsha(self.sha, len(keys), *keys, *args)
            except NoScriptError:
                return await connection.eval(self.source, len(keys), *keys, *args)


def ping() -> bool:
    """Whether Redis answers now; for readiness, past the breaker."""
    try:
        return bool(client().ping())
    except (RedisError, OSError):
        return False
