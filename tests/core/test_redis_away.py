"""Redis away: one finds out and the others go on without it; what must be counted is counted meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from channels.layers import channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings
from django.core.cache import cache

from core import limits, notices, redis


def fail() -> None:
    """A round trip on which Redis does not answer."""
    with pytest.raises(redis.RedisAway), redis.plain().guard():
        raise TimeoutError


@pytest.fixture
def away(world: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Redis was just found away, and is left alone for longer than the test takes."""
    monkeypatch.setattr(settings, "REDIS_BREAKER_S", 60)
    fail()
    yield
    redis.close_breaker()


def test_one_trip_finds_out_whether_redis_is_back_and_nobody_else_waits(
    world: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "REDIS_BREAKER_S", 0.05)
    fail()
    time.sleep(0.06)
    with redis.guard():
        with pytest.raises(redis.RedisAway), redis.guard():
            raise AssertionError("not reached while another trip finds out")
        assert redis.is_open()
    assert not redis.is_open()
    with redis.guard(), redis.guard():
        pass


def test_an_error_of_ours_is_not_taken_for_redis_being_away(world: None) -> None:
    redis.client().set("word", "x")
    with pytest.raises(Exception, match="WRONGTYPE"), redis.guard():
        redis.client().lpush("word", "y")
    assert not redis.is_open()


def test_limits_are_counted_while_redis_is_away(away: None) -> None:
    assert [limits.take("2/minute", "test", "mia")[0] for _ in range(3)] == [True, True, False]


def test_guesses_are_remembered_while_redis_is_away(away: None) -> None:
    assert [cache.add("lock", True, 10), cache.add("lock", True, 10)] == [True, False]
    assert cache.delete("lock")
    assert cache.add("lock", True, 10)
    cache.set("guesses", [1, 2], 10)
    assert cache.get("guesses") == [1, 2]


def test_everything_that_asks_redis_shares_one_patience(world: None) -> None:
    patient = redis.plain().client().connection_pool
    assert cache._cache.get_client().connection_pool is patient  # type: ignore[attr-defined]
    assert limits._shared().storage.storage.connection_pool is patient  # type: ignore[attr-defined]
    assert patient.connection_kwargs["socket_timeout"] == settings.REDIS_TIMEOUT_S


@pytest.mark.alone
def test_a_notice_does_not_wait_for_redis(away: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        frozen = RedisPubSubChannelLayer(hosts=[f"redis://127.0.0.1:{silent.getsockname()[1]}"])
        before = channel_layers.set("default", frozen)
        start = time.monotonic()
        notices.tell(user_id=1, notice={"type": "comment_reply"})
        channel_layers.set("default", before)
    assert time.monotonic() - start < 0.5
