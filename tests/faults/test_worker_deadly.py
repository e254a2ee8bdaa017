"""A job that kills every worker that takes it: it is failed after eight deaths, and meanwhile the others go on."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from config.run.application import MANAGE, WORKER
from core import jobs
from posts.models import Post
from stores.models import Store
from tests.faults.conftest import Checked
from tests.faults.crowds import check_inboxes, crowd, packed, published, wake
from tests.faults.deadly import KILL_WORKER, know_the_jobs
from tests.faults.processes import heartbeats_of_a_minute_ago, start_worker, wait_for, worker
from tests.people import Person

pytestmark = pytest.mark.fault
DEADLY = (sys.executable, "-m", "tests.faults.deadly", *WORKER[len(MANAGE) :])
DEATHS = 2
know_the_jobs()


def look_for_the_dead() -> None:
    """What the clock does every 15 seconds, now; and the half minute before a worker counts as dead is over."""
    heartbeats_of_a_minute_ago()
    jobs.defer("core.retry_stalled", once="core.retry_stalled", timestamp=0)


def test_a_job_that_kills_its_workers_is_failed_and_the_others_go_on(
    alice: Person, store: Store, checked: Checked, tmp_path: Path
) -> None:
    active = crowd(store, 200)
    wake(active)
    killer = jobs.defer(KILL_WORKER)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s", [jobs.MAX_ATTEMPTS - DEATHS])
    ended = []
    for number in range(DEATHS):
        posted = alice.post(f"/stores/{store.handle}/posts", {"text": f"Post {number}", "status": "published"})
        assert posted.status_code == 201
        process = start_worker(tmp_path / "worker.log", "--concurrency=1", command=DEADLY)
        try:
            ended.append(process.wait(30))
        finally:
            process.kill()
        look_for_the_dead()
    assert ended == [-signal.SIGKILL] * DEATHS
    with worker(tmp_path / "worker.log", command=DEADLY) as survivor:
        wait_for(lambda: ProcrastinateJob.objects.get(id=killer).status == "failed", seconds=30)
        wait_for(lambda: not Post.objects.filter(fanned_out_at=None).exists(), seconds=30)
        assert survivor.poll() is None
    check_inboxes(packed(active), published(store))
    assert len(published(store)) == DEATHS
    also = f"{DEATHS} workers died of one job, the last of {jobs.MAX_ATTEMPTS} tries"
    checked("drill 3", posts=DEATHS, inboxes=len(active), also=also)
