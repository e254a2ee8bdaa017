"""Two doors to Redis: what is away behind one is not away behind the other."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.core.cache import cache

from config.devservers import Server, start_redis
from core import limits, redis
from core.redis.cluster import ClusterClient
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


def test_what_a_trip_left_unread_is_not_taken_for_the_answers_to_the_next(tmp_path: Path) -> None:
    slow, dead = (start_redis(tmp_path / name, persist=False) for name in ("slow", "dead"))
    urls = {("slow", 0): slow.url, ("dead", 0): dead.url}
    half = SLOTS // 2
    both = Topology([(0, half - 1, Shard(("slow", 0))), (half, SLOTS - 1, Shard(("dead", 0)))])
    names = [f"key{n}" for n in range(100)]
    here = [name for name in names if slot_of(name) < half]
    client = ClusterClient(Router([("slow", 0)], both), lambda node: redis.Client.from_url(urls[node], retry=None))
    try:
        for name in names:
            client.set(name, name)
        client.get(here[-1])
        dead.stop()
        with redis.Client.from_url(slow.url) as other:
            other.client_pause(300)
        with pytest.raises(redis.NodeAway):
            client.mget(sorted(names, key=slot_of))
        assert client.get(here[-1]) == here[-1].encode()
    finally:
        client.close()
        slow.stop()


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
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert "ImproperlyConfigured" in done.stderr
    assert complaint in done.stderr
