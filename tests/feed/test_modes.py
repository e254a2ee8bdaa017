"""Push and pull: thresholds, staff's hand, and switches in the middle of everything; no post missed or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from core import clock, jobs, redis
from feed import keys, modes, packing, tasks, windows
from feed.models import FanOutRange, Mode, StoreDelivery
from posts.models import Post
from stores.models import Store
from tests.conftest import Newcomer
from tests.feed.conftest import Publish, every_page, joined, texts
from tests.people import Person, run_jobs


def follow(person: Person, store: Store) -> None:
    assert person.put(f"/stores/{store.handle}/follow", {"source": "search"}).status_code == 200


def mode(store: Store) -> Mode:
    return modes.mode_of(store.pk)


def window(person: Person) -> packing.Window:
    packed = redis.client().get(keys.inbox(person.id))
    assert isinstance(packed, bytes)
    found = packing.unpack(packed)
    assert found is not None
    return found


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets product limits for one test."""

    def set_limits(**numbers: int) -> None:
        monkeypatch.setattr(settings, "LIMITS", replace(settings.LIMITS, **cast(Any, numbers)))

    return set_limits


def test_a_store_pulls_above_one_threshold_and_pushes_again_only_under_the_other(
    mia: Person, store: Store, limits: Callable[..., None]
) -> None:
    limits(feed_push_followers=10, feed_push_again_followers=5)
    seen = []
    for followers in (10, 11, 10, 5, 4, 10, 11):
        Store.objects.filter(id=store.pk).update(follower_count=followers)
        tasks.choose_modes(0)
        run_jobs()
        seen.append(mode(store).value)
    assert seen == ["push", "pull", "pull", "pull", "push", "push", "pull"]


def test_a_worker_chooses_the_modes_by_the_clock(mia: Person, store: Store, limits: Callable[..., None]) -> None:
    limits(feed_push_followers=1, feed_push_again_followers=1)
    Store.objects.filter(id=store.pk).update(follower_count=2)
    jobs.defer("feed.choose_modes", timestamp=1_700_000_000)  # as the clock defers it
    run_jobs()
    assert mode(store) == Mode.PULL


def test_the_hand_of_staff_outweighs_the_number_of_followers(
    mia: Person, store: Store, limits: Callable[..., None]
) -> None:
    limits(feed_push_followers=10, feed_push_again_followers=5)
    modes.fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    tasks.choose_modes(0)
    assert mode(store) == Mode.PULL, "one follower, and staff said pull"
    modes.fix_mode(store=store, mode=Mode.PUSH)
    Store.objects.filter(id=store.pk).update(follower_count=100)
    tasks.choose_modes(0)
    assert mode(store) == Mode.PUSH
    modes.unfix_mode(store=store)
    assert mode(store) == Mode.TO_PULL
    run_jobs()
    assert mode(store) == Mode.PULL


def test_a_pull_stores_post_is_in_no_inbox_and_on_every_page(
    mia: Person, newcomer: Newcomer, store: Store, publish: Publish
) -> None:
    publish("Before")
    run_jobs()
    assert texts(mia) == ["Before"]
    modes.fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    post = publish("Pulled")
    run_jobs()
    assert window(mia).pulls == (store.pk,)
    assert post.feed_id not in window(mia).ids
    assert texts(mia) == ["Pulled", "Before"]
    late = newcomer("Late")
    assert texts(late) == []
    follow(late, store)
    run_jobs()
    assert window(late) == packing.Window(0, [], (store.pk,)), "the marker brings all that the outbox has"
    assert texts(late) == ["Pulled", "Before"]
    post.refresh_from_db()
    assert (post.pulled, post.followers, post.covered, post.reached) == (True, 1, 1, 0)
    assert FanOutRange.objects.filter(post=post).count() == 0


