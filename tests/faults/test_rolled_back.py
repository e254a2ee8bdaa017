"""A transaction that deferred and came to nothing, rolled back or its process killed: no job, no event, no count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from core import clock
from core.redis import plain
from feed.models import FanOutRange
from interactions import counters
from interactions.live import keys as live_keys
from interactions.models import LiveRoom, RoomEvent, RoomStatus
from interactions.services import likes, questions, rooms
from posts.models import Post, PostStatus
from posts.services import posts
from posts.services.contents import Content
from stores.models import Follow, Store
from stores.services import follows
from tests.faults.conftest import Checked
from tests.faults.crowds import check_inboxes, crowd, packed, published, wake
from tests.faults.processes import heartbeats_of_a_minute_ago, wait_for, worker
from tests.feed.conftest import texts
from tests.people import Person, make_order, run_jobs

pytestmark = pytest.mark.fault


class Stop(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def room(store: Store, alice: Person) -> LiveRoom:
    """Alice's live room."""
    return LiveRoom.objects.create(
        store=store, host=alice.user, title="New harvest", slow_mode_s=0, status=RoomStatus.LIVE
    )


def told(room: LiveRoom) -> tuple[int, int, int]:
    """How much a room was told: rows for good, events in its live log, and the last offset."""
    redis = plain().client()
    offset = redis.hget(live_keys.position(room.pk), "offset")
    return RoomEvent.objects.count(), redis.llen(live_keys.log(room.pk)), int(offset or 0)


def test_no_service_leaves_a_job_an_event_or_a_count_behind(
    alice: Person, mia: Person, charlie: Person, store: Store, room: LiveRoom, checked: Checked
) -> None:
    make_order(user=mia.user, store=store)
    draft = posts.create_post(user=alice.user, store=store, content=Content(text="Draft"))
    shown = posts.create_post(user=alice.user, store=store, content=Content(text="Shown"), status=PostStatus.PUBLISHED)
    run_jobs()
    assert texts(mia) == ["Shown"]
    counters.read([shown.id])
    inbox, rows, events = packed([mia.id]), ProcrastinateJob.objects.count(), told(room)
    verbs: list[Callable[[], object]] = [
        lambda: posts.publish_post(user=alice.user, post_id=draft.id),
        lambda: posts.schedule_post(user=alice.user, post_id=draft.id, publish_at=clock.now() + timedelta(hours=1)),
        lambda: posts.create_post(
            user=alice.user, store=store, content=Content(text="New"), status=PostStatus.PUBLISHED
        ),
        lambda: posts.update_post(user=alice.user, post_id=shown.id, content=Content(text="Changed")),
        lambda: posts.delete_post(user=alice.user, post_id=shown.id),
        lambda: follows.follow_store(user=charlie.user, store=store),
        lambda: likes.like_post(user=mia.user, post_id=shown.id),
        lambda: questions.ask(user_id=mia.id, room_id=room.pk, text="Is it sweet?", client_id="one"),
        lambda: rooms.end_room(user=alice.user, room_id=room.pk),
    ]
    for verb in verbs:
        with pytest.raises(Stop), transaction.atomic():
            verb()
            raise Stop
    assert ProcrastinateJob.objects.count() == rows
    assert told(room) == events
    run_jobs()
    assert packed([mia.id]) == inbox
    assert (texts(mia), texts(charlie, f"/stores/{store.handle}/posts")) == (["Shown"], ["Shown"])
    assert counters.read([shown.id])[shown.id].likes == 0
    assert not Follow.objects.filter(user=charlie.user).exists()

    for verb in verbs[-3:]:  # and without the roll-back they do leave something
        verb()
    assert told(room)[0] > events[0]
    assert told(room)[1:] > events[1:]
    assert counters.read([shown.id])[shown.id].likes == 1
    checked("drill 4", posts=2, inboxes=1, also=f"{len(verbs)} services rolled back: no job, no event, no count")


@contextmanager
def asleep_after_deferring() -> Iterator[None]:
    """Whoever defers a fan-out sleeps inside its transaction right after."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION test_sleep() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$;"
            "CREATE TRIGGER test_sleep AFTER INSERT ON procrastinate_jobs FOR EACH ROW"
            " WHEN (NEW.task_name = 'feed.fan_out') EXECUTE FUNCTION test_sleep()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'PgSleep'"
        )
        cursor.execute("DROP FUNCTION test_sleep CASCADE")


def asleep() -> bool:
    """Whether somebody sleeps there now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        )
        return bool((cursor.fetchone() or (0,))[0])


def test_a_worker_killed_between_deferring_and_committing_published_nothing_and_the_next_one_does_once(
    alice: Person, store: Store, checked: Checked, tmp_path: Path
) -> None:
    active = crowd(store, 200)
    wake(active)
    draft = posts.create_post(user=alice.user, store=store, content=Content(text="At its time"))
    posts.schedule_post(user=alice.user, post_id=draft.id, publish_at=clock.now() + timedelta(seconds=1))
    with asleep_after_deferring(), worker(tmp_path / "first.log", "--concurrency=1") as first:
        wait_for(asleep, seconds=30)
        first.kill()
        first.wait()
    draft.refresh_from_db()
    assert (draft.status, draft.feed_id) == (PostStatus.SCHEDULED, None)
    assert not ProcrastinateJob.objects.filter(task_name="feed.fan_out").exists()
    assert {packet and len(packet) for packet in packed(active)} == {8}

    heartbeats_of_a_minute_ago()
    with worker(tmp_path / "second.log"):
        wait_for(lambda: Post.objects.exclude(fanned_out_at=None).exists(), seconds=60)
    assert FanOutRange.objects.count() == 1
    assert check_inboxes(packed(active), published(store)) == 0
    checked(
        "drill 4", posts=1, inboxes=len(active), also="killed between defer and commit: published once, by the next"
    )
