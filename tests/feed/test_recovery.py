"""A Redis that lacks its last seconds: how it is noticed, and that no more is repeated than may be gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from core import clock, ids, jobs, redis
from feed import keys, packing, recovery
from feed.models import FanOutRange, Mode, RedisBeat
from feed.modes import fix_mode
from feed.recovery import MARGIN, Heard, lost_since
from interactions import counters
from posts.models import Post, PostStatus
from stores.models import Follow, Store, StoreStatus
from tests.conftest import Newcomer
from tests.feed.conftest import Publish, texts
from tests.people import Person, run_jobs

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
THEN, LATER = NOON.isoformat(), (NOON + timedelta(seconds=15)).isoformat()


def heard(*beats: str, server: str = "a") -> list[Heard]:
    """What buckets answered; each beat was given to server "a"."""
    return [Heard(f"{beat} a" if beat else "", server) for beat in beats]


@pytest.mark.parametrize(
    ("found", "since"),
    [
        (heard(THEN, THEN), None),
        (heard(LATER, LATER), None),  # PostgreSQL is the one that was set back
        (heard(THEN, (NOON - timedelta(minutes=4)).isoformat()), NOON - timedelta(minutes=4)),
        (heard(THEN, THEN, server="b"), NOON),
        (heard(THEN, ""), NOON),
        (heard("", ""), NOON),
    ],
)
def test_the_oldest_beat_that_survived_says_since_when(found: list[Heard], since: datetime | None) -> None:
    assert lost_since(last=NOON, found=found) == (since and since - MARGIN)


def repairs() -> int:
    """How many repairs were asked for."""
    return ProcrastinateJob.objects.filter(task_name="feed.repair").count()


def beats() -> dict[str, bytes]:
    """The beats in Redis."""
    names = [f"beat:{{b{bucket}}}" for bucket in range(keys.BUCKETS)]
    values = {name: redis.client().get(name) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, bytes)}


def test_beats_that_redis_keeps_ask_for_nothing(world: None) -> None:
    for _ in range(3):
        recovery.beat(0)
    assert repairs() == 0
    known = {value.decode().split()[0] for value in beats().values()}
    assert known == {RedisBeat.objects.get().at.isoformat()}


def test_a_beat_that_one_bucket_lost_asks_for_one_repair(world: None) -> None:
    recovery.beat(0)
    before = beats()
    recovery.beat(0)
    name = "beat:{b7}"
    redis.client().set(name, before[name])
    recovery.beat(0)
    assert repairs() == 1
    recovery.beat(0)
    assert repairs() == 1


def test_a_server_that_started_anew_with_the_last_beat_is_noticed(world: None) -> None:
    recovery.beat(0)
    for name, value in beats().items():
        redis.client().set(name, value.replace(value.split()[1], b"another"))
    recovery.beat(0)
    assert repairs() == 1


def test_a_bucket_that_changes_between_look_and_beat_is_found_by_the_next(
    world: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery.beat(0)
    old = beats()
    recovery.beat(0)

    def lose_now() -> datetime:
        redis.client().set("beat:{b3}", old["beat:{b3}"])
        return datetime.now(UTC)

    monkeypatch.setattr(clock, "now", lose_now)  # after the look
    recovery.beat(0)
    monkeypatch.undo()
    assert repairs() == 0
    recovery.beat(0)
    assert repairs() == 1


def since(moment: datetime) -> None:
    """Repairs what happened since a moment."""
    recovery.repair(moment.isoformat())
    run_jobs()


def inbox(person: Person) -> list[int]:
    """What lies in an inbox."""
    packed = redis.client().get(keys.inbox(person.id))
    window = packing.unpack(packed) if isinstance(packed, bytes) else None
    return list(window.ids) if window else []


def empty_inbox(person: Person) -> None:
    """As it was when nothing had been published."""
    redis.client().set(keys.inbox(person.id), packing.pack([packing.BOTTOM]))


def long_ago() -> None:
    """All follows so far were made yesterday: their inboxes are not forgotten."""
    Follow.objects.update(created_at=clock.now() - timedelta(days=1))


def test_ranges_done_since_then_are_done_again_and_no_others(mia: Person, publish: Publish) -> None:
    long_ago()
    old, new = publish("Old"), publish("New")
    run_jobs()
    FanOutRange.objects.filter(post=old).update(done_at=clock.now() - timedelta(hours=1))
    empty_inbox(mia)
    since(clock.now() - timedelta(minutes=1))
    assert inbox(mia) == [new.feed_id]
    assert not FanOutRange.objects.filter(done_at=None).exists()
    new.refresh_from_db()
    assert (new.followers, new.covered, new.reached, new.fanned_out_at is not None) == (1, 1, 1, True)


def test_pages_of_ranges_end(mia: Person, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PAGE", 2)
    long_ago()
    posts = [publish(f"Post {n}") for n in range(5)]
    run_jobs()
    empty_inbox(mia)
    since(clock.now() - timedelta(minutes=1))
    assert inbox(mia) == [post.feed_id for post in reversed(posts)]


def test_posts_whose_ranges_were_forgotten_go_out_again(mia: Person, publish: Publish) -> None:
    long_ago()
    post = publish("Post")
    run_jobs()
    FanOutRange.objects.all().delete()
    empty_inbox(mia)
    since(clock.now() - timedelta(minutes=1))
    assert inbox(mia) == [post.feed_id]


def test_inboxes_of_new_followers_are_forgotten_and_others_are_not(
    mia: Person, newcomer: Newcomer, store: Store, publish: Publish
) -> None:
    long_ago()
    publish("Post")
    run_jobs()
    assert texts(mia) == ["Post"]
    noah = newcomer("Noah")
    noah.put(f"/stores/{store.handle}/follow", {"source": "search"})
    empty_inbox(noah)  # the backfill is what was lost
    kept = redis.client().get(keys.inbox(mia.id))
    run_jobs()
    recovery.forget_inboxes((clock.now() - timedelta(minutes=1)).isoformat(), None)
    assert (redis.client().exists(keys.inbox(noah.id)), redis.client().get(keys.inbox(mia.id))) == (0, kept)
    assert texts(noah) == ["Post"]


def test_an_outbox_that_lacks_a_post_is_forgotten(mia: Person, store: Store, publish: Publish) -> None:
    fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    publish("Pulled")
    run_jobs()
    assert texts(mia) == ["Pulled"]
    redis.client().set(keys.outbox(store.id), packing.pack([packing.BOTTOM]))
    since(clock.now() - timedelta(minutes=1))
    assert not redis.client().exists(keys.outbox(store.id))
    assert texts(mia) == ["Pulled"]


def test_an_outbox_that_lacks_a_post_of_long_ago_that_was_brought_out_just_now_is_forgotten(
    mia: Person, store: Store, publish: Publish
) -> None:
    fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    post = publish("Late")
    Post.objects.filter(id=post.id).update(feed_id=ids.feed_id(at=clock.now() - 2 * recovery.LATE, sequence=1))
    run_jobs()
    redis.client().set(keys.outbox(store.id), packing.pack([packing.BOTTOM]))
    since(clock.now() - timedelta(minutes=1))
    assert not redis.client().exists(keys.outbox(store.id))
    assert texts(mia) == ["Late"]
    built = redis.client().get(keys.outbox(store.id))
    since(clock.now() + timedelta(minutes=1))
    assert built is not None
    assert redis.client().get(keys.outbox(store.id)) == built, "what was brought out before is not forgotten"


def test_a_wrong_count_is_forgotten(mia: Person, publish: Publish) -> None:
    post = publish("Post")
    run_jobs()
    mia.put(f"/posts/{post.id}/like")
    counters.read([post.id])
    redis.client().hset(counters.key(post.id), "likes", 0)
    since(clock.now() - timedelta(minutes=1))
    assert counters.read([post.id])[post.id].likes == 1


def test_a_fan_out_that_was_given_up_after_its_cut_goes_on(mia: Person, publish: Publish) -> None:
    long_ago()
    assert texts(mia) == []
    post = publish("Post")
    run_jobs()
    FanOutRange.objects.update(done_at=None)
    empty_inbox(mia)
    assert recovery.resume_fan_outs(0) == 1
    assert recovery.resume_fan_outs(0) == 0, "its job is waiting"
    run_jobs()
    assert inbox(mia) == [post.feed_id]
    assert recovery.resume_fan_outs(0) == 0


def test_a_fan_out_that_was_given_up_before_its_cut_goes_on(mia: Person, publish: Publish) -> None:
    assert texts(mia) == []
    post = publish("Post")
    assert recovery.resume_fan_outs(0) == 0, "its job is waiting"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'feed.fan_out'")
    assert recovery.resume_fan_outs(0) == 1
    run_jobs()
    assert inbox(mia) == [post.feed_id]
    assert recovery.resume_fan_outs(0) == 0


def test_what_nobody_may_see_is_not_resumed(mia: Person, store: Store, publish: Publish) -> None:
    deleted, suspended = publish("Deleted"), publish("Suspended")
    run_jobs()
    FanOutRange.objects.update(done_at=None)
    Post.objects.filter(id=deleted.id).update(status=PostStatus.DELETED)
    Store.objects.filter(id=store.id).update(status=StoreStatus.SUSPENDED)
    assert recovery.resume_fan_outs(0) == 0
    Store.objects.filter(id=store.id).update(status=StoreStatus.APPROVED)
    assert recovery.resume_fan_outs(0) == 1
    assert suspended.id in ProcrastinateJob.objects.filter(status="todo").values_list("args__post_id", flat=True)


def test_a_backfill_that_was_given_up_is_made_up_for(newcomer: Newcomer, store: Store, publish: Publish) -> None:
    publish("Post")
    run_jobs()
    noah = newcomer("Noah")
    assert texts(noah) == []
    noah.put(f"/stores/{store.handle}/follow", {"source": "search"})
    with connection.cursor() as cursor:
        for status in ("doing", "failed"):
            cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE task_name = 'feed.backfill'", [status])
    assert texts(noah) == []
    assert recovery.take_up_failed(0) == 1
    run_jobs()
    assert texts(noah) == ["Post"]
    assert recovery.take_up_failed(0) == 0


def test_what_is_taken_up_are_jobs_that_there_are() -> None:
    assert set(recovery.NEEDED) <= set(app.tasks)


def test_old_ranges_of_posts_that_reached_everybody_are_forgotten(mia: Person, publish: Publish) -> None:
    old, unfinished, deleted, new = (publish(name) for name in ("Old", "Unfinished", "Deleted", "New"))
    run_jobs()
    ago = clock.now() - timedelta(days=3)
    FanOutRange.objects.exclude(post=new).update(done_at=ago)
    Post.objects.filter(id=old.id).update(fanned_out_at=ago)
    Post.objects.filter(id=unfinished.id).update(fanned_out_at=None)
    FanOutRange.objects.filter(post=deleted).update(done_at=None)
    Post.objects.filter(id=deleted.id).update(status=PostStatus.DELETED)
    assert recovery.forget_ranges(0) == 2
    assert set(FanOutRange.objects.values_list("post_id", flat=True)) == {unfinished.id, new.id}


def test_the_watch_goes_before_a_pile_of_jobs() -> None:
    watch = {app.tasks[name].priority for name in ("core.retry_stalled", "feed.beat")}
    others = {task.priority for task in app.tasks.values() if task.priority != jobs.FIRST}
    assert min(watch) > max(others)


def test_two_beats_never_run_at_once(world: None) -> None:
    number = jobs.defer("feed.beat", timestamp=0)
    assert ProcrastinateJob.objects.get(id=number).lock == "feed.beat"
    assert app.tasks["core.retry_stalled"].lock is None, "nobody else would take it up where its worker died"
