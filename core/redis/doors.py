"""The two doors to Redis: one for what feeds are made of, which may be a cluster, and one plain server for the rest."""

from __future__ import annotations

import asyncio
import functools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import redis as driver
import redis.asyncio as async_driver
from django.conf import settings
from prometheus_client import Counter
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError
from redis.retry import Retry

from core.redis.addresses import Node, is_cluster, parse_cluster
from core.redis.breaker import Breaker, NodeAway, RedisAway, is_away
from core.redis.cluster import AsyncClusterClient, ClusterClient
from core.redis.routing import SLOTS, Router, Shard, Topology

TRIPS = Counter("backyard_redis_trips_total", "Round trips to Redis made through the doors")

Client = driver.Redis
AsyncClient = async_driver.Redis
_PerLoop = weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncClient]


def _options(retry: type[Retry] | type[AsyncRetry]) -> dict[str, Any]:
    return {
        # For connections that Redis closed while they slept. A frozen server is not asked twice.
        "retry": retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        "socket_timeout": settings.REDIS_TIMEOUT_S,
        "socket_connect_timeout": settings.REDIS_TIMEOUT_S,
        "health_check_interval": 0,
    }


class _Way(NamedTuple):
    """A router, and the address of each node that it names."""

    router: Router
    url_of: Callable[[Node], str]


def _way_to_cluster(url: str) -> _Way:
    address = parse_cluster(url)
    return _Way(Router(address.seeds), address.url)


def _way_to_replica(url: str, replica_url: str) -> _Way:
    """A plain server and its replica, as a cluster of one shard that never changes."""
    primary, replica = ("primary", 0), ("replica", 0)
    both = Topology([(0, SLOTS - 1, Shard(primary, (replica,)))])
    return _Way(Router([primary], both), {primary: url, replica: replica_url}.__getitem__)


class Door:
    """A way to Redis: an address, the process's clients for it, and what is known of its health.

    The breaker stands for a plain server, or for a cluster of which no node answers; a cluster's nodes have their own.
    """

    def __init__(self, url: str, *, replica_url: str = "") -> None:
        self.url = url
        self.breaker = Breaker()
        self._way = _way_to_cluster(url) if is_cluster(url) else None
        self._reading = _way_to_replica(url, replica_url) if replica_url else self._way
        self._client: Client | None = None
        self._reader: Client | None = None
        self._async_clients: _PerLoop = weakref.WeakKeyDictionary()
        self._async_readers: _PerLoop = weakref.WeakKeyDictionary()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around each round trip. Raises RedisAway: at once while the breaker is open, and when Redis fails."""
        if not self.breaker.admits():
            raise RedisAway
        TRIPS.inc()
        try:
            yield
        except NodeAway as error:
            self.breaker.close()  # the others may be there, and the node has its own
            raise RedisAway from error
        except (RedisError, OSError) as error:
            if not is_away(error):
                raise
            self.breaker.open()
            raise RedisAway from error
        self.breaker.close()

    def is_open(self) -> bool:
        """Whether the breaker currently refuses."""
        return self.breaker.is_open

    def close_breaker(self) -> None:
        """Try Redis again at once (after an operator's repair, or between tests)."""
        self.breaker.close()
        for way in (self._way, self._reading):
            for breaker in way.router.breakers.values() if way else ():
                breaker.close()

    def client(self) -> Client:
        """The process's client for services and jobs; replies are bytes."""
        if self._client is None:
            self._client = self._connect(self._way, replicas=False)
        return self._client

    def reader(self) -> Client:
        """A client that reads from replicas where it knows some that answer, else from the primary."""
        if self._reader is None:
            self._reader = self._connect(self._reading, replicas=True)
        return self._reader

    def _connect(self, way: _Way | None, *, replicas: bool) -> Client:
        if way is None:
            return driver.Redis.from_url(self.url, **_options(Retry))
        url_of = way.url_of
        return ClusterClient(
            way.router, lambda node: driver.Redis.from_url(url_of(node), **_options(Retry)), replicas=replicas
        )

    def async_client(self) -> AsyncClient:
        """The client of the running event loop; replies are bytes."""
        return self._of_loop(self._async_clients, self._way, replicas=False)

    def async_reader(self) -> AsyncClient:
        """What `reader` is, for the running event loop."""
        return self._of_loop(self._async_readers, self._reading, replicas=True)

    def _of_loop(self, clients: _PerLoop, way: _Way | None, *, replicas: bool) -> AsyncClient:
        loop = asyncio.get_running_loop()
        found = clients.get(loop)
        if found is None:
            found = clients[loop] = self._connect_async(way, replicas=replicas)
        return found

    def _connect_async(self, way: _Way | None, *, replicas: bool) -> AsyncClient:
        if way is None:
            return async_driver.Redis.from_url(self.url, **_options(AsyncRetry))
        url_of = way.url_of
        return AsyncClusterClient(
            way.router,
            lambda node: async_driver.Redis.from_url(url_of(node), **_options(AsyncRetry)),
            replicas=replicas,
        )

    def primaries(self) -> list[Client]:
        """A client for each server that takes writes, for INFO and the like. Raises RedisAway."""
        client = self.client()
        if not isinstance(client, ClusterClient):
            return [client]
        with self.guard():
            client.ping()
        assert self._way is not None
        assert self._way.router.topology is not None
        return [client.node(node) for node in self._way.router.topology.primaries]

    def ping(self) -> bool:
        """Whether Redis, every primary of a cluster, answers now; for readiness, past the breaker."""
        try:
            answers = bool(self.client().ping())
        except (RedisError, OSError):
            return False
        topology = self._way.router.topology if self._way else None
        return answers and (topology is None or topology.whole)


def subscriber() -> AsyncClient:
    """A client for long-lived subscriptions to the plain server: it waits for messages without a read time-out."""
    return async_driver.Redis.from_url(
        plain().url, socket_timeout=None, socket_connect_timeout=2, health_check_interval=15
    )


@functools.cache
def _door(url: str, replica_url: str) -> Door:
    return Door(url, replica_url=replica_url)


def feed() -> Door:
    """The door to inboxes, outboxes, cards and counts: one server or a cluster."""
    return _door(settings.REDIS_URL, settings.REDIS_REPLICA_URL)


def plain() -> Door:
    """The door to all else: live rooms, subscriptions, tickets, rate limits, the cache. The same one unless told."""
    return feed() if settings.REDIS_PLAIN_URL == settings.REDIS_URL else _door(settings.REDIS_PLAIN_URL, "")


def outbox_reader() -> Client:
    """The client to read outboxes with: a replica's where settings say so, with the primary in its place when away."""
    return feed().reader() if settings.REDIS_OUTBOX_READS == "replica" else feed().client()


def async_outbox_reader() -> AsyncClient:
    """The same for the running event loop."""
    return feed().async_reader() if settings.REDIS_OUTBOX_READS == "replica" else feed().async_client()


def close_breaker() -> None:
    """Try every server again at once (after an operator's repair, or between tests)."""
    feed().close_breaker()
    plain().close_breaker()
