"""Jobs: deferred by name inside the transaction that made them true, retried eight times, swept when a worker died.

Tasks take ids, tolerate absence and may run twice. Sources of the traps that this file closes: reliability.md.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from procrastinate import BaseRetryStrategy, RetryDecision
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


def task(name: str, *, queue: str = "default", priority: int = 0) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Registers a function as the task `name` ("app.verb"). The function itself stays callable."""

    def register(function: Callable[P, R]) -> Callable[P, R]:
        app.task(name=name, queue=queue, priority=priority, retry=Backoff())(function)
        return function

    return register


def periodic(
    cron: str, name: str, *, queue: str = "default", priority: int = 0, one_at_a_time: bool = False
) -> Callable[[Callable[[int], R]], Callable[[int], R]]:
    """Registers a task that runs by the clock; it is given the timestamp it was due at, in Unix seconds.

    `one_at_a_time`: not while another of it runs, which where a worker was killed is up to a minute.
    """

    def register(function: Callable[[int], R]) -> Callable[[int], R]:
        lock = name if one_at_a_time else None
        registered = app.task(
            name=name, queue=queue, priority=priority, lock=lock, queueing_lock=name, retry=Backoff()
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
