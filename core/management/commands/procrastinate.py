"""procrastinate's command, with a worker that outlives PostgreSQL: theirs ends when its connections are cut."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from typing import Any

from procrastinate import App
from procrastinate.contrib.django.management.commands import procrastinate
from procrastinate.exceptions import ConnectorException

from core import logs

log = logs.get(__name__)
# From the end of a worker that nobody ended to the next one.
PAUSE_S = 1.0
# How long after its time to end gracefully a worker waits for a job that hangs.
FORCE_S = 3.0


class Command(procrastinate.Command):
    """All of procrastinate's subcommands; `worker` goes on until it is told to stop."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the subcommand."""
        if options["command"] == "worker":
            options["func"] = work_until_told
        super().handle(*args, **options)


async def work_until_told(*, app: App, **options: Any) -> None:
    """Runs one worker after the other until SIGTERM or SIGINT; with `wait` false, until no job is left."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    waiting = asyncio.create_task(told.wait())
    while not told.is_set():
        working = asyncio.create_task(_work(app, options))
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if told.is_set():
            working.cancel()  # it finishes or puts back what it runs
            await _end(working, options.get("shutdown_graceful_timeout"))
            continue
        error = working.exception()
        if error is not None and not isinstance(error, ConnectorException):
            raise error
        if error is None and options.get("wait") is False:
            break
        log.warning("the worker lost PostgreSQL and starts afresh: %s", error or "a connection was cut")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), PAUSE_S)
    waiting.cancel()


async def _end(working: asyncio.Task[None], graceful_s: float | None) -> None:
    """Waits for a worker that was told to end, but not for a job that does not: no one can end a thread.

    Ended with its process, the job is taken up by another worker as any whose worker died.
    """
    _, lasting = await asyncio.wait({working}, timeout=None if graceful_s is None else graceful_s + FORCE_S)
    if lasting:
        log.error("a job goes on %s s after it was told to end: the worker ends without it", FORCE_S)
        logging.shutdown()
        os._exit(1)


async def _work(app: App, options: dict[str, Any]) -> None:
    """One worker, on connections of its own."""
    await app.close_async()
    await app.open_async()
    await app.run_worker_async(**options, install_signal_handlers=False)
