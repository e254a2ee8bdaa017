"""The stage of a bench: throw-away PostgreSQL and Redis, and the real web process and workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.devservers import servers
from config.devservers.process import HOST, end, free_port, spawn
from config.run.application import MANAGE, commands

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Stage:
    """Where the running application listens, and what runs it."""

    port: int
    processes: dict[str, subprocess.Popen[bytes]]

    def metric(self, name: str) -> float:
        """A counter of the web process, from /metrics."""
        with urllib.request.urlopen(f"http://{HOST}:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line.split()[-1] for line in lines if line.startswith(name + " ")))


def say(text: str) -> None:
    """Progress, on stderr, so that the result stays the last line of stdout."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def stage() -> Iterator[Stage]:
    """Starts everything under a folder that is thrown away, and stops it at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backyard-bench-")))
        say("starting PostgreSQL and Redis")
        running = stack.enter_context(servers(folder))
        port = free_port()
        os.environ.update(
            running.environment,
            BACKYARD_ENV="test",
            BACKYARD_VAR=str(folder),
            PORT=str(port),
            DJANGO_SETTINGS_MODULE="config.settings",
            # A bench asks more of one session than any person does.
            LIMIT_READS_RATE="100000000/minute",
            LIMIT_WRITES_RATE="100000000/minute",
        )
        subprocess.run([*MANAGE, "migrate", "--no-input", "-v", "0"], cwd=ROOT, check=True, stdout=sys.stderr)
        processes: dict[str, subprocess.Popen[bytes]] = {}
        for name, command in commands(port, folder / "access.log").items():
            wanted = ["bench.app:application" if word == "config.asgi:application" else word for word in command]
            processes[name] = spawn(wanted, cwd=ROOT, env=dict(os.environ), stdout=sys.stderr)
        stack.callback(lambda: end(*processes.values(), gentle=signal.SIGTERM, grace=10))
        _wait(port)
        yield Stage(port, processes)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the application did not become ready within 30 s")
