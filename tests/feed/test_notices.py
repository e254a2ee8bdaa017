"""New-post notices without sockets: what is looked at, who is served, and what is forgotten. Each look is one step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from core import db, redis
from feed import home, keys, modes, notices, outboxes, packing, windows
from feed.models import Mode
from feed.notices import AT_A_LOOK, Watch
from feed.windows import UNKNOWN
from stores.models import Store
from tests.conftest import Newcomer
from tests.feed.conftest import Publish
from tests.people import Person, make_store, run_jobs

Later = Callable[[str], Awaitable[None]]


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """One coroutine on a loop of its own, whose connections end with it."""

    async def closing() -> None:
        try:
            await coroutine
        finally:
            await db.close()
            await redis.async_client().aclose()

    asyncio.run(closing())


class Frames(list[dict[str, Any]]):
    """What somebody was told."""

    async def tell(self, frame: dict[str, Any]) -> None:
        self.append(frame)


@pytest.fixture
def pulled(store: Store) -> Store:
    """The store, whose posts are pulled."""
    modes.fix_mode(store=store, mode=Mode.PULL)
    return store


@pytest.fixture
def later(publish: Publish) -> Later:
    """Publishes while a loop runs."""

    def publish_and_push(text: str) -> None:
        publish(text)
        run_jobs()
        connection.close()

    return lambda text: asyncio.to_thread(publish_and_push, text)


async def served(watch: Watch) -> None:
    """Until the queue is empty."""
    while watch._workers:
        await asyncio.gather(*watch._workers)


async def look(watch: Watch) -> None:
    """One round."""
    await watch._look_at_inboxes(list(watch._watchers.shoppers))
    await watch._look_at_outboxes(list(watch._watchers.outboxes))
    await served(watch)


def break_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its breaker is closed."""
    monkeypatch.setattr(settings, "REDIS_BREAKER_S", 60)
    with pytest.raises(redis.RedisAway), redis.guard():
        raise TimeoutError