def test_staff_see_how_a_post_reaches_its_followers(mia: Person, alice: Person, store: Store) -> None:
    def progress() -> dict[str, object]:
        posted = alice.post(f"/stores/{store.handle}/posts", {"text": "Hello", "status": "published"}).json()
        run_jobs()
        fan_out = alice.get(f"/posts/{posted['id']}").json()["fan_out"]
        assert fan_out.pop("done_at")
        return dict(fan_out)

    assert texts(mia) == []
    assert progress() == {"mode": "push", "followers": 1, "covered": 1, "reached": 1}
    modes.fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    assert progress() == {"mode": "pull", "followers": 1, "covered": 1, "reached": 0}


def test_unfollowing_and_muting_a_pull_store_act_on_the_next_read(mia: Person, store: Store, publish: Publish) -> None:
    modes.fix_mode(store=store, mode=Mode.PULL)
    publish("Pulled")
    run_jobs()
    assert texts(mia) == ["Pulled"]
    mia.patch(f"/stores/{store.handle}/follow", {"muted": True})
    assert texts(mia) == []
    mia.patch(f"/stores/{store.handle}/follow", {"muted": False})
    assert texts(mia) == ["Pulled"]
    mia.delete(f"/stores/{store.handle}/follow")
    assert texts(mia) == []


def test_while_a_store_switches_its_posts_come_both_ways_and_are_shown_once(
    mia: Person, newcomer: Newcomer, store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "RANGE", 1)
    noah = newcomer("Noah")
    follow(noah, store)
    run_jobs()
    assert (texts(mia), texts(noah)) == ([], [])
    first, second = sorted([mia, noah], key=lambda person: person.id)
    modes.fix_mode(store=store, mode=Mode.PULL)
    delivery = StoreDelivery.objects.get(store=store)
    tasks.mark_followers(store.pk, delivery.switch)
    assert (mode(store), window(first).pulls, window(second).pulls) == (Mode.TO_PULL, (store.pk,), ())
    post = publish("In the middle")
    tasks.fan_out(post.id)
    for after in FanOutRange.objects.filter(post=post).values_list("after", flat=True):
        tasks.push_range(post.id, after)
    assert window(first).ids == window(second).ids == [post.feed_id]
    assert texts(first) == texts(second) == ["In the middle"]
    run_jobs()
    assert (mode(store), window(second).pulls) == (Mode.PULL, (store.pk,))
    assert texts(first) == texts(second) == ["In the middle"]


def test_who_begins_to_follow_or_to_read_while_a_store_switches_misses_nothing(
    newcomer: Newcomer, store: Store, publish: Publish
) -> None:
    modes.fix_mode(store=store, mode=Mode.PULL)
    follower, reader = newcomer("Fred"), newcomer("Rita")
    assert texts(follower) == []
    follow(follower, store)
    follow(reader, store)
    assert texts(reader) == [], "built on the way to pull: it has the marker"
    assert window(reader).pulls == (store.pk,)
    run_jobs()
    assert mode(store) == Mode.PULL
    publish("After")
    run_jobs()
    assert texts(follower) == texts(reader) == ["After"]


def test_a_store_that_pushes_again_loses_nothing_of_what_was_pulled(
    mia: Person, store: Store, publish: Publish
) -> None:
    assert texts(mia) == []
    modes.fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    publish("Pulled")
    run_jobs()
    modes.fix_mode(store=store, mode=Mode.PUSH)
    pushed = publish("Pushed")
    run_jobs()
    assert window(mia).ids == [pushed.feed_id]
    assert texts(mia) == ["Pushed", "Pulled"]


def test_what_was_pushed_between_two_times_of_pulling_is_in_the_outbox(
    mia: Person, newcomer: Newcomer, store: Store, publish: Publish
) -> None:
    said: list[str] = []
    for chosen in (Mode.PULL, Mode.PUSH, Mode.PULL):
        modes.fix_mode(store=store, mode=chosen)
        run_jobs()
        said.insert(0, f"Post {len(said)}")
        publish(said[0])
        run_jobs()
        assert texts(mia) == said
    late = newcomer("Late")
    assert texts(late) == []
    follow(late, store)
    run_jobs()
    assert (window(late).ids, texts(late)) == ([], said), "all from the outbox"


