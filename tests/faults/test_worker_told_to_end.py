"""SIGTERM to a worker with a long job: it ends in time, another one goes on with the job, and never two at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from config.run.application import MANAGE, WORKER
from core import jobs
from posts.models import Post
from stores.models import Store
from tests.faults.conftest import Checked
from tests.faults.crowds import check_inboxes, crowd, entries, packed, published, wake
from tests.faults.deadly import HANG, know_the_jobs
from tests.faults.processes import IN_FULL, wait_for, worker
from tests.people import Person

pytestmark = pytest.mark.fault
know_the_jobs()
MUST_END_S = 20
# What ends a statement that takes too long: here sooner than the 15 seconds of the default.
GIVES_UP_MS = "15000" if IN_FULL else "3000"
# And the time that the worker then has to put its job back.
GRACEFUL = "--shutdown-graceful-timeout=15" if IN_FULL else "--shutdown-graceful-timeout=6"

# Sequences count even where their transaction ends in nothing. A run holds the lock from here to the end of its
# transaction; whoever finds it held runs at the same time.
_WATCH_SQL = """
CREATE SEQUENCE test_runs; CREATE SEQUENCE test_at_once;
CREATE FUNCTION test_watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(2) THEN PERFORM nextval('test_at_once'); END IF;
    IF nextval('test_runs') = 1 THEN PERFORM pg_sleep(600); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER test_watch BEFORE UPDATE ON feed_fanoutrange FOR EACH STATEMENT EXECUTE FUNCTION test_watch()
"""
_FORGET_SQL = "DROP FUNCTION test_watch CASCADE; DROP SEQUENCE test_runs, test_at_once"


def count(sequence: str) -> int:
    """How often a sequence was asked."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")
        return int((cursor.fetchone() or (0,))[0])


@contextmanager
def a_long_first_run() -> Iterator[None]:
    """The first run that records a range sleeps in PostgreSQL; all runs are watched."""
    with connection.cursor() as cursor:
        cursor.execute(_WATCH_SQL)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET_SQL)


def test_a_worker_told_to_end_does_so_and_its_job_goes_on_elsewhere_never_twice_at_once(
    alice: Person, store: Store, checked: Checked, tmp_path: Path
) -> None:
    active = crowd(store, 300)
    wake(active)
    with a_long_first_run():
        with worker(tmp_path / "first.log", GRACEFUL, DATABASE_STATEMENT_TIMEOUT_MS=GIVES_UP_MS) as first:
            alice.post(f"/stores/{store.handle}/posts", {"text": "Spring oolong", "status": "published"})
            wait_for(lambda: count("test_runs"), seconds=30)
            with worker(tmp_path / "second.log"):
                told = time.monotonic()
                first.terminate()
                assert first.wait(MUST_END_S) == 0
                took = time.monotonic() - told
                wait_for(lambda: not Post.objects.filter(fanned_out_at=None).exists(), seconds=30)
        assert (count("test_runs"), count("test_at_once")) == (2, 0)
    repeated = check_inboxes(packed(active), published(store))
    assert repeated == len(active), "the first run had pushed before it was cut off"
    assert {len(entries(inbox)) for inbox in packed(active)} == {2}
    also = f"ended {took:.0f} s after SIGTERM with a job that would have taken ten minutes, run 2 times, 0 at once"
    checked("drill 2", posts=1, inboxes=len(active), also=also)


@pytest.mark.usefixtures("world")
def test_a_worker_told_to_end_does_not_wait_for_a_job_that_hangs(tmp_path: Path) -> None:
    hanging = jobs.defer(HANG)
    command = (sys.executable, "-m", "tests.faults.deadly", *WORKER[len(MANAGE) :])
    with worker(tmp_path / "worker.log", command=command) as process:
        wait_for(lambda: ProcrastinateJob.objects.get(id=hanging).status == "doing", seconds=30)
        process.terminate()
        assert process.wait(MUST_END_S) == 1
    assert "the worker ends without it" in (tmp_path / "worker.log").read_text()
    assert ProcrastinateJob.objects.get(id=hanging).status == "doing", "until it is seen that its worker is gone"
