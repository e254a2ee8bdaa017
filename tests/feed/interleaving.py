"""Jobs one at a time in any order, and builders that are overtaken: what is chance in life is chosen here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app

from core import db, redis

# Those that matter to feeds; the worker of `run_jobs` sees to the others.
_WAITING = """
SELECT id, task_name, args FROM procrastinate_jobs
WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) AND task_name ~ '^(feed|posts)[.]'
ORDER BY id
"""


def run_one_job(which: int, *, dies: bool = False) -> bool:
    """Runs one of the jobs that are due, by any number; False without one.

    One that `dies` did all of its work and is not known to have: it stays in the queue.
    """
    with connection.cursor() as sql:
        sql.execute(_WAITING)
        waiting = sql.fetchall()
        if not waiting:
            return False
        job_id, name, arguments = waiting[which % len(waiting)]
        if not dies:
            # Taken before it runs, so that another with the same name for "once" may be deferred meanwhile.
            sql.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job_id])
    app.tasks[name].func(**json.loads(arguments))
    if not dies:
        with connection.cursor() as sql:
            sql.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job_id])
    return True


def run_all_jobs(which: int = 0) -> None:
    """Runs what is due and what that defers until nothing is, in an order chosen by any number (0: as deferred)."""
    while run_one_job(which):
        pass


def overtaken(build: Callable[[], Coroutine[Any, Any, object]], *, after: int, by: Callable[[], None]) -> None:
    """Runs `build` on a loop of its own, and `by` when it has had the answers of so many statements."""

    async def run() -> None:
        try:
            await build()
        finally:
            await db.close()
            await redis.async_client().aclose()

    with after_statements(after, by):
        asyncio.run(run())


@contextmanager
def after_statements(number: int, then: Callable[[], None]) -> Iterator[None]:
    """Runs `then` when so many statements of the hot path have been answered, before their answers are used."""
    fetch_all, answered = db.fetch_all, 0

    def in_thread() -> None:
        try:
            then()
        finally:
            connection.close()

    async def counted(sql: str, parameters: dict[str, Any]) -> Any:
        nonlocal answered
        if answered == 0 == number:
            await asyncio.to_thread(in_thread)
        rows = await fetch_all(sql, parameters)
        answered += 1
        if answered == number:
            await asyncio.to_thread(in_thread)
        return rows

    db.fetch_all = counted
    try:
        yield
    finally:
        db.fetch_all = fetch_all