def test_a_switch_does_not_wait_for_the_fan_outs_that_it_spares(mia: Person, store: Store, publish: Publish) -> None:
    posts = [publish(f"Post {number}") for number in range(3)]
    modes.fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    assert Post.objects.filter(id__in=[post.id for post in posts], pulled=True).count() == 3


def test_an_overtaken_switch_ends(mia: Person, store: Store) -> None:
    assert texts(mia) == []
    modes.fix_mode(store=store, mode=Mode.PULL)
    overtaken = StoreDelivery.objects.get(store=store).switch
    modes.fix_mode(store=store, mode=Mode.PUSH)
    modes.fix_mode(store=store, mode=Mode.PULL)
    tasks.mark_followers(store.pk, overtaken)
    assert (mode(store), window(mia).pulls) == (Mode.TO_PULL, ())
    run_jobs()
    assert (mode(store), window(mia).pulls) == (Mode.PULL, (store.pk,))


def test_a_switch_whose_job_was_lost_goes_on_where_it_was(mia: Person, store: Store) -> None:
    def waiting() -> int:
        return ProcrastinateJob.objects.filter(task_name="feed.mark_followers", status="todo").count()

    modes.fix_mode(store=store, mode=Mode.PULL)
    with connection.cursor() as sql:
        sql.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'feed.mark_followers'")
    tasks.choose_modes(0)
    assert waiting() == 0, "it may only be slow"
    StoreDelivery.objects.update(changed_at=clock.now() - timedelta(minutes=6))
    tasks.choose_modes(0)
    tasks.choose_modes(0)
    assert waiting() == 1
    run_jobs()
    assert mode(store) == Mode.PULL


def test_below_an_outboxs_floor_the_pages_go_on_from_postgresql(
    mia: Person, store: Store, publish: Publish, limits: Callable[..., None]
) -> None:
    limits(feed_outbox_cap=4, feed_inbox_cap=4)
    modes.fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    written = []
    for number in range(12):
        publish(f"Post {number}")
        run_jobs()
        written.append(f"Post {number}")
        if number == 1:
            assert texts(mia) == written[::-1]
    pages = every_page(mia, limit=5)
    assert joined(pages) == written[::-1]
    assert [len(page) for page in pages] == [5, 5, 2]
    redis.client().delete(keys.outbox(store.pk))
    assert joined(every_page(mia, limit=3)) == written[::-1]


def test_a_lost_outbox_is_built_with_what_is_published_meanwhile(mia: Person, store: Store, publish: Publish) -> None:
    modes.fix_mode(store=store, mode=Mode.PULL)
    publish("One")
    run_jobs()

    async def claim() -> bytes | None:
        try:
            return await windows.claim(keys.outbox(store.pk))
        finally:
            await redis.async_client().aclose()

    assert asyncio.run(claim())  # a builder that died, some seconds ago
    redis.client().expire(keys.outbox(store.pk), windows.CLAIM_S - windows.BUILDING_S - 1)
    post = Post.objects.get(id=publish("Two").id)
    run_jobs()
    assert texts(mia) == ["Two", "One"]
    packed = redis.client().get(keys.outbox(store.pk))
    assert isinstance(packed, bytes)
    outbox = packing.unpack(packed)
    assert outbox is not None
    assert outbox.ids[0] == post.feed_id


def test_after_redis_lost_something_the_switches_of_that_time_are_made_again(mia: Person, store: Store) -> None:
    modes.fix_mode(store=store, mode=Mode.PULL)
    assert texts(mia) == []
    run_jobs()
    windows.drop_inbox(mia.id)
    redis.client().set(keys.inbox(mia.id), packing.pack([0]))  # an old copy, from before the switch
    assert modes.repeat_since(clock.now() + timedelta(minutes=1)) == 0
    assert modes.repeat_since(clock.now() - timedelta(minutes=1)) == 1
    run_jobs()
    assert (mode(store), window(mia).pulls) == (Mode.PULL, (store.pk,))
