"""The stage of a bench: throw-away PostgreSQL and Redis, and the real web processes and workers on top of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from config.devservers import Servers, servers
from config.devservers.process import HOST, end, free_port, spawn, wait_until
from config.run.application import MANAGE, commands, is_ready

ROOT = Path(__file__).resolve().parents[1]
APPLICATION = "bench.app:application"


@dataclass(frozen=True)
class Web:
    """A web process that listens."""

    port: int
    process: subprocess.Popen[bytes]

    def metric(self, name: str) -> float:
        """A counter of the process, from /metrics."""
        with urllib.request.urlopen(f"http://{HOST}:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line.split()[-1] for line in lines if line.startswith(name + " ")))


@dataclass(frozen=True)
class Site:
    """One installation of the application: a database, a number in Redis, and what runs on them."""

    folder: Path
    environment: dict[str, str]

    def inside(self, name: str, **arguments: Any) -> Any:
        """Runs a part of `bench.inside` and gives its result."""
        command = [sys.executable, "-m", "bench.inside", name, json.dumps(arguments)]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1])

    def manage(self, *words: str) -> None:
        """Runs a management command."""
        subprocess.run([*MANAGE, *words], cwd=ROOT, env=self.environment, check=True, stdout=sys.stderr)

    def sql(self) -> psycopg.Connection[Any]:
        """A connection of the bench's own, to look on."""
        return psycopg.connect(self.environment["DATABASE_URL"], autocommit=True)

    @contextmanager
    def web(self, server: str = "daphne") -> Iterator[Web]:
        """A web process, ready: daphne as `make run` starts it, or uvicorn."""
        port = free_port()
        daphne = commands(port, self.folder / f"access-{port}.log")["web"]
        uvicorn = (sys.executable, "-m", "uvicorn", "--host", HOST, "--port", str(port), "--log-level", "warning")
        words = {"daphne": daphne, "uvicorn": (*uvicorn, "--no-access-log", APPLICATION)}[server]
        command = [APPLICATION if word == "config.asgi:application" else word for word in words]
        with self._process(command, PORT=str(port)) as process:
            if not wait_until(lambda: is_ready(port), process, seconds=60):
                raise SystemExit(f"{server} did not become ready within 60 s")
            yield Web(port, process)

    @contextmanager
    def worker(self, name: str = "fan-out") -> Iterator[subprocess.Popen[bytes]]:
        """A worker process as `make run` starts it; it has taken a first look at its queue when this returns."""
        with self._process(commands(0, Path(os.devnull))[name]) as process:
            with self.sql() as link:
                count = "SELECT count(*) FROM procrastinate_workers"
                known = link.execute(count).fetchone()
                if not wait_until(lambda: link.execute(count).fetchone() != known, process, seconds=60):
                    raise SystemExit(f"the worker {name} did not start within 60 s")
            yield process

    @contextmanager
    def _process(self, command: list[str] | tuple[str, ...], **more: str) -> Iterator[subprocess.Popen[bytes]]:
        process = spawn(command, cwd=ROOT, env=self.environment | more, stdout=sys.stderr)
        try:
            yield process
        finally:
            end(process, gentle=signal.SIGTERM, grace=10)


@dataclass(frozen=True)
class Stage:
    """Running servers, and the folder that is thrown away with them."""

    folder: Path
    servers: Servers

    def site(self, name: str = "backyard", *, redis_number: int = 0) -> Site:
        """An empty installation, migrated."""
        address = self.servers.postgres.url.rsplit("/", 1)[0]
        if name != "backyard":
            with psycopg.connect(f"{address}/postgres", autocommit=True) as link:
                link.execute(f"CREATE DATABASE {name}".encode())
        environment = {
            **os.environ,
            "DATABASE_URL": f"{address}/{name}",
            "REDIS_URL": self.servers.redis.url.rsplit("/", 1)[0] + f"/{redis_number}",
            "BACKYARD_ENV": "test",
            "BACKYARD_VAR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            # A bench asks more of one session than any person does.
            "LIMIT_READS_RATE": "100000000/minute",
            "LIMIT_WRITES_RATE": "100000000/minute",
        }
        site = Site(self.folder, environment)
        site.manage("migrate", "--no-input", "-v", "0")
        return site

    def pids(self, **processes: subprocess.Popen[bytes]) -> dict[str, int]:
        """Process ids by name: these, and the servers'."""
        own = {"postgresql": self.servers.postgres.pid, "redis": self.servers.redis.pid}
        return {name: process.pid for name, process in processes.items()} | own


def say(text: str) -> None:
    """Progress, on stderr, so that the result stays the last line of stdout."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def stage() -> Iterator[Stage]:
    """PostgreSQL and Redis under a folder that is thrown away."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backyard-bench-")))
        say("starting PostgreSQL and Redis")
        yield Stage(folder, stack.enter_context(servers(folder)))
