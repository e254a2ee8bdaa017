"""Joined calls: everybody is answered, together where they come together, and trouble reaches those it concerns."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from core.batching import Joined
from tests.core.skipping import skipping_waits


class Late(Exception):
    """It took too long."""


@skipping_waits
async def test_a_lone_call_goes_out_at_once_and_what_comes_meanwhile_goes_together() -> None:
    trips: list[list[int]] = []

    async def double(keys: Sequence[int]) -> list[int]:
        trips.append(list(keys))
        await asyncio.sleep(0.01)
        return [2 * key for key in keys]

    call = Joined(double, late=Late, at_most=3)
    first = asyncio.create_task(call(1))
    await asyncio.sleep(0.001)
    assert await asyncio.gather(*(call(key) for key in range(2, 7))) == [4, 6, 8, 10, 12]
    assert await first == 2
    assert trips == [[1], [2, 3, 4], [5, 6]]


@pytest.mark.parametrize("lanes", [1, 2])
async def test_no_call_is_forgotten_whenever_it_comes(lanes: int) -> None:
    randomly = random.Random(7)

    async def same(keys: Sequence[int]) -> list[int]:
        for _ in range(randomly.randrange(3)):
            await asyncio.sleep(0)
        return list(keys)

    call = Joined(same, late=Late, at_most=4, lanes=lanes)

    async def caller(number: int) -> None:
        for turn in range(100):
            for _ in range(randomly.randrange(4)):
                await asyncio.sleep(0)
            assert await call(number * 1000 + turn) == number * 1000 + turn

    async with asyncio.timeout(20):
        await asyncio.gather(*(caller(number) for number in range(8)))


async def test_what_a_trip_raises_its_callers_get_and_nobody_else() -> None:
    async def sometimes(keys: Sequence[int]) -> list[int]:
        if -1 in keys:
            raise ValueError("no")
        return list(keys)

    call = Joined(sometimes, late=Late)
    results = await asyncio.gather(call(-1), call(1), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError], "they shared a trip"
    assert await call(2) == 2


async def test_a_value_that_is_an_exception_is_its_callers_alone() -> None:
    async def odd_ones_fail(keys: Sequence[int]) -> list[int | Exception]:
        return [ValueError(key) if key % 2 else key for key in keys]

    results = await asyncio.gather(*map(Joined(odd_ones_fail, late=Late), range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [int, ValueError, int]


@skipping_waits
async def test_who_waits_too_long_is_told_and_nobody_works_for_them_any_more() -> None:
    trips: list[list[int]] = []
    free = asyncio.Event()

    async def stuck(keys: Sequence[int]) -> list[int]:
        trips.append(list(keys))
        await free.wait()
        return list(keys)

    call = Joined(stuck, late=Late, patience_s=0.05, at_most=2)
    results = await asyncio.gather(*map(call, range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [Late] * 5
    assert trips == [[0, 1]], "the others were late before they could be sent"
    free.set()
    assert await call(6) == 6


async def test_a_trip_that_goes_wrong_leaves_nobody_waiting() -> None:
    async def too_few(keys: Sequence[int]) -> list[int]:
        return list(keys)[:-1]

    async def cancelled(keys: Sequence[int]) -> list[int]:
        raise asyncio.CancelledError

    results = await asyncio.gather(*map(Joined(too_few, late=Late), range(2)), return_exceptions=True)
    assert [type(result) for result in results] == [int, ValueError]
    results = await asyncio.gather(*map(Joined(cancelled, late=Late), range(2)), return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2


@skipping_waits
async def test_a_caller_who_gives_up_disturbs_nobody() -> None:
    async def slow(keys: Sequence[int]) -> list[int]:
        await asyncio.sleep(0.01)
        return list(keys)

    call = Joined(slow, late=Late)
    gone, stays = asyncio.create_task(call(1)), asyncio.create_task(call(2))
    await asyncio.sleep(0.001)
    gone.cancel()
    assert await stays == 2
    assert gone.cancelled()


def test_each_event_loop_has_its_own_queue() -> None:
    async def same(keys: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        return list(keys)

    call = Joined(same, late=Late)
    assert [asyncio.run(call(number)) for number in range(3)] == [0, 1, 2]


@skipping_waits
async def test_a_crowd_shares_trips_that_are_some_time_apart_and_the_first_waits_for_nobody() -> None:
    trips: list[int] = []

    async def same(keys: Sequence[int]) -> list[int]:
        trips.append(len(keys))
        return list(keys)

    call = Joined(same, pause_s=0.2, at_most=100)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await call(0) == 0
    assert loop.time() - began < 0.001
    crowd = []
    for number in range(30):
        crowd.append(asyncio.create_task(call(number)))
        await asyncio.sleep(0.005)
    assert await asyncio.gather(*crowd) == list(range(30))
    assert trips == [1, 30]
    assert loop.time() - began == pytest.approx(0.2, abs=0.001)
    await asyncio.sleep(0.25)
    began = loop.time()
    await call(1)
    assert loop.time() - began < 0.001, "a process that is idle again serves at once"


@skipping_waits
async def test_full_trips_do_not_wait_for_each_other() -> None:
    async def same(keys: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        return list(keys)

    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*map(Joined(same, pause_s=0.5, at_most=10), range(50)))
    assert loop.time() - began < 0.001
