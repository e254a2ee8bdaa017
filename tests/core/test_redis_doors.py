"""Two doors to Redis: what is away behind one is not away behind the other."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from django.conf import settings
from django.core.cache import cache

from config.devservers import Server, start_redis
from core import limits, redis
from core.redis.addresses import Node
from core.redis.cluster import AsyncClusterClient, ClusterClient
from core.redis.routing import SLOTS, Router, Shard, Topology, slot_of
from tests.conftest import Site
from tests.faults.processes import wait_for

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def frozen_cluster(world: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Feeds are on a cluster whose six known nodes take connections and never answer."""
    monkeypatch.setattr(settings, "REDIS_BREAKER_S", 60)
    silent = [socket.create_server(("127.0.0.1", 0)) for _ in range(6)]
    nodes = ",".join(f"127.0.0.1:{one.getsockname()[1]}" for one in silent)
    monkeypatch.setattr(settings, "REDIS_URL", f"redis+cluster://{nodes}")
    yield
    for one in silent:
        one.close()


@pytest.fixture
def with_replica(world: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Feeds are on a plain server that has a replica, from which outboxes are read."""
    primary = start_redis(tmp_path / "primary", persist=False)
    password = (tmp_path / "primary" / "password").read_text()
    replica = start_redis(tmp_path / "replica", persist=False)
    with redis.Client.from_url(replica.url) as client:
        client.config_set("masterauth", password)
        client.replicaof("127.0.0.1", str(primary.port))
    monkeypatch.setattr(settings, "REDIS_URL", primary.url)
    monkeypatch.setattr(settings, "REDIS_REPLICA_URL", replica.url)
    monkeypatch.setattr(settings, "REDIS_OUTBOX_READS", "replica")
    yield replica
    replica.stop()
    primary.stop()


def test_a_cluster_of_which_no_node_answers_is_away_within_two_seconds_and_then_at_once(frozen_cluster: None) -> None:
    for most_s in (1.5, 0.05):
        start = time.monotonic()
        with pytest.raises(redis.RedisAway), redis.guard():
            redis.client().get("key")
        assert time.monotonic() - start < most_s
    assert redis.is_open()
    assert not redis.plain().is_open()


def test_what_is_no_feed_goes_on_without_the_cluster(frozen_cluster: None) -> None:
    with pytest.raises(redis.RedisAway), redis.guard():
        redis.client().get("key")
    cache.set("word", "kept", 10)
    assert cache.get("word") == "kept"
    limits.take("2/minute", "test", "mia")
    assert redis.plain().client().exists("cache:1:word"), "in Redis, not in this process"
    assert redis.plain().client().keys("limit*")


HALF = SLOTS // 2
NAMES = sorted((f"key{n}" for n in range(100)), key=slot_of)
HERE, THERE = [name for name in NAMES if slot_of(name) < HALF], [name for name in NAMES if slot_of(name) >= HALF]


class Pair(NamedTuple):
    """Two servers that stand for a cluster's masters: the first has HERE, the other THERE."""

    here: Server
    there: Server

    @property
    def router(self) -> Router:
        """A way to both that never changes."""
        both = Topology([(0, HALF - 1, Shard(("here", 0))), (HALF, SLOTS - 1, Shard(("there", 0)))])
        return Router([("here", 0)], both)

    def url(self, node: Node) -> str:
        """The address of one of them."""
        return {"here": self.here.url, "there": self.there.url}[node[0]]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Both run, and hold each name under itself."""
    both = Pair(*(start_redis(tmp_path / name, persist=False) for name in ("here", "there")))
    client = _client(both)
    for name in NAMES:
        client.set(name, name)
    client.close()
    yield both
    both.here.stop()
    both.there.stop()


def _gets(client: redis.Client | redis.AsyncClient, *names: str) -> Any:
    """A pipeline that gets these, not sent yet."""
    pipeline = client.pipeline(transaction=False)
    for name in names:
        pipeline.get(name)
    return pipeline


def _client(pair: Pair) -> ClusterClient:
    options: dict[str, Any] = {"retry": None, "socket_timeout": 0.5}
    return ClusterClient(pair.router, lambda node: redis.Client.from_url(pair.url(node), **options))


def test_what_a_trip_left_unread_is_not_taken_for_the_answers_to_the_next(pair: Pair) -> None:
    client = _client(pair)
    client.get(HERE[-1])
    pair.there.stop()
    with redis.Client.from_url(pair.here.url) as other:
        other.client_pause(300)
    with pytest.raises(redis.NodeAway):
        client.mget(NAMES)
    assert client.get(HERE[-1]) == HERE[-1].encode()
    client.close()


async def _collected(pair: Pair, names: list[str], *, plain: bool) -> list[Any]:
    """What both clients say to a pipeline of GETs that takes errors for replies: they must agree."""
    options: dict[str, Any] = {"retry": None, "socket_timeout": 0.5}
    url = pair.there.url
    blocking = redis.Client.from_url(url, **options) if plain else _client(pair)
    loops: Any = (
        redis.AsyncClient.from_url(url, **options)
        if plain
        else AsyncClusterClient(pair.router, lambda node: redis.AsyncClient.from_url(pair.url(node), **options))
    )
    try:
        with redis.guard():
            found = redis.execute(_gets(blocking, *names))
    except redis.RedisAway:
        with pytest.raises(redis.RedisAway), redis.guard():
            await redis.aexecute(_gets(loops, *names))
        raise
    else:
        with redis.guard():
            others = await redis.aexecute(_gets(loops, *names))
        assert [type(reply) for reply in others] == [type(reply) for reply in found]
        return found
    finally:
        blocking.close()
        await loops.aclose()


def test_what_one_master_cannot_give_leaves_the_replies_of_the_others(world: None, pair: Pair) -> None:
    names = [name for both in zip(HERE, THERE, strict=False) for name in both]
    assert asyncio.run(_collected(pair, names, plain=False)) == [name.encode() for name in names]
    for fault in (signal.SIGSTOP, signal.SIGKILL):
        os.kill(pair.there.pid, fault)
        found = asyncio.run(_collected(pair, names, plain=False))
        assert found[::2] == [name.encode() for name in names[::2]]
        assert {type(reply) for reply in found[1::2]} == {redis.RedisAway}
        assert not redis.is_open(), "the others may be asked"
        client = _client(pair)
        with pytest.raises(redis.NodeAway):
            _gets(client, HERE[0], THERE[0]).execute()
        assert _gets(client, HERE[0]).execute() == [HERE[0].encode()]
        client.close()
    with pytest.raises(redis.RedisAway):
        asyncio.run(_collected(pair, THERE, plain=False))
    assert not redis.is_open()
    with pytest.raises(redis.RedisAway):
        asyncio.run(_collected(pair, names, plain=True))
    assert redis.is_open()


def test_two_masters_that_are_frozen_are_waited_for_together(pair: Pair) -> None:
    client = _client(pair)
    client.mget(NAMES)
    for server in pair:
        os.kill(server.pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        found = _gets(client, HERE[0], THERE[0]).execute(raise_on_error=False)
        assert time.monotonic() - start < 0.9
        assert [type(reply) for reply in found] == [redis.NodeAway] * 2
    finally:
        for server in pair:
            os.kill(server.pid, signal.SIGCONT)
        client.close()


def test_a_full_server_refuses_what_it_cannot_keep_and_gives_what_it_has(world: None, pair: Pair) -> None:
    with redis.Client.from_url(pair.there.url) as client:
        client.set("key", "kept")
        client.config_set("maxmemory", 1)
        both, write, wrong = _gets(client, "key"), _gets(client), _gets(client, "key")
        kept, refused = redis.execute(both.set("other", "new"))
        assert (kept, type(refused)) == (b"kept", redis.RedisAway)
        with pytest.raises(redis.RedisAway), redis.guard():
            redis.execute(write.set("other", "new"))
        assert redis.is_open()
        with pytest.raises(Exception, match="WRONGTYPE"):
            redis.execute(wrong.llen("key"))
    redis.close_breaker()


def test_readiness_names_the_door_that_is_closed(site: Site, frozen_cluster: None, running_redis: str) -> None:
    state = httpx.get(f"{site.base_url}/readyz", timeout=30).json()
    assert (state["status"], state["redis"], state["redis_plain"]) == ("degraded", "degraded", "ok")
    settings.REDIS_URL, settings.REDIS_PLAIN_URL = running_redis, "redis://127.0.0.1:1/0"
    state = httpx.get(f"{site.base_url}/readyz", timeout=30).json()
    assert (state["status"], state["redis"], state["redis_plain"]) == ("degraded", "ok", "degraded")
    settings.REDIS_PLAIN_URL = running_redis
    state = httpx.get(f"{site.base_url}/readyz", timeout=30).json()
    assert (state["status"], state["redis"]) == ("ready", "ok")
    assert "redis_plain" not in state, "it is one server"


@pytest.fixture
def running_redis(monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the plain server, whatever a test makes of the settings."""
    address = str(settings.REDIS_PLAIN_URL)
    monkeypatch.setattr(settings, "REDIS_PLAIN_URL", address)
    return address


def test_a_replica_of_a_plain_server_is_read_and_the_primary_stands_in_for_it(with_replica: Server) -> None:
    redis.client().set("outbox:1", b"packed")
    wait_for(lambda: redis.outbox_reader().get("outbox:1") == b"packed", seconds=10)
    wait_for(lambda: _reads(with_replica) > 0, seconds=10)
    redis.outbox_reader().set("outbox:2", b"written")
    assert redis.client().get("outbox:2") == b"written", "writes go to the primary"

    os.kill(with_replica.pid, signal.SIGSTOP)
    for most_s in (1.0, 0.1):
        start = time.monotonic()
        assert redis.outbox_reader().get("outbox:1") == b"packed"
        assert time.monotonic() - start < most_s
    assert not redis.is_open()


def _reads(replica: Server) -> int:
    """How often a replica was read; asks until it was."""
    redis.outbox_reader().get("outbox:1")
    with redis.Client.from_url(replica.url) as client:
        return int(client.info("commandstats").get("cmdstat_get", {"calls": 0})["calls"])


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"REDIS_URL": "redis+cluster://one,two"}, "set REDIS_PLAIN_URL to one plain server"),
        ({"REDIS_OUTBOX_READS": "replicas"}, "must be primary or replica"),
        ({"REDIS_OUTBOX_READS": "replica"}, "name the replica of REDIS_URL in REDIS_REPLICA_URL"),
        ({"REDIS_REPLICA_URL": "redis://two"}, "set REDIS_OUTBOX_READS=replica"),
        (
            {
                "REDIS_URL": "rediss+cluster://one",
                "REDIS_PLAIN_URL": "redis://two",
                "REDIS_REPLICA_URL": "redis://three",
            },
            "knows its replicas itself",
        ),
    ],
)
def test_settings_that_cannot_work_say_what_to_do(environment: dict[str, str], complaint: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("REDIS_")} | environment,
        capture_output=True,
        text=True,
    )
    assert "ImproperlyConfigured" in done.stderr
    assert complaint in done.stderr
