"""Which jobs are put back when workers are not heard of any more: those of the dead, once, and nobody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from core import jobs
from tests.people import run_jobs

pytestmark = pytest.mark.fault


@jobs.task("tests.nothing")
def nothing(number: int) -> None:
    """A job that does nothing."""


def taken(worker_age_s: float | None, *, once: str | None = None) -> int:
    """A job that is being done by a worker that was last heard of so long ago; None: by one that is forgotten."""
    job_id = jobs.defer("tests.nothing", once=once, number=1)
    assert job_id is not None
    with connection.cursor() as cursor:
        worker_id = None
        if worker_age_s is not None:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second')"
                " RETURNING id",
                [worker_age_s],
            )
            (worker_id,) = cursor.fetchone() or (None,)
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [worker_id, job_id]
        )
    return job_id


def sweep() -> None:
    """Looks for the dead, as the clock would have it, and does what is there to be done."""
    jobs.defer("core.retry_stalled", once="core.retry_stalled", timestamp=0)
    run_jobs()


def statuses() -> dict[int, str]:
    """What became of the jobs that are left; those that were done are gone."""
    found = ProcrastinateJob.objects.filter(task_name="tests.nothing")
    return dict(found.values_list("id", "status"))


def test_a_job_of_a_living_worker_is_left_alone(world: None) -> None:
    alive = taken(jobs.STALLED_AFTER_S - 5)
    dead, forgotten = taken(jobs.STALLED_AFTER_S + 5), taken(None)
    sweep()
    assert statuses() == {alive: "doing"}
    assert {dead, forgotten} & set(statuses()) == set()
    assert ProcrastinateWorker.objects.filter(last_heartbeat__isnull=False).count() == 1


def test_a_lost_job_of_which_one_waits_already_does_not_wait_as_well_and_holds_up_nobody(world: None) -> None:
    lost, other = taken(60, once="picture 1"), taken(60)
    second = taken(60, once="picture 2")
    also_second = taken(60, once="picture 2")
    with connection.cursor() as cursor:  # a long time to go, so that it still waits afterwards
        waiting = jobs.defer("tests.nothing", once="picture 1", number=2)
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day' WHERE id = %s", [waiting])
    sweep()
    assert statuses() == {lost: "aborted", waiting: "todo", also_second: "aborted"}
    assert {other, second} & set(statuses()) == set()


def test_two_sweeps_at_once_put_a_job_back_once(world: None) -> None:
    lost = [taken(60) for _ in range(50)]

    def look() -> int:
        with connection.cursor() as cursor:
            cursor.execute(jobs._SETTLE_LOST_SQL)
            return len(cursor.fetchall())

    def look_elsewhere() -> int:
        try:
            return look()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            first = look()
            second = thread.submit(look_elsewhere)
            wait([second], timeout=1)  # it need not wait for us, but might
        assert (first, second.result()) == (len(lost), 0)
    assert set(ProcrastinateJob.objects.values_list("attempts", "status")) == {(1, "todo")}
