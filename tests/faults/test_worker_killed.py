"""A worker killed in the middle of a fan-out: another one goes on, and each follower has the post once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from feed.models import FanOutRange
from feed.tasks import RANGE
from posts.models import Post
from stores.models import Store
from tests.conftest import Newcomer
from tests.faults.conftest import Checked
from tests.faults.crowds import check_inboxes, crowd, entries, packed, published, wake
from tests.faults.processes import IN_FULL, heartbeats_of_a_minute_ago, wait_for, worker
from tests.people import Person

pytestmark = pytest.mark.fault
CROWD = RANGE + 300


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


def test_a_fan_out_whose_worker_was_killed_reaches_everybody_once(
    alice: Person, store: Store, newcomer: Newcomer, checked: Checked, tmp_path: Path
) -> None:
    active = crowd(store, CROWD)[::100]
    wake(active)
    mia = newcomer("Mia")
    mia.put(f"/stores/{store.handle}/follow", {"source": "search"})
    assert mia.get("/feed").json()["items"] == []
    posted = alice.post(f"/stores/{store.handle}/posts", {"text": "Spring oolong", "status": "published"})
    post = Post.objects.get(id=posted.json()["id"])

    with asleep_before_a_range_is_done(), worker(tmp_path / "first.log", "--concurrency=1") as first:
        wait_for(lambda: entries(packed(active[:1])[0]), seconds=30)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert not FanOutRange.objects.exclude(done_at=None).exists()
    assert ProcrastinateJob.objects.filter(status="doing").exists()
    assert FanOutRange.objects.count() == 2

    if not IN_FULL:  # the half minute until a worker counts as dead
        heartbeats_of_a_minute_ago()
    with worker(tmp_path / "second.log"):
        took = wait_for(lambda: Post.objects.filter(id=post.id).exclude(fanned_out_at=None).exists(), seconds=90)
    assert took < (90 if IN_FULL else 60), "with the half minute after which a worker counts as dead: within 90 s"

    repeated = check_inboxes(packed(active), published(store))
    assert repeated, "killed between push and record: it was pushed again"
    assert [item["id"] for item in mia.get("/feed").json()["items"]] == [post.id]
    post.refresh_from_db()
    assert (post.followers, post.reached) == (CROWD + 1, len(active) + 1)
    checked("drill 1", posts=1, inboxes=len(active), also=f"killed between push and record, done {took:.0f} s later")
