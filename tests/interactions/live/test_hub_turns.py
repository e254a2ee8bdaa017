"""A hub while rooms empty and fill again, Redis falls silent, and the process ends: nothing is missed or lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.devservers import Server, start_redis
from core import redis as doors
from core.problems import Unavailable
from interactions.live import ear, hub, room, taps
from interactions.live.audience import Audience
from interactions.live.events import QuestionHidden
from interactions.live.hub import Hub
from interactions.live.keys import channel, totals, viewers
from tests.interactions.live.test_audience import Viewer

ROOM = 7


@pytest.fixture
async def here(redis: Any) -> AsyncIterator[Hub]:
    """A hub on this test's loop."""
    yield hub.hub()
    await hub.hub().flush()
    await asyncio.sleep(taps.BEAT_S)
    await doors.plain().async_client().aclose()


async def sit(here: Hub, viewer: Viewer, room_id: int = ROOM) -> Audience:
    """Takes a seat."""
    audience = await here.enter(room_id)
    audience.outlets.add(viewer.outlet)
    here.leave_door(audience)
    return audience


async def say(number: int, room_id: int = ROOM) -> None:
    """An event, from somewhere; said again where a busy machine kept Redis from answering in time."""
    event = QuestionHidden(id=number, question_id=number)
    for _ in range(5):
        try:
            await asyncio.to_thread(room.append, room_id=room_id, event=event)
            return
        except Unavailable:
            doors.close_breaker()


async def until(happened: Any, seconds: float = 5) -> None:
    """Waits for something to have happened."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


async def test_a_room_emptied_and_entered_again_in_one_turn_is_heard(here: Hub) -> None:
    first, second = Viewer(), Viewer()
    audience = await sit(here, first)
    await until(lambda: audience.subscribed)
    here.leave(audience, first.outlet)
    again = await sit(here, second)
    assert again is not audience
    await until(lambda: again.subscribed, seconds=1)  # not only when the pulse mends it
    await say(1)
    await until(lambda: second.offsets == [1])


async def test_whatever_the_coming_and_going_who_stays_hears(here: Hub, redis: Any) -> None:
    dice = random.Random(4)
    seats: list[tuple[Audience, Viewer]] = []
    for _ in range(150):
        if seats and dice.random() < 0.6:
            audience, viewer = seats.pop(dice.randrange(len(seats)))
            here.leave(audience, viewer.outlet)
        else:
            viewer = Viewer()
            seats.append((await sit(here, viewer, dice.choice([1, 2, 3])), viewer))
        if dice.random() < 0.3:
            await asyncio.sleep(dice.choice([0, 0.001, 0.01]))
    watched = {audience.room_id for audience, _ in seats}
    await until(lambda: all(audience.subscribed for audience, _ in seats))
    for room_id in (1, 2, 3):
        await say(room_id, room_id)
    await until(lambda: all(viewer.offsets == [1] for _, viewer in seats))
    subscribed = {name.decode() for name in redis.pubsub_channels("live:*")}
    assert subscribed == {channel(room_id) for room_id in watched}
    for audience, viewer in seats:
        here.leave(audience, viewer.outlet)
    await until(lambda: not redis.pubsub_channels("live:*"))


async def test_who_stays_is_counted_when_others_have_just_left(here: Hub, redis: Any) -> None:
    first, second = Viewer(), Viewer()
    audience = await sit(here, first)
    await until(lambda: redis.hvals(viewers(ROOM)))
    here.leave(audience, first.outlet)
    await sit(here, second)
    await asyncio.sleep(0.1)
    await until(lambda: redis.hvals(viewers(ROOM)))
    assert redis.hget(viewers(ROOM), here.process).startswith(b"1:")


async def test_the_hearts_of_the_last_to_leave_count(here: Hub, redis: Any) -> None:
    viewer = Viewer()
    audience = await sit(here, viewer)
    audience.taps += 5
    here.leave(audience, viewer.outlet)
    await until(lambda: redis.hget(totals(ROOM), "likes") == b"5")
    await until(lambda: room.viewers_of(redis.hvals(viewers(ROOM))) == 0, seconds=2)


async def test_a_process_that_ends_writes_its_hearts_first(here: Hub, redis: Any) -> None:
    rooms = [await sit(here, Viewer(), room_id) for room_id in (1, 2)]
    for audience in rooms:
        audience.taps += 3
    await here.flush()
    assert [redis.hget(totals(room_id), "likes") for room_id in (1, 2)] == [b"3", b"3"]


async def test_looks_that_would_find_the_same_are_one(here: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    audience = await sit(here, Viewer())
    await until(lambda: audience.subscribed)
    asked = []

    async def since(**known: Any) -> Any:
        asked.append(known)
        await asyncio.sleep(0.02)
        raise doors.RedisAway

    monkeypatch.setattr(room, "since", since)
    await asyncio.gather(*(here.look(audience) for _ in range(50)))
    assert len(asked) <= 2
    assert audience.behind


async def test_newcomers_do_not_wait_for_a_redis_that_is_away(here: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors.plain().breaker, "open_until", float("inf"))
    start = time.monotonic()
    audience = await sit(here, Viewer())
    assert time.monotonic() - start < 0.5
    assert (audience.position.epoch, audience.behind) == ("", True)


@pytest.fixture
def own_redis(world: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A Redis for this test alone, where it may be frozen."""
    server = start_redis(tmp_path / "redis", persist=False)
    monkeypatch.setattr(settings, "REDIS_PLAIN_URL", server.url)
    yield server
    server.stop()


async def test_a_subscription_that_fell_silent_is_made_anew(
    own_redis: Server, here: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ear, "QUIET_S", 0.1)
    monkeypatch.setattr(ear, "SILENT_S", 0.4)
    monkeypatch.setattr(ear, "RETRY_S", 0.05)
    viewer = Viewer()
    audience = await sit(here, viewer)
    await until(lambda: audience.subscribed)
    await asyncio.sleep(0.6)
    assert audience.subscribed  # silence is no reason while the server answers
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        await until(lambda: not audience.subscribed)
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    await until(lambda: audience.subscribed)
    doors.close_breaker()
    await say(1)
    await until(lambda: viewer.offsets == [1])


def test_two_loops_of_a_process_have_a_hub_each() -> None:
    async def whose() -> str:
        assert hub.hub() is hub.hub()
        return hub.hub().process

    assert asyncio.run(whose()) != asyncio.run(whose())
