"""Real processes of the application over the test database, to be frozen and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.devservers.process import end, free_port, spawn
from config.run.application import WORKER, commands, is_ready

# With FAULTS_IN_FULL set, drills last as long as they say, and time that could be skipped is waited for.
IN_FULL = "FAULTS_IN_FULL" in os.environ
ROOT = Path(__file__).resolve().parents[2]


def environment(**more: str) -> dict[str, str]:
    """What a process needs to work on the test's own database and, unless told otherwise, Redis."""
    at = connection.settings_dict
    address = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    redis = {"REDIS_URL": settings.REDIS_URL, "REDIS_PLAIN_URL": more.get("REDIS_URL", settings.REDIS_PLAIN_URL)}
    return {**os.environ, "DATABASE_URL": address, **redis, **more}


@contextmanager
def web(log: Path, **more: str) -> Iterator[str]:
    """A web process; its address."""
    port = free_port()
    command = commands(port, Path(os.devnull))["web"]
    with log.open("wb") as output:
        process = spawn(
            command, cwd=ROOT, env=environment(PORT=str(port), **more), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(lambda: is_ready(port), seconds=30)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process, gentle=signal.SIGTERM, grace=5)


def start_worker(log: Path, *options: str, command: Sequence[str] = WORKER, **more: str) -> subprocess.Popen[bytes]:
    """A worker on all queues, which whoever started it must end."""
    with log.open("ab") as output:
        return spawn((*command, *options), cwd=ROOT, env=environment(**more), stdout=output, stderr=subprocess.STDOUT)


@contextmanager
def worker(log: Path, *options: str, command: Sequence[str] = WORKER, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on all queues."""
    process = start_worker(log, *options, command=command, **more)
    try:
        yield process
    finally:
        end(process, gentle=signal.SIGTERM, grace=5)


def heartbeats_of_a_minute_ago() -> None:
    """Lets time pass for whoever looks for dead workers."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")


def wait_for(happened: Callable[[], object], *, seconds: float) -> float:
    """Returns when it has happened, with how long that took."""
    start = time.monotonic()
    while not happened():
        assert time.monotonic() - start < seconds, f"it did not happen within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - start