def test_a_pull_store_is_still_watched_after_an_outage(
    mia: Person, pulled: Store, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        watch, frames = Watch(), Frames()
        await watch.add(mia.id, frames.tell)
        watch._watchers.shoppers[mia.id].inbox = UNKNOWN
        break_redis(monkeypatch)
        watch._see_to([mia.id])
        await served(watch)
        redis.close_breaker()
        await later("Pulled")
        await look(watch)
        assert [frame["count"] for frame in frames] == [1]

    run_jobs()
    run(scene())


def test_a_socket_opened_during_an_outage_is_told_after_it(
    mia: Person, pulled: Store, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        watch, frames = Watch(), Frames()
        await home.window_of(mia.id)  # an inbox that nothing but its length unlike the unknown makes looked at
        break_redis(monkeypatch)
        await watch.add(mia.id, frames.tell)
        redis.close_breaker()
        await look(watch)
        assert not frames
        await later("Pulled")
        await look(watch)
        assert [frame["count"] for frame in frames] == [1]

    run_jobs()
    run(scene())


def test_who_leaves_while_looked_at_or_learned_about_is_forgotten(mia: Person, pulled: Store) -> None:
    async def scene() -> None:
        watch, frames = Watch(), Frames()
        steps: list[Callable[[], Coroutine[Any, Any, None]]]
        steps = [lambda: watch._look_at_inboxes([mia.id]), lambda: watch._serve_one(mia.id)]
        for step in steps:
            await watch.add(mia.id, frames.tell)
            watch._watchers.shoppers[mia.id].inbox = UNKNOWN
            task = asyncio.create_task(step())
            await asyncio.sleep(0)  # now it waits for Redis
            watch.remove(mia.id, frames.tell)
            await task
            await served(watch)
            assert (watch._watchers.shoppers, watch._watchers.outboxes) == ({}, {})
        adding = asyncio.create_task(watch.add(mia.id, frames.tell))
        await asyncio.sleep(0)
        adding.cancel()
        await asyncio.wait([adding])
        watch.remove(mia.id, frames.tell)
        assert (watch._watchers.shoppers, watch._watchers.outboxes) == ({}, {})

    run_jobs()
    run(scene())


def test_a_look_asks_for_a_slice_at_a_time(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    people = range(1, 2 * AT_A_LOOK + 2)
    for user_id in people:
        redis.client().set(keys.inbox(user_id), packing.pack([0]))

    def asked() -> int:
        return int(redis.client().info("commandstats").get("cmdstat_strlen", {"calls": 0})["calls"])

    async def scene() -> None:
        watch, frames, before = Watch(), Frames(), asked()
        for user_id in people:
            watch._watchers.add(user_id, frames.tell)
            watch._watchers.shoppers[user_id].inbox = packing.ENTRY
        monkeypatch.setattr(notices, "EVERY_S", 0.6)
        looking = asyncio.create_task(watch._run())
        counts = []
        for pause_s in (0.3, 0.2, 0.2):  # in the middle between the looks
            await asyncio.sleep(pause_s)
            counts.append(asked() - before)
        looking.cancel()
        assert counts == [AT_A_LOOK, 2 * AT_A_LOOK, len(people)]

    run(scene())


def test_looks_go_on_while_somebody_is_served(mia: Person, newcomer: Newcomer, store: Store, later: Later) -> None:
    noa = newcomer("Noa")

    async def scene() -> None:
        watch, told, stuck = Watch(), asyncio.Event(), asyncio.Event()

        async def slow(frame: dict[str, Any]) -> None:
            await stuck.wait()

        async def tell(frame: dict[str, Any]) -> None:
            told.set()

        await watch.add(mia.id, slow)
        await later("One")
        async with asyncio.timeout(2):
            await watch._look_at_inboxes([mia.id])
        await asyncio.to_thread(follow_and_run, noa, store)
        await watch.add(noa.id, tell)
        await later("Two")
        await watch._look_at_inboxes([mia.id, noa.id])
        async with asyncio.timeout(2):
            await told.wait()
        stuck.set()
        await served(watch)

    run(scene())


def follow_and_run(person: Person, store: Store) -> None:
    person.put(f"/stores/{store.handle}/follow", {"source": "store_page"})
    run_jobs()
    connection.close()


def test_who_waits_is_in_the_queue_once_and_so_many_are_served_together(world: None) -> None:
    async def scene() -> None:
        watch = Watch()
        watch._see_to(range(100))
        watch._see_to(range(100, -1, -1))
        assert list(watch._waiting) == list(range(101))
        assert len(watch._workers) == notices.AT_ONCE
        await served(watch)
        assert not watch._waiting

    run(scene())


def test_a_grown_outbox_is_read_anew_for_those_who_are_told(
    mia: Person, pulled: Store, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "FRESH_S", 60)

    async def scene() -> None:
        watch, frames = Watch(), Frames()
        await watch.add(mia.id, frames.tell)
        await home.window_of(mia.id)
        assert outboxes.stale([pulled.pk]) == [], "this copy will lack the post"
        await later("Pulled")
        await look(watch)
        assert [frame["count"] for frame in frames] == [1]

    run_jobs()
    run(scene())


def test_a_post_that_a_replica_did_not_have_yet_is_looked_for_once_more_and_not_for_ever(
    mia: Person, pulled: Store, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "FRESH_S", 60)

    async def scene() -> None:
        watch, frames = Watch(), Frames()
        await watch.add(mia.id, frames.tell)
        (old,) = await outboxes.read([pulled.pk])
        await later("Pulled")
        await watch._look_at_outboxes([pulled.pk])
        outboxes.learn(time.monotonic(), [(pulled.pk, old)])  # as a replica answers that is behind
        await served(watch)
        assert not frames
        outboxes.forget([pulled.pk])
        await look(watch)
        assert [frame["count"] for frame in frames] == [1]
        windows.push_outbox(pulled.pk, 1)  # growth that is nothing new
        await watch._look_at_outboxes([pulled.pk])
        for waiting in (1, 1, 0):
            assert len(watch._waiting) == waiting
            await served(watch)
            await watch._look_at_inboxes([mia.id])
        assert len(frames) == 1, "and nothing is told twice"

    run_jobs()
    run(scene())


def test_what_is_learned_during_a_look_is_kept_and_what_nobody_follows_is_not(
    mia: Person, alice: Person, charlie: Person, pulled: Store
) -> None:
    other = make_store(owner=alice, handle="coffeehouse")
    modes.fix_mode(store=other, mode=Mode.PULL)
    charlie.put(f"/stores/{other.handle}/follow", {"source": "store_page"})
    run_jobs()

    async def scene() -> None:
        watch, frames = Watch(), Frames()
        await watch.add(mia.id, frames.tell)
        looking = asyncio.create_task(watch._look_at_outboxes([pulled.pk]))
        await asyncio.sleep(0)
        await watch.add(charlie.id, frames.tell)
        await looking
        assert set(watch._watchers.outboxes) == {pulled.pk, other.pk}
        assert UNKNOWN not in {outbox.length for outbox in watch._watchers.outboxes.values()}
        watch.remove(charlie.id, frames.tell)
        assert set(watch._watchers.outboxes) == {pulled.pk}

    run(scene())
