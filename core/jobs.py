"""Jobs: deferred by name inside the transaction that made them true, tried eight times, swept when a worker died.

Tasks take ids, tolerate absence and may run twice. Sources of the traps that this file closes: reliability.md.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate import jobs as procrastinate_jobs
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager

from core import clock, logs
from core.redis import RedisAway

log = logs.get(__name__)
P = ParamSpec("P")
R = TypeVar("R")
MAX_ATTEMPTS = 8
# Workers are heard of every 10 s, and no job runs on for 20 s after its worker was told to end and fell silent.
STALLED_AFTER_S = 30
# The priority of what must not wait behind a pile of jobs where one worker runs them all.
FIRST = 100
# How often a failed job is taken up, and how long those that ended badly are kept for people to look at.
TAKEN_UP = 5
KEPT = timedelta(days=7)
# What becomes of a job whose worker died.
_ENDS = {"todo": "put back", "failed": "given up", "aborted": "another one waits already"}
# A running worker gives procrastinate's app connections of its own, on which no transaction of ours runs: what a job
# defers would overtake what it writes. So deferring goes over Django's connection, in workers too.
_queue = JobManager(DjangoConnector())


class Backoff(BaseRetryStrategy):
    """1, 2, 4, … seconds with jitter, at most 120, and an end after eight tries; but none while Redis is away.

    A job given up then would leave a hole in what Redis still holds when it is back.
    """

    def get_retry_decision(self, *, exception: BaseException, job: procrastinate_jobs.Job) -> RetryDecision | None:
        """When to try again, or None to give up."""
        if job.attempts >= MAX_ATTEMPTS and not isinstance(exception, RedisAway):
            return None
        wait = min(120.0, 2.0 ** min(job.attempts, 7)) * random.uniform(0.75, 1.25)
        return RetryDecision(retry_at=clock.now() + timedelta(seconds=wait))


RETRY = Backoff()


def task(name: str, *, queue: str = "default", priority: int = 0) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Registers a function as the task `name` ("app.verb"). The function itself stays callable."""

    def register(function: Callable[P, R]) -> Callable[P, R]:
        app.task(name=name, queue=queue, priority=priority, retry=RETRY, task_middleware=[_one_is_enough])(function)
        return function

    return register


