"""A worker killed in the middle of a fan-out: another one goes on, and each follower has the post once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from core import redis
from feed import keys, packing
from feed.models import FanOutRange
from feed.tasks import RANGE
from posts.models import Post
from stores.models import Follow, Store
from tests.conftest import Newcomer
from tests.faults.processes import wait_for, worker
from tests.people import Person

pytestmark = pytest.mark.fault
CROWD = RANGE + 300
_CROWD_SQL = """
WITH people AS (
    INSERT INTO accounts_user
        (email, display_name, language, phone, password, is_active, is_staff, is_superuser, date_joined)
    SELECT 'crowd' || n || '@example.org', 'Crowd ' || n, 'en', '', '!', true, false, false, now()
    FROM generate_series(1, %s) AS n RETURNING id
)
INSERT INTO stores_follow (user_id, store_id, source, muted, notify, created_at)
SELECT id, %s, 'other', false, 'none', now() FROM people
"""


def crowd(store: Store) -> list[int]:
    """Followers for two ranges, every hundredth of them active: it has an inbox. Who are active."""
    with connection.cursor() as cursor:
        cursor.execute(_CROWD_SQL, [CROWD, store.id])
    everybody = Follow.objects.filter(store=store).order_by("user_id").values_list("user_id", flat=True)
    active = list(everybody)[::100]
    pipeline = redis.client().pipeline(transaction=False)
    for user_id in active:
        pipeline.set(keys.inbox(user_id), packing.pack([packing.BOTTOM]))
    pipeline.execute()
    return active


@contextmanager
def asleep_before_a_range_is_done() -> Iterator[None]:
    """Whoever records a finished range sleeps first, inside PostgreSQL: its post is pushed, and nobody knows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION test_sleep() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;"
            "CREATE TRIGGER test_sleep BEFORE UPDATE ON feed_fanoutrange FOR EACH ROW EXECUTE FUNCTION test_sleep()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'PgSleep'"
        )
        cursor.execute("DROP FUNCTION test_sleep CASCADE")


def entries(user_id: int) -> list[int]:
    """What an inbox holds, as it arrived."""
    packed = redis.client().get(keys.inbox(user_id))
    assert isinstance(packed, bytes)
    return [int.from_bytes(packed[at : at + 8]) for at in range(8, len(packed), 8)]


def heartbeats_of_a_minute_ago() -> None:
    """Lets time pass for whoever looks for dead workers."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")


def test_a_fan_out_whose_worker_was_killed_reaches_everybody_once(
    alice: Person, store: Store, newcomer: Newcomer, tmp_path: Path
) -> None:
    active = crowd(store)
    mia = newcomer("Mia")
    mia.put(f"/stores/{store.handle}/follow", {"source": "search"})
    assert mia.get("/feed").json()["items"] == []
    posted = alice.post(f"/stores/{store.handle}/posts", {"text": "Spring oolong", "status": "published"})
    post = Post.objects.get(id=posted.json()["id"])

    with asleep_before_a_range_is_done(), worker(tmp_path / "first.log", "--concurrency=1") as first:
        wait_for(lambda: entries(active[0]), seconds=30)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert not FanOutRange.objects.exclude(done_at=None).exists()
    assert ProcrastinateJob.objects.filter(status="doing").exists()
    assert FanOutRange.objects.count() == 2

    heartbeats_of_a_minute_ago()
    with worker(tmp_path / "second.log"):
        took = wait_for(lambda: Post.objects.filter(id=post.id).exclude(fanned_out_at=None).exists(), seconds=60)
    assert took < 60, "with the half minute after which a worker counts as dead: within 90 s"

    assert entries(active[0]) == [post.feed_id, post.feed_id], "killed between push and record: it was pushed again"
    assert {tuple(packing.newest_first(entries(user_id))) for user_id in active} == {(post.feed_id,)}
    assert [item["id"] for item in mia.get("/feed").json()["items"]] == [post.id]
    post.refresh_from_db()
    assert (post.followers, post.reached) == (CROWD + 1, len(active) + 1)
