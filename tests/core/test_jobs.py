"""Deferring is part of the transaction, wherever it happens."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from core import clock, jobs
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


@jobs.periodic("0 0 29 2 *", "tests.tick", one_at_a_time=True)
def tick(timestamp: int) -> None:
    """By the clock: fails the first time, when the next one waits already; the third time Redis is away."""
    note(f"tick {timestamp}")
    if timestamp == 0:
        jobs.defer("tests.tick", once="tests.tick", one_at_a_time="tests.tick", timestamp=1)
        raise ValueError
    if timestamp == 2:
        raise RedisAway


def statuses() -> list[str]:
    """What became of the jobs that are still there."""
    return list(ProcrastinateJob.objects.order_by("id").values_list("status", flat=True))


def test_a_periodic_job_that_fails_lets_the_next_one_run(world: None) -> None:
    jobs.defer("tests.tick", once="tests.tick", one_at_a_time="tests.tick", timestamp=0)
    run_jobs()
    assert (notes(), statuses()) == (["tick 0", "tick 1"], ["failed"])


def test_a_periodic_job_waits_for_its_next_time_while_redis_is_away(world: None) -> None:
    jobs.defer("tests.tick", once="tests.tick", timestamp=2)
    run_jobs()
    assert (notes(), statuses()) == (["tick 2"], [])


@jobs.task("tests.stumble")
def stumble(with_another: bool) -> None:
    """A job of which one waiting is enough, which fails the first time."""
    first = notes() == []
    note("first" if first else "second")
    if first and with_another:
        stumble_once(with_another=True)
    if first:
        raise ValueError


def stumble_once(*, with_another: bool) -> int | None:
    return jobs.defer("tests.stumble", once="one", one_at_a_time="one", with_another=with_another)


def due_now(*, attempts: int | None = None) -> None:
    """What waits for its next try waits no longer, and was tried so many times."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now(), attempts = coalesce(%s, attempts)"
            " WHERE status = 'todo'", [attempts],
        )  # fmt: skip


def test_a_job_of_which_one_is_enough_ends_when_it_fails_while_another_waits(world: None) -> None:
    stumble_once(with_another=True)
    run_jobs()
    assert (notes(), statuses()) == (["first", "second"], [])


def test_a_job_of_which_one_is_enough_is_tried_again_as_the_one_that_waits(world: None) -> None:
    stumble_once(with_another=False)
    run_jobs()
    waiting = ProcrastinateJob.objects.get()
    assert (waiting.status, waiting.attempts, waiting.lock) == ("todo", 1, "one")
    assert waiting.scheduled_at is not None
    assert stumble_once(with_another=False) is None
    due_now()
    run_jobs()
    assert (notes(), statuses()) == (["first", "second"], [])


def test_a_job_of_which_one_is_enough_is_given_up_as_any_other(world: None) -> None:
    jobs.defer("tests.fail", once="one", redis_is_away=False)
    due_now(attempts=jobs.MAX_ATTEMPTS)
    run_jobs()
    assert statuses() == ["failed"]


def minutes_pass(minutes: int) -> None:
    """All that happened to jobs happened so much longer ago."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - make_interval(mins => %s)", [minutes])


def fail_for_good() -> None:
    """The last try of all that waits."""
    due_now(attempts=jobs.MAX_ATTEMPTS)
    run_jobs()


def test_a_failed_job_is_taken_up_ever_more_seldom_and_five_times_at_most(world: None) -> None:
    jobs.defer("tests.fail", redis_is_away=False)
    fail_for_good()
    assert jobs.take_up_failed(["tests.note"]) == 0, "that is another"
    for minutes in (0, 3, 15, 63, 255):
        minutes_pass(max(0, minutes - 1))
        assert jobs.take_up_failed(["tests.fail"]) == (minutes == 0)
        minutes_pass(1)
        assert jobs.take_up_failed(["tests.fail"]) == (minutes > 0)
        fail_for_good()
    minutes_pass(10_000)
    assert jobs.take_up_failed(["tests.fail"]) == 0


def test_a_failed_job_that_is_taken_up_gets_few_more_workers_to_kill(world: None) -> None:
    number = jobs.defer("tests.fail", redis_is_away=False)
    fail_for_good()
    assert jobs.take_up_failed(["tests.fail"]) == 1
    lose_worker(number, attempts=ProcrastinateJob.objects.get().attempts)
    jobs.defer("core.retry_stalled", timestamp=0)
    run_jobs()
    assert statuses() == ["failed"]


def test_jobs_that_failed_long_ago_are_forgotten_and_those_that_wait_are_not(world: None) -> None:
    old = jobs.defer("tests.fail", redis_is_away=False)
    fail_for_good()
    waiting = jobs.defer("tests.note", what="later", at=clock.now() + timedelta(minutes=5))
    minutes_pass(8 * 24 * 60)
    new = jobs.defer("tests.fail", redis_is_away=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s WHERE id = %s", [jobs.MAX_ATTEMPTS, new])
    run_jobs()
    assert jobs.forget_ended(0) == 1
    left = set(ProcrastinateJob.objects.values_list("id", flat=True))
    assert (left, old in left) == ({waiting, new}, False)
