"""Inboxes in a real Redis: who gets a post, what a trim keeps, what a builder may rely on."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from django.conf import settings

from core import redis
from feed import keys, packing, windows
from feed.packing import Window

pytestmark = pytest.mark.usefixtures("world")


def put_inbox(user_id: int, *entries: int, floor: int = 0) -> None:
    redis.client().set(keys.inbox(user_id), packing.pack([floor, *entries]))


def inbox(user_id: int) -> Window | None:
    packed = redis.client().get(keys.inbox(user_id))
    return packing.unpack(packed) if isinstance(packed, bytes) else None


def run(coroutine: Any) -> Any:
    """One coroutine on a loop of its own, whose Redis connections end with it."""

    async def closing() -> Any:
        try:
            return await coroutine
        finally:
            await redis.async_client().aclose()

    return asyncio.run(closing())


def test_a_push_reaches_the_inboxes_that_exist_and_makes_none() -> None:
    put_inbox(1, 10)
    put_inbox(257, 10)
    assert windows.push(20, [1, 2, 257, 258]) == 2
    assert inbox(1) == inbox(257) == Window(0, [20, 10])
    assert inbox(2) is None
    assert redis.client().exists(keys.inbox(2)) == 0


def test_a_push_after_redis_forgot_its_scripts_loads_them_again() -> None:
    put_inbox(1)
    redis.client().script_flush()
    assert windows.push(20, list(range(1, 600))) == 1


def test_a_trim_keeps_the_newest_and_raises_the_floor_to_the_newest_dropped() -> None:
    cap = settings.LIMITS.feed_inbox_cap
    arrived = [*range(1000, 1000 + cap * 5 // 4)]
    # Old ones that arrive last must not push newer ones out.
    late = [5, 6]
    put_inbox(1, *arrived, *late)
    windows.push(9999, [1])
    window = inbox(1)
    assert window is not None
    kept = sorted([*arrived, 9999], reverse=True)[:cap]
    assert window.ids == kept
    assert window.floor == sorted([*arrived, 9999], reverse=True)[cap]


def test_a_trim_keeps_the_inbox_alive_no_longer_than_before() -> None:
    put_inbox(1, *range(1, settings.LIMITS.feed_inbox_cap * 5 // 4 + 1))
    redis.client().expire(keys.inbox(1), 1000)
    windows.push(9999, [1])
    assert 990 <= redis.client().ttl(keys.inbox(1)) <= 1000


def test_an_inbox_that_is_pushed_to_keeps_no_more_memory_than_it_may_fill() -> None:
    cap = settings.LIMITS.feed_inbox_cap
    put_inbox(1, *range(1000, 1000 + cap))
    windows.push(9998, [1])
    taken = redis.client().memory_usage(keys.inbox(1))
    assert taken is not None
    assert taken < windows.cut_past(cap) + 200, "APPEND alone takes twice that"
    window = inbox(1)
    assert window is not None
    assert window.ids == [9998, *range(999 + cap, 999, -1)]


def test_a_window_far_past_its_limit_is_cut_all_the_same() -> None:
    cap = settings.LIMITS.feed_inbox_cap
    put_inbox(1, *range(30_000, 0, -1), *range(1, 30_000), packing.marker(7))
    windows.push(40_000, [1])
    assert inbox(1) == Window(30_002 - cap, [40_000, *range(30_000, 30_001 - cap + 1, -1)], (7,))


def test_an_inbox_being_built_is_never_trimmed() -> None:
    entries = list(range(1, settings.LIMITS.feed_inbox_cap * 2))
    redis.client().set(keys.inbox(1), packing.building_token() + packing.pack(entries))
    windows.push(9999, [1])
    packed = redis.client().get(keys.inbox(1))
    assert isinstance(packed, bytes)
    assert len(packed) == 8 * (len(entries) + 2)


def test_what_is_pushed_while_an_inbox_is_built_is_in_it() -> None:
    async def build() -> bool:
        token = await windows.claim(keys.inbox(1))
        assert token is not None
        await asyncio.to_thread(windows.push, 30, [1])
        return await windows.fill(keys.inbox(1), token, Window(5, [20, 10]), ttl_s=60)

    assert run(build())
    assert inbox(1) == Window(5, [30, 20, 10])


def test_an_inbox_carries_the_markers_of_pull_stores_through_building_pushing_and_trimming() -> None:
    cap = settings.LIMITS.feed_inbox_cap

    async def build() -> bool:
        token = await windows.claim(keys.inbox(1))
        assert token is not None
        return await windows.fill(keys.inbox(1), token, Window(5, [20, 10], (7,)), ttl_s=60)

    assert run(build())
    assert windows.push_marker(9, [1, 2]) == 1
    assert windows.push_marker(9, [1]) == 1
    assert inbox(1) == Window(5, [20, 10], (7, 9))
    for feed_id in range(1000, 1000 + cap * 5 // 4):
        windows.push(feed_id, [1])
    window = inbox(1)
    assert window is not None
    assert window.pulls == (7, 9)
    assert len(redis.client().get(keys.inbox(1)) or b"") <= windows.cut_past(cap)
    assert window.ids[-1] > 1000
    assert window.floor == window.ids[-1] - 1


def test_many_markers_leave_half_the_cap_to_posts() -> None:
    cap = settings.LIMITS.feed_inbox_cap
    redis.client().set(
        keys.inbox(1), packing.pack([0, *map(packing.marker, range(1, cap)), *range(10_000, 10_000 + cap)])
    )
    windows.push(20_000, [1])
    window = inbox(1)
    assert window is not None
    assert window.pulls == tuple(range(1, cap))
    assert window.ids == [20_000, *range(10_000 + cap - 1, 10_000 + cap // 2, -1)]
    assert window.floor == 10_000 + cap // 2


def test_a_new_follower_of_a_pull_store_gets_its_marker_and_keeps_the_floor() -> None:
    put_inbox(1, 50, floor=10)
    windows.backfill_marker(1, 7)
    assert inbox(1) == Window(10, [50], (7,))


def test_a_builder_whose_claim_was_taken_over_or_lost_changes_nothing() -> None:
    async def build() -> None:
        slow = await windows.claim(keys.inbox(1))
        assert await windows.claim(keys.inbox(1)) is None, "its builder is at it"
        await asyncio.to_thread(redis.client().expire, keys.inbox(1), windows.CLAIM_S - windows.BUILDING_S - 1)
        quick = await windows.claim(keys.inbox(1))
        assert slow is not None
        assert quick is not None
        assert not await windows.fill(keys.inbox(1), slow, Window(0, [1]), ttl_s=60)
        assert await windows.fill(keys.inbox(1), quick, Window(0, [2]), ttl_s=60)
        assert await windows.claim(keys.inbox(1)) is None
        third = await windows.claim(keys.inbox(2))
        await asyncio.to_thread(redis.client().flushall)
        assert third is not None
        assert not await windows.fill(keys.inbox(2), third, Window(0, [1]), ttl_s=60)

    run(build())
    assert redis.client().exists(keys.inbox(2)) == 0


def test_a_backfill_adds_the_stores_posts_and_raises_the_floor_to_where_they_are_complete() -> None:
    put_inbox(1, 50, floor=10)
    windows.backfill(1, [30, 40], missing_below=20)
    assert inbox(1) == Window(20, [50, 40, 30])
    windows.backfill(1, [35], missing_below=0)
    assert inbox(1) == Window(20, [50, 40, 35, 30])


def test_a_backfill_makes_no_inbox_and_restarts_one_that_is_being_built() -> None:
    windows.backfill(1, [30], missing_below=0)
    assert redis.client().exists(keys.inbox(1)) == 0
    redis.client().set(keys.inbox(1), packing.building_token())
    windows.backfill(1, [30], missing_below=0)
    assert redis.client().exists(keys.inbox(1)) == 0


def test_an_inbox_that_many_follows_would_swell_is_built_anew_instead() -> None:
    put_inbox(1, *range(1000, 1600))
    windows.backfill(1, list(range(100, 125)), missing_below=0)
    assert len(redis.client().get(keys.inbox(1)) or b"") == windows.cut_past(settings.LIMITS.feed_inbox_cap)
    windows.backfill(1, [125], missing_below=0)
    assert redis.client().exists(keys.inbox(1)) == 0


def test_an_outbox_keeps_the_latest_and_its_floor() -> None:
    cap = settings.LIMITS.feed_outbox_cap
    redis.client().set(keys.outbox(7), packing.pack([0, 1]))
    for feed_id in range(2, cap * 5 // 4 + 3):
        windows.push_outbox(7, feed_id)
    packed = redis.client().get(keys.outbox(7))
    assert isinstance(packed, bytes)
    window = packing.unpack(packed)
    assert window is not None
    assert window.ids[0] == cap * 5 // 4 + 2
    assert len(window.ids) >= cap
    assert window.floor == window.ids[-1] - 1
    assert struct.calcsize(">Q") == packing.ENTRY


def test_an_outbox_hides_no_hole_when_older_posts_arrive_late() -> None:
    cap = settings.LIMITS.feed_outbox_cap
    arrived = [*range(1000, 1000 + cap), *range(10, 10 + cap // 4)]
    redis.client().set(keys.outbox(7), packing.pack([0, *arrived]))
    windows.push_outbox(7, 5000)
    packed = redis.client().get(keys.outbox(7))
    assert isinstance(packed, bytes)
    window = packing.unpack(packed)
    assert window == Window(1000, [5000, *range(1000 + cap - 1, 1000, -1)])
