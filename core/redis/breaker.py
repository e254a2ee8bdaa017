"""What turns a server that is away or frozen into a quick refusal."""

from __future__ import annotations

import re
import time

from django.conf import settings
from prometheus_client import Counter
from redis.exceptions import (
    ConnectionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
)

BREAKS = Counter("backyard_redis_breaker_opened_total", "How often a Redis server was found away")


class RedisAway(Exception):
    """Redis does not answer: use PostgreSQL, or refuse with `unavailable`."""


class NodeAway(ConnectionError):
    """A node of the cluster that this trip needs does not answer; what the others hold can be had."""


_AWAY = (ConnectionError, TimeoutError, OutOfMemoryError, ReadOnlyError, OSError)
# Refusals that mean "not now": memory is full, a snapshot failed, a script runs long, a replica took over, a cluster is
# in trouble. Out of a script they come as plain errors with the word somewhere in them.
_NOT_NOW = re.compile(r"\b(OOM|MISCONF|BUSY|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN)\b")


def is_away(error: BaseException) -> bool:
    """Whether an error means that the server cannot serve now, and not that it was asked wrongly."""
    # A script that is not there: ours are sent again, so it was forgotten again before it could be run.
    if isinstance(error, (_AWAY, NoScriptError)):
        return True
    return isinstance(error, ResponseError) and bool(_NOT_NOW.search(str(error)))


class Breaker:
    """Remembers that a server was found away, and lets one trip at a time find out whether it is back."""

    def __init__(self) -> None:
        # When it may be tried; 0 while it answers.
        self.open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it refuses now. Asking changes nothing."""
        return time.monotonic() < self.open_until

    def admits(self) -> bool:
        """Whether a trip may go. When the time is over one goes; nobody else waits for a server that may be frozen."""
        now = time.monotonic()
        if now < self.open_until:
            return False
        if self.open_until:
            self.open_until = now + settings.REDIS_BREAKER_S
        return True

    def open(self) -> None:
        """The server was found away."""
        self.open_until = time.monotonic() + settings.REDIS_BREAKER_S
        BREAKS.inc()

    def close(self) -> None:
        """The server answered, or is to be tried at once."""
        self.open_until = 0.0
