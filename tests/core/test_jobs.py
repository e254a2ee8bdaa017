"""Deferring is part of the transaction, wherever it happens."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from core import jobs
from core.models import RememberedAnswer
from core.redis import RedisAway
from tests.people import run_jobs


class Stop(Exception):
    """Rolls a transaction back."""


def note(what: str) -> None:
    """Leaves a trace in the database."""
    RememberedAnswer.objects.create(user_id=1, route="test", key=what, body_sha256=b"", status=200, body=b"")


def notes() -> list[str]:
    """The traces, in order of their names."""
    return list(RememberedAnswer.objects.order_by("key").values_list("key", flat=True))


@jobs.task("tests.note")
def note_it(what: str) -> None:
    """A job that leaves a trace, once."""
    if what not in notes():
        note(what)


@jobs.task("tests.note_if_committed")
def note_if_committed(what: str) -> None:
    """A job that needs what the one who deferred it has written."""
    note(f"{what} seen" if what in notes() else f"{what} missed")


@jobs.task("tests.defer")
def defer_and(roll_back: bool) -> None:
    """A job that writes and defers in one transaction, which takes its time to end."""
    with transaction.atomic():
        note("written")
        jobs.defer("tests.note_if_committed", what="written")
        if roll_back:
            transaction.set_rollback(True)


def test_a_roll_back_takes_the_job_with_it(world: None) -> None:
    with pytest.raises(Stop), transaction.atomic():
        jobs.defer("tests.note", what="gone")
        raise Stop
    jobs.defer("tests.note", what="kept")
    run_jobs()
    assert notes() == ["kept"]


def test_a_roll_back_inside_a_job_takes_what_it_deferred_with_it(world: None) -> None:
    jobs.defer("tests.defer", roll_back=True)
    run_jobs()
    assert notes() == []


def test_what_a_job_defers_sees_what_it_wrote(world: None) -> None:
    jobs.defer("tests.defer", roll_back=False)
    run_jobs()
    assert notes() == ["written", "written seen"]


def test_one_waiting_job_is_enough_where_one_is_asked_for(world: None) -> None:
    with transaction.atomic():
        first = jobs.defer("tests.note", once="one", what="a")
        assert (first is not None, jobs.defer("tests.note", once="one", what="b")) == (True, None)
        note("the transaction goes on")
    run_jobs()
    assert notes() == ["a", "the transaction goes on"]


def test_two_at_once_who_ask_for_one_waiting_job_both_go_on(world: None) -> None:
    deferred, both = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            assert jobs.defer("tests.note", once="one", what="job") is not None
            note("first")
            deferred.set()
            both.wait(5)
        connection.close()

    def second() -> None:
        assert deferred.wait(5)
        # Waits inside PostgreSQL for the first to commit.
        threading.Timer(0.2, both.set).start()
        with transaction.atomic():
            assert jobs.defer("tests.note", once="one", what="job") is None
            note("second")
        connection.close()

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(first), threads.submit(second)]:
            done.result()
    assert notes() == ["first", "second"]


@jobs.task("tests.fail")
def fail(redis_is_away: bool) -> None:
    """A job that cannot be done."""
    raise RedisAway if redis_is_away else ValueError


def test_a_job_gives_up_after_eight_tries_but_not_while_redis_is_away(world: None) -> None:
    numbers = {jobs.defer("tests.fail", redis_is_away=away): away for away in (True, False)}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = 2000")
    run_jobs()
    ended = {numbers[job.id]: job.status for job in ProcrastinateJob.objects.all()}
    assert ended == {True: "todo", False: "failed"}


def lose_worker(job_id: int | None, *, attempts: int) -> None:
    """A worker took this job, for the so-manieth time, and has not been heard of for an hour."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        (worker_id,) = cursor.fetchone() or (None,)
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s WHERE id = %s",
            [worker_id, attempts, job_id],
        )


def test_a_job_that_killed_too_many_workers_is_failed_and_one_that_lost_its_own_goes_on(world: None) -> None:
    killer, unlucky = (jobs.defer("tests.note", what=what) for what in ("killer", "unlucky"))
    lose_worker(killer, attempts=jobs.MAX_ATTEMPTS)
    lose_worker(unlucky, attempts=1)
    jobs.defer("core.retry_stalled", timestamp=0)
    run_jobs()
    assert notes() == ["unlucky"]
    assert [(job.id, job.status) for job in ProcrastinateJob.objects.all()] == [(killer, "failed")]
