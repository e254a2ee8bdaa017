"""Feeds on a Redis Cluster of three masters: the feed's own tests again, and what only a cluster can do to them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings

import tests.interactions.conftest
from config.devservers import Server
from config.devservers.cluster import Cluster, cluster
from config.devservers.process import HOST
from core import redis
from core.redis import BREAKS
from core.redis.routing import SLOTS, slot_of
from feed import home, keys, packing, windows
from feed.packing import Merged
from tests.faults.processes import wait_for
from tests.feed import (
    test_commands,
    test_discovery,
    test_discovery_lists,
    test_fan_out,
    test_home,
    test_modes,
    test_redis_full,
    test_state_machine,
    test_windows,
)
from tests.feed.conftest import Publish, texts
from tests.interactions import test_counters
from tests.people import Person, run_jobs

PAUSE_S = 0.15
SUITE = (test_counters, test_fan_out, test_home, test_modes, test_redis_full, test_state_machine, test_windows)
# Of these what looks at many keys, or at keys of several kinds.
ALSO = {
    "test_a_list_that_redis_lost_goes_on_where_it_was",
    "test_a_sample_is_as_large_as_asked_for_and_drawn_from_all",
    "test_a_stores_followers_are_rebuilt_and_sleepers_stay_asleep",
    "test_an_audit_finds_a_broken_inbox_and_repairs_it",
    "test_an_audit_finds_a_lost_marker_and_a_broken_outbox",
    "test_everybody_is_rebuilt_at_the_rate_that_is_asked_for",
    "test_nobody_fills_redis_with_lists",
    "test_pages_join_without_gap_or_repeat",
    "test_without_redis_a_sample_is_taken_now_and_then_and_not_for_each_page",
}
# Long, and nothing that a cluster could change.
LEFT_OUT = {"test_fifty_people_like_and_unlike_at_once", "test_unread_is_capped"}


def _take(module: ModuleType) -> None:
    """Adds a module's tests, all or some, and fixtures to this one, whose fixtures put them on the cluster."""
    for name, found in vars(module).items():
        wanted = name not in LEFT_OUT if module in SUITE else name in ALSO
        if name.startswith("test_") and callable(found) and wanted:
            globals()[f"{name}__of_{module.__name__.rpartition('.')[2]}"] = found
        elif type(found).__name__ == "FixtureFunctionDefinition":
            globals().setdefault(name, found)


for _module in (*SUITE, test_commands, test_discovery, test_discovery_lists, tests.interactions.conftest):
    _take(_module)


@pytest.fixture(scope="module")
def three_masters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster for all tests of this module, with a replica of each master."""
    with cluster(tmp_path_factory.mktemp("cluster"), replicas=True) as running:
        yield running


@pytest.fixture
def on_the_cluster(three_masters: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds live on the cluster; everything else stays on the plain server of all tests."""
    monkeypatch.setattr(settings, "REDIS_URL", three_masters.url)
    monkeypatch.setenv("FEED_MACHINE_EXAMPLES", "3")


@pytest.fixture(autouse=True)
def _emptied(on_the_cluster: None, world: None) -> None:
    """The world is emptied after the move to the cluster, so that the masters are too."""


def test_a_push_reaches_inboxes_on_every_master_and_each_script_call_stays_in_one_slot() -> None:
    people = range(1, 2_000)
    for user_id in people[::2]:
        redis.client().set(keys.inbox(user_id), bytes(8))
    assert windows.push(7, people) == len(people[::2])
    assert all(int(master.dbsize()) > 200 for master in redis.feed().primaries())
    slots = [{slot_of(keys.inbox(user)) for user in people[bucket :: keys.BUCKETS]} for bucket in range(keys.BUCKETS)]
    assert {len(found) for found in slots} == {1}
    with pytest.raises(Exception, match="same slot"):
        redis.client().eval("return 1", 2, keys.inbox(1), keys.inbox(2))


def test_a_slot_moves_to_another_master_while_feeds_are_read(
    three_masters: Cluster, mia: Person, publish: Publish
) -> None:
    wanted = [publish(f"Post {n}").text for n in range(5)][::-1]
    run_jobs()
    assert texts(mia) == wanted
    slot, over = slot_of(keys.inbox(mia.id)), threading.Event()
    breaks = BREAKS._value.get()

    def read_on() -> int:
        for pages in count(1):
            assert texts(mia) == wanted
            if over.is_set():
                return pages
        raise AssertionError("unreachable")

    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read_on)
        try:
            _move(three_masters, slot)
        finally:
            over.set()
        assert reading.result() > 5
    assert redis.client().exists(keys.inbox(mia.id)), "it came along"
    publish("After the move")
    run_jobs()
    assert texts(mia) == ["After the move", *wanted]
    assert breaks == BREAKS._value.get(), "nobody was taken for being away"


def test_a_push_waits_for_a_slot_that_is_between_two_masters(three_masters: Cluster) -> None:
    here, nowhere = 1, 1 + keys.BUCKETS
    redis.client().set(keys.inbox(here), bytes(8))
    breaks = BREAKS._value.get()
    with _moving(three_masters, slot_of(keys.inbox(here))):
        with pytest.raises(redis.RedisAway):
            windows.push(7, [here, nowhere])
        assert redis.client().strlen(keys.inbox(here)) == 8
    assert windows.push(7, [here, nowhere]) == 1
    assert breaks == BREAKS._value.get(), "its job tries again soon, and nobody was taken for being away"


def _move(running: Cluster, slot: int) -> None:
    with _moving(running, slot):
        time.sleep(PAUSE_S)


