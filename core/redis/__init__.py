"""The one place that talks to Redis: two doors with their clients, breakers for servers that are away, and scripts.

What feeds are made of goes through `feed()`, whose verbs stand here by themselves; everything else through `plain()`:

    with guard():
        client().delete(keys.inbox(user_id))
    with plain().guard():
        plain().client().delete(ticket)

Where the replies of a pipeline are good one by one, `execute` and `aexecute` give those that there are.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from core.redis.breaker import BREAKS, NodeAway, RedisAway
from core.redis.doors import (
    TRIPS,
    AsyncClient,
    Client,
    Door,
    async_outbox_reader,
    close_breaker,
    feed,
    outbox_reader,
    plain,
    subscriber,
)
from core.redis.replies import aexecute, execute
from core.redis.scripts import Argument, Reply, Script

__all__ = [
    "BREAKS",
    "TRIPS",
    "Argument",
    "AsyncClient",
    "Client",
    "Door",
    "NodeAway",
    "RedisAway",
    "Reply",
    "Script",
    "aexecute",
    "async_client",
    "async_outbox_reader",
    "client",
    "close_breaker",
    "execute",
    "feed",
    "guard",
    "is_open",
    "outbox_reader",
    "ping",
    "plain",
    "subscriber",
]


def client() -> Client:
    """The process's client for feed keys."""
    return feed().client()


def async_client() -> AsyncClient:
    """The running event loop's client for feed keys."""
    return feed().async_client()


def guard() -> AbstractContextManager[None]:
    """Around each round trip for feed keys. Raises RedisAway."""
    return feed().guard()


def is_open() -> bool:
    """Whether the feed's breaker currently refuses."""
    return feed().is_open()


def ping() -> bool:
    """Whether the feed's Redis answers now."""
    return feed().ping()
