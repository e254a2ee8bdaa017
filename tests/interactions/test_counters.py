"""Cached counts equal the rows, whoever reads and writes at once, and whatever happens to Redis."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from core import clock, jobs, redis
from core.redis import Script
from interactions import counters
from interactions.counters import Counts
from interactions.models import Like
from posts.models import Post
from stores.models import Store
from tests.conftest import Newcomer
from tests.interactions.conftest import comment_on, published_post
from tests.people import Person, run_jobs

LUA = Path(counters.__file__).parent / "lua"
BUMP, LEASE, FILL = (Script(LUA / f"{name}.lua") for name in ("bump", "lease", "fill"))


def cached(post: Post) -> Counts | None:
    """What Redis says, without help from PostgreSQL."""
    found: list[Any] = redis.client().hmget(counters.key(post.pk), list(counters.FIELDS))
    return counters.parse(found)


def likes(post: Post) -> int:
    return counters.read([post.pk])[post.pk].likes


@pytest.fixture
def freeze_redis() -> Callable[[], object]:
    """Makes Redis answer nobody for a second and a half."""
    return lambda: redis.client().client_pause(1_500)


def thaw() -> None:
    """Waits until Redis answers again."""
    while not redis.ping():
        pass
    redis.close_breaker()


# --- readers and writers at once --------------------------------------------------------------------------------------


def test_fifty_people_like_and_unlike_at_once(newcomer: Newcomer, post: Post) -> None:
    people = [newcomer(f"Fan {number}") for number in range(50)]
    path = f"/posts/{post.pk}/like"
    done = threading.Event()

    def fickle(person: Person) -> None:
        chance = random.Random(person.id)
        for _ in range(6):
            answer = person.put(path) if chance.random() < 0.6 else person.delete(path)
            assert answer.status_code == 200, answer.text

    def forget_often() -> None:
        # As if the counts ran out again and again: each time somebody reads them anew while others write.
        while not done.wait(0.02):
            redis.client().delete(counters.key(post.pk))

    forgetting = threading.Thread(target=forget_often)
    forgetting.start()
    try:
        with ThreadPoolExecutor(50) as pool:
            list(pool.map(fickle, people))
    finally:
        done.set()
        forgetting.join()
    rows = Like.objects.filter(post=post).count()
    assert 0 < rows < 50
    assert likes(post) == rows
    assert cached(post) == Counts(rows, 0, 0)


def test_a_count_that_was_read_after_the_commit_is_not_bumped_again(charlie: Person, post: Post) -> None:
    with transaction.atomic():
        Like.objects.create(post=post, user=charlie.user)
        transaction.on_commit(lambda: counters.rebuild([post.pk]))
        counters.bump(post_id=post.pk, field="likes", by=1)
    assert cached(post) == Counts(1, 0, 0)


def test_a_count_that_was_read_before_the_commit_is_bumped(charlie: Person, post: Post) -> None:
    assert likes(post) == 0
    with transaction.atomic():
        Like.objects.create(post=post, user=charlie.user)
        counters.bump(post_id=post.pk, field="likes", by=1)
        assert cached(post) == Counts(0, 0, 0)
    assert cached(post) == Counts(1, 0, 0)


def test_a_bump_while_counts_are_being_read_is_noted_and_done_after(world: None) -> None:
    lease = LEASE.run(["count:1"], ["mine", 10])
    assert BUMP.run(["count:1"], ["likes", 1, "100"]) == 0
    assert BUMP.run(["count:1"], ["likes", 1, "107"]) == 0
    noted = FILL.run(["count:1"], [lease, "105:105:", 300, "likes", 7, "comments", 0, "shares", 0])
    assert dict(zip(noted[::2], noted[1::2], strict=True)) == {b"+likes:100": b"1", b"+likes:107": b"1"}
    assert [BUMP.run(["count:1"], ["likes", 1, number]) for number in ("100", "107")] == [0, 1]
    assert redis.client().hgetall("count:1") == {
        b"likes": b"8", b"comments": b"0", b"shares": b"0", b"snapshot": b"105:105:",
    }  # fmt: skip


def test_a_bump_counts_when_the_snapshot_lacks_its_transaction(world: None) -> None:
    redis.client().hset("count:1", mapping={"likes": 9, "comments": 0, "shares": 0, "snapshot": "10:120:11,13,112"})
    numbers = ["9", "10", "11", "12", "111", "112", "120", "121"]
    added = [BUMP.run(["count:1"], ["likes", -1, number]) for number in numbers]
    assert added == [0, 0, 1, 0, 0, 1, 1, 1]
    assert redis.client().hget("count:1", "likes") == b"5"


def test_two_readers_share_a_lease_and_the_second_changes_nothing(world: None) -> None:
    assert LEASE.run(["count:1"], ["first", 10]) == LEASE.run(["count:1"], ["second", 10]) == b"first"
    FILL.run(["count:1"], ["first", "1:1:", 300, "likes", 1, "comments", 1, "shares", 1])
    assert BUMP.run(["count:1"], ["likes", 1, "5"]) == 1
    FILL.run(["count:1"], ["first", "1:1:", 300, "likes", 1, "comments", 1, "shares", 1])
    assert redis.client().hget("count:1", "likes") == b"2"
    assert LEASE.run(["count:1"], ["third", 10]) == b""


def test_a_reader_whose_lease_ran_out_puts_nothing_down(world: None) -> None:
    FILL.run(["count:1"], ["gone", "1:1:", 300, "likes", 1, "comments", 1, "shares", 1])
    LEASE.run(["count:2"], ["another", 10])
    FILL.run(["count:2"], ["gone", "1:1:", 300, "likes", 1, "comments", 1, "shares", 1])
    assert redis.client().hgetall("count:1") == {}
    assert redis.client().hgetall("count:2") == {b"lease": b"another"}


def test_what_is_rolled_back_was_never_counted(charlie: Person, post: Post) -> None:
    assert likes(post) == 0
    with pytest.raises(RuntimeError), transaction.atomic():
        Like.objects.create(post=post, user=charlie.user)
        counters.bump(post_id=post.pk, field="likes", by=1)
        raise RuntimeError
    assert cached(post) == Counts(0, 0, 0)


def test_what_is_not_committed_is_never_cached(charlie: Person, post: Post) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        Like.objects.create(post=post, user=charlie.user)
        assert likes(post) == 1
        raise RuntimeError
    assert cached(post) is None
    assert likes(post) == 0


# --- the cache --------------------------------------------------------------------------------------------------------


def test_a_bump_makes_no_counts_where_there_are_none(charlie: Person, post: Post) -> None:
    with transaction.atomic():
        counters.bump(post_id=post.pk, field="likes", by=1)
    assert redis.client().exists(counters.key(post.pk)) == 0


def test_counts_of_many_posts_cost_one_trip_when_warm(bella: Person, store: Store) -> None:
    posts = [published_post(store) for _ in range(20)]
    comment_on(posts[3], bella)
    wanted = [post.pk for post in posts]
    cold = counters.read(wanted)
    before = redis.TRIPS._value.get()
    assert counters.read(wanted) == cold
    assert redis.TRIPS._value.get() - before == 1
    assert [counts.comments for counts in cold.values()] == [0, 0, 0, 1] + [0] * 16
    assert counters.read([]) == {}


def test_counts_are_forgotten_within_five_minutes(post: Post) -> None:
    likes(post)
    assert 230 <= redis.client().ttl(counters.key(post.pk)) <= 300


def test_an_emptied_redis_loses_no_count(charlie: Person, post: Post) -> None:
    charlie.put(f"/posts/{post.pk}/like")
    redis.client().flushall()
    redis.client().script_flush()
    assert likes(post) == 1
    assert cached(post) == Counts(1, 0, 0)


def test_without_redis_postgresql_answers_and_a_sweep_repairs(
    charlie: Person, post: Post, freeze_redis: Callable[[], object]
) -> None:
    assert likes(post) == 0
    freeze_redis()
    answer = charlie.put(f"/posts/{post.pk}/like")
    assert (answer.status_code, answer.json()) == (200, {"likes": 1, "comments": 0, "shares": 0})
    assert likes(post) == 1
    thaw()
    redis.client().hset(counters.key(post.pk), "likes", 0)  # whether the late bump still came through is Redis's luck
    jobs.defer("interactions.sweep_counts", timestamp=0)
    run_jobs()
    assert cached(post) is None
    assert likes(post) == 1


def test_a_sweep_looks_at_recent_posts_and_touches_only_wrong_counts(charlie: Person, store: Store) -> None:
    wrong, right, old, uncached = (published_post(store) for _ in range(4))
    for post in (wrong, right, old, uncached):
        charlie.put(f"/posts/{post.pk}/like")
    Like.objects.filter(post=old).update(created_at=clock.now() - timedelta(minutes=11))
    redis.client().delete(counters.key(uncached.pk))
    for post in (wrong, old):
        redis.client().hincrby(counters.key(post.pk), "comments", 5)
    assert counters.sweep(since=clock.now() - timedelta(minutes=10)) == 1
    assert [cached(post) for post in (wrong, right, old, uncached)] == [None, Counts(1, 0, 0), Counts(1, 5, 0), None]
    assert counters.sweep(since=clock.now() - timedelta(minutes=10)) == 0
