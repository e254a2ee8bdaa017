"""Real processes of the application over the test database, to be frozen and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.devservers.process import end, free_port, spawn
from config.run.application import FRAME_BYTES, WORKER, commands, is_ready

# With FAULTS_IN_FULL set, drills last as long as they say, and time that could be skipped is waited for.
IN_FULL = "FAULTS_IN_FULL" in os.environ
PING_EVERY_S = 25
# What `make run` uses, and the other one that the operations guide knows. Where ours alone decides, one is enough.
SERVERS = ("daphne", "uvicorn")
SERVERS_IF_IN_FULL = SERVERS if IN_FULL else SERVERS[:1]
ROOT = Path(__file__).resolve().parents[2]


def environment(**more: str) -> dict[str, str]:
    """What a process needs to work on the test's own database and, unless told otherwise, Redis."""
    at = connection.settings_dict
    address = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    redis = {"REDIS_URL": settings.REDIS_URL, "REDIS_PLAIN_URL": more.get("REDIS_URL", settings.REDIS_PLAIN_URL)}
    # Here everybody comes from one address.
    return {**os.environ, "DATABASE_URL": address, "LIMIT_LIVE_SOCKETS_PER_ADDRESS": "1000000", **redis, **more}


@dataclass(frozen=True)
class Web:
    """A web process of the application: where it is, what it printed, and how it is told to end."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        """Its TCP port on the loopback."""
        return int(self.url.rpartition(":")[2])

    def tracebacks(self) -> list[str]:
        """Lines of its log that say something went wrong inside."""
        words = ("Traceback", "[error", "[critical", "ERROR", "never retrieved", "was destroyed")
        lines = (line for line in self.log.read_text().splitlines() if "Service Unavailable: /readyz" not in line)
        return [line for line in lines if any(word in line for word in words)]


def web_command(server: str, port: int, ping_every_s: int = PING_EVERY_S) -> Sequence[str]:
    """How a web process is started: daphne as `make run` does, uvicorn as the operations guide has it."""
    if server == "daphne":
        command = list(commands(port, Path(os.devnull))["web"])
        command[command.index("--ping-interval") + 1] = str(ping_every_s)
        return command
    at = ("--host", "127.0.0.1", "--port", str(port), "--no-proxy-headers", "--no-access-log")
    options = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "5")
    bounds = ("--ws-max-size", FRAME_BYTES, "--ws-ping-interval", str(ping_every_s))
    return (sys.executable, "-m", "uvicorn", *at, *options, *bounds, "config.asgi:application")


@contextmanager
def web_process(log: Path, server: str = "daphne", ping_every_s: int = PING_EVERY_S, /, **more: str) -> Iterator[Web]:
    """A web process that is ready; ended afterwards, unless it has ended."""
    port = free_port()
    with log.open("wb") as output:
        process = spawn(
            web_command(server, port, ping_every_s),
            cwd=ROOT,
            env=environment(PORT=str(port), **more),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: is_ready(port) or process.poll() is not None, seconds=30)
        assert process.poll() is None, log.read_text()[-2000:]
        yield Web(f"http://127.0.0.1:{port}", process, log)
    finally:
        end(process, gentle=signal.SIGTERM, grace=12)


@contextmanager
def web(log: Path, **more: str) -> Iterator[str]:
    """A web process; its address."""
    with web_process(log, "daphne", PING_EVERY_S, **more) as process:
        yield process.url


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


def allowed(seconds: float) -> float:
    """What a machine at rest needs at most; when others work on it too, they take their share."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


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