# Where one like it waits already, that one is enough.
_ANOTHER_SQL = """
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, attempts, scheduled_at)
SELECT queue_name, task_name, priority, lock, queueing_lock, args, attempts + 1, %(at)s
FROM procrastinate_jobs WHERE id = %(id)s
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""


def _one_is_enough(run: Callable[[], Any], context: JobContext, worker: object) -> Any:
    """Puts a failed job of which one waiting is enough into the queue again, unless it has to be given up.

    As a row of its own: procrastinate's retry breaks on the unique index when one like it was deferred meanwhile, and
    then leaves the job, and its lock, to a worker that does not run it any more.
    """
    job = context.job
    try:
        return run()
    except Exception as error:
        again = RETRY.get_retry_decision(exception=error, job=job)
        if job.queueing_lock is None or again is None:
            raise
        with connection.cursor() as cursor:
            cursor.execute(_ANOTHER_SQL, {"id": job.id, "at": again.retry_at})
            how = "is tried again" if cursor.rowcount else "another one waits already"
        log.info("job %s (%s) failed: %s", job.id, job.task_name, how, exc_info=True)


def _waits_for_redis(run: Callable[[], Any], context: JobContext, worker: object) -> Any:
    """No failure, where the clock calls again anyway."""
    try:
        return run()
    except RedisAway:
        log.info("%s waits for its next time: Redis is away", context.job.task_name)


def periodic(
    cron: str, name: str, *, queue: str = "default", priority: int = 0, one_at_a_time: bool = False
) -> Callable[[Callable[[int], R]], Callable[[int], R]]:
    """Registers a task that runs by the clock; it is given the timestamp it was due at, in Unix seconds.

    One that fails is not retried: its next time is, and the next one may be waiting for it to end.
    `one_at_a_time`: not while another of it runs, which where a worker was killed is up to a minute.
    """

    def register(function: Callable[[int], R]) -> Callable[[int], R]:
        registered = app.task(
            name=name,
            queue=queue,
            priority=priority,
            lock=name if one_at_a_time else None,
            queueing_lock=name,
            task_middleware=[_waits_for_redis],
        )(function)
        app.periodic(cron=cron, periodic_id=name)(registered)
        return function

    return register


def defer(
    name: str, *, at: datetime | None = None, once: str | None = None, one_at_a_time: str | None = None, **ids: Any
) -> int | None:
    """Puts a job into the queue as part of the current transaction. Its number, or None when `once` is already waiting.

    `at` is the earliest time; `once` names a job of which one waiting is enough; `one_at_a_time` names a lock that jobs
    of the same name never run under together.
    """
    options: dict[str, Any] = {"schedule_at": at, "queueing_lock": once, "lock": one_at_a_time}
    deferrer = app.configure_task(name, allow_unknown=False, **{k: v for k, v in options.items() if v is not None})
    deferrer.job_manager = _queue
    if once is None:
        return deferrer.defer(**ids)
    try:
        # A savepoint: hitting the unique index aborts what it is in.
        with transaction.atomic():
            return deferrer.defer(**ids)
    except AlreadyEnqueued:
        return None


# In one statement, under the rows' locks: between a look and a deed a worker may be heard of again, or another sweep
# may have put back a job that runs again already. Of those of which one waiting is enough, one waits.
_SETTLE_LOST_SQL = f"""
WITH lost AS (
    SELECT job.id, job.attempts, job.abort_requested, job.queueing_lock FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
      AND (worker.id IS NULL OR worker.last_heartbeat < now() - interval '{STALLED_AFTER_S} seconds')
    FOR UPDATE OF job SKIP LOCKED
), settled AS (
    SELECT id, CASE
        WHEN attempts + 1 >= {MAX_ATTEMPTS} OR abort_requested THEN 'failed'
        WHEN row_number() OVER (PARTITION BY coalesce(queueing_lock, id::text) ORDER BY id) > 1 OR EXISTS (
            SELECT 1 FROM procrastinate_jobs waiting
            WHERE waiting.queueing_lock = lost.queueing_lock AND waiting.status = 'todo'
        ) THEN 'aborted'
        ELSE 'todo' END::procrastinate_job_status AS status
    FROM lost
)
UPDATE procrastinate_jobs job
SET status = settled.status, attempts = attempts + 1, abort_requested = false, scheduled_at = now()
FROM settled WHERE settled.id = job.id
RETURNING job.id, job.task_name, job.status::text AS status, job.attempts
"""  # noqa: S608  # composed of our own constants


@app.periodic(cron="* * * * * */15", periodic_id="core.retry_stalled")
@app.task(
    name="core.retry_stalled", queue="default", priority=FIRST, queueing_lock="core.retry_stalled", pass_context=True
)
async def retry_stalled(context: Any, timestamp: int) -> None:
    """Jobs whose worker died are put back; one that killed its workers too often is failed, and the others go on."""
    for job in await context.app.connector.execute_query_all_async(_SETTLE_LOST_SQL):
        said = "job %s (%s) lost its worker, for the %s. time: %s"
        level = logging.WARNING if job["status"] == "todo" else logging.ERROR
        log.log(level, said, job["id"], job["task_name"], job["attempts"], _ENDS[job["status"]])
    await context.app.job_manager.prune_stalled_workers(STALLED_AFTER_S)


# Each time after a longer while: at once, then 3, 15, 63 and 255 minutes later. With one retry, so that a job which
# kills its workers gets no eight of them again.
_TAKE_UP_SQL = f"""
UPDATE procrastinate_jobs job
SET status = 'todo', attempts = {MAX_ATTEMPTS - 1}, abort_requested = false, queueing_lock = NULL, scheduled_at = now()
FROM (
    SELECT failed.id FROM procrastinate_jobs failed
    JOIN procrastinate_events event ON event.job_id = failed.id AND event.type IN ('failed', 'retried')
    WHERE failed.status = 'failed' AND failed.task_name = ANY (%s)
    GROUP BY failed.id
    HAVING count(*) FILTER (WHERE event.type = 'retried') < {TAKEN_UP}
       AND max(event.at) <= now() - make_interval(
           mins => (4 ^ count(*) FILTER (WHERE event.type = 'retried'))::integer - 1)
) again
WHERE job.id = again.id AND job.status = 'failed'
RETURNING job.id, job.task_name
"""  # noqa: S608  # composed of our own constants


def take_up_failed(names: Sequence[str]) -> int:
    """Puts failed jobs of these tasks back into the queue, five times at most; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_UP_SQL, [list(names)])
        found = cursor.fetchall()
    for number, name in found:
        log.warning("job %s (%s) had been given up: it is taken up again", number, name)
    return len(found)


# An event with every change of a job: the newest says since when it is what it is.
_FORGET_ENDED_SQL = """
DELETE FROM procrastinate_jobs job
WHERE status IN ('failed', 'aborted', 'cancelled')
  AND NOT EXISTS (SELECT 1 FROM procrastinate_events event WHERE event.job_id = job.id AND event.at > %s)
"""


@periodic("37 * * * *", "core.forget_ended_jobs")
def forget_ended(timestamp: int) -> int:
    """Jobs that failed, or were put aside, a week ago are deleted; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_ENDED_SQL, [clock.now() - KEPT])
        return int(cursor.rowcount)