@contextmanager
def _moving(running: Cluster, slot: int) -> Iterator[None]:
    """What a reshard does for one slot that holds something, and pauses in which it is read."""
    many = [int(running.ask(master, "CLUSTER", "COUNTKEYSINSLOT", slot)) for master in running.masters]
    source = next(master for master, held in zip(running.masters, many, strict=True) if held)
    target = next(master for master in running.masters if master is not source)
    ids = {master.port: running.ask(master, "CLUSTER", "MYID") for master in running.masters}
    running.ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source.port])
    running.ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target.port])
    yield
    found: list[bytes] = redis.client().execute_command("KEYS", "*")  # type: ignore[no-untyped-call]
    held = [key.decode() for key in found if slot_of(key) == slot]
    running.ask(source, "MIGRATE", HOST, target.port, '""', 0, 5_000, "AUTH", running.password, "KEYS", *held)
    assert all(redis.client().exists(key) for key in held), "they are asked for where they went"
    time.sleep(PAUSE_S)
    for master in (target, source):
        running.ask(master, "CLUSTER", "SETSLOT", slot, "NODE", ids[target.port])
        time.sleep(PAUSE_S)


def test_outboxes_are_read_from_replicas_where_settings_say_so(
    three_masters: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [keys.outbox(n) for n in range(60)]
    for name in names:
        redis.client().set(name, name)
    wanted = [name.encode() for name in names]
    _, untouched = _gets(three_masters)
    assert redis.outbox_reader().mget(names) == wanted
    before = _gets(three_masters)
    assert before[1] == untouched
    monkeypatch.setattr(settings, "REDIS_OUTBOX_READS", "replica")
    wait_for(lambda: redis.outbox_reader().mget(names) == wanted, seconds=5)
    assert asyncio.run(_read_once(names)) == wanted
    masters, replicas = _gets(three_masters)
    assert masters == before[0]
    assert replicas >= before[1] + 2 * len(names)

    for server in three_masters.replicas:
        os.kill(server.pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        assert asyncio.run(_read_once(names)) == wanted, "the masters stand in"
        assert time.monotonic() - start < 1.0
        start = time.monotonic()
        assert redis.outbox_reader().mget(names) == wanted
        assert time.monotonic() - start < 0.2, "and nobody asks the replicas again for a while"
    finally:
        for server in three_masters.replicas:
            os.kill(server.pid, signal.SIGCONT)


async def _read_once(names: list[str]) -> Any:
    """As a page does: the inbox, whose life is renewed, which only a master can do, and outboxes, in one trip."""
    client = redis.async_outbox_reader()
    try:
        redis.client().set(keys.inbox(1), b"window", ex=5)
        pipeline = client.pipeline(transaction=False)
        pipeline.getex(keys.inbox(1), ex=1_000)
        pipeline.mget(names)
        inbox, outboxes = await pipeline.execute()
        assert (inbox, redis.client().ttl(keys.inbox(1)) > 900) == (b"window", True)
        return outboxes
    finally:
        await client.aclose()


def _gets(running: Cluster) -> tuple[int, int]:
    """How often masters and replicas were asked for keys."""

    def of(server: Server) -> int:
        lines = running.ask(server, "INFO", "commandstats").splitlines()
        return sum(int(line.split("calls=")[1].split(",")[0]) for line in lines if line.startswith("cmdstat_mget:"))

    return sum(map(of, running.masters)), sum(map(of, running.replicas))


def test_a_master_that_is_frozen_or_killed_is_replaced_and_meanwhile_feeds_come_from_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mia: Person, publish: Publish
) -> None:
    with cluster(tmp_path, replicas=True) as own:
        monkeypatch.setattr(settings, "REDIS_URL", own.url)
        wanted = [publish(f"Post {n}").text for n in range(20)][::-1]
        run_jobs()
        assert texts(mia, limit=50) == wanted
        assert redis.ping()
        for fault, master in zip((signal.SIGSTOP, signal.SIGKILL), own.masters, strict=False):
            _only_its_share_is_away(own, fault, own.masters.index(master))
            assert max(_read_until_it_is_back(mia, wanted)) < 2.0
            wanted.insert(0, publish(f"After {fault.name}").text)
            run_jobs()
            assert texts(mia, limit=50) == wanted


def _only_its_share_is_away(own: Cluster, fault: signal.Signals, master: int) -> None:
    """The shoppers of the other masters have their windows from Redis, also those who are read in the same trip."""
    shoppers = [next(n for n in count(10**9) if slot_of(keys.inbox(n)) * 3 // SLOTS == third) for third in range(3)]
    for shopper in shoppers:
        redis.client().set(keys.inbox(shopper), packing.pack([packing.BOTTOM, shopper]))
    os.kill(own.masters[master].pid, fault)
    for _ in range(2):
        found = asyncio.run(_windows_of(shoppers))
        assert [window and window.page(before=packing.TOP, limit=5) for window in found] == [
            None if third == master else [shopper] for third, shopper in enumerate(shoppers)
        ]
    with pytest.raises(redis.RedisAway), redis.guard():
        redis.client().get(keys.inbox(shoppers[master]))
    assert not redis.is_open()


async def _windows_of(shoppers: list[int]) -> list[Merged | None]:
    try:
        return await asyncio.gather(*map(home.window_of, shoppers))
    finally:
        await redis.async_client().aclose()


def _read_until_it_is_back(person: Person, wanted: list[str]) -> list[float]:
    """Every page is right while a replica takes over; how long each took."""
    took, end = list[float](), time.monotonic() + 30
    while len(took) < 10 or not redis.ping():
        assert time.monotonic() < end, "no replica took over"
        start = time.monotonic()
        assert texts(person, limit=50) == wanted
        took.append(time.monotonic() - start)
        time.sleep(0.05)  # within the budget of a person's reads
    return took
