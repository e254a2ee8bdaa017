"""The stage of a bench: throw-away PostgreSQL and Redis, and the real web processes and workers on top of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench.wire import Wire
from config.devservers import Servers, servers
from config.devservers.process import HOST, end, free_port, spawn, wait_until
from config.run.application import MANAGE, commands, is_ready

ROOT = Path(__file__).resolve().parents[1]
APPLICATION = "bench.app:application"
PRODUCT = "config.asgi:application"
TEMPLATE = "migrated"


@dataclass(frozen=True)
class Web:
    """A web process that listens."""

    port: int
    process: subprocess.Popen[bytes]

    def wait_ready(self) -> None:
        """Until it serves."""
        if not wait_until(lambda: is_ready(self.port), self.process, seconds=60):
            raise SystemExit("a web process did not become ready within 60 s")

    def metric(self, name: str) -> float:
        """A counter of the process, from /metrics; the sum, where it is counted by label."""
        with urllib.request.urlopen(f"http://{HOST}:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        found = [float(line.split()[-1]) for line in lines if line.startswith((name + " ", name + "{"))]
        if not found:
            raise SystemExit(f"/metrics has no {name}")
        return sum(found)


@dataclass
class Site:
    """One installation of the application: a database, a number in Redis, and what runs on them."""

    folder: Path
    environment: dict[str, str]
    _inside: subprocess.Popen[str] | None = None

    def inside(self, name: str, **arguments: Any) -> Any:
        """Runs a part of `bench.inside`, in one process for all of them, and gives its result."""
        if self._inside is None:
            command = [sys.executable, "-m", "bench.inside"]
            self._inside = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._inside.stdin is not None
        assert self._inside.stdout is not None
        print(json.dumps([name, arguments]), file=self._inside.stdin, flush=True)
        answer = self._inside.stdout.readline()
        if not answer:
            raise SystemExit(f"{name} failed")
        return json.loads(answer)

    def close(self) -> None:
        """Ends what runs inside."""
        if self._inside is not None:
            self._inside.communicate(timeout=10)  # it ends with its input
            self._inside = None

    def sql(self) -> psycopg.Connection[Any]:
        """A connection of the bench's own, to look on."""
        return psycopg.connect(self.environment["DATABASE_URL"], autocommit=True)

    @contextmanager
    def running(self, web: str = "daphne", *, workers: int = 0) -> Iterator[Running]:
        """A web process (daphne as `make run` starts it, or uvicorn) and workers (its one for fan-out), all ready."""
        before = self._workers()
        with ExitStack() as stack:
            listening = stack.enter_context(self.listening(web))
            fan_out = commands(0, Path(os.devnull))["fan-out"]
            working = [stack.enter_context(self._process(fan_out)) for _ in range(workers)]
            for process in working[:1]:
                if not wait_until(lambda: self._workers() >= before + workers, process, seconds=60):
                    raise SystemExit("workers did not start within 60 s")
            yield Running(listening, working)

    @contextmanager
    def listening(self, web: str = "daphne", application: str = APPLICATION, **more: str) -> Iterator[Web]:
        """A web process, ready; of the product unless another ASGI application is named. `more` is its environment."""
        with self.starting(web, application, **more) as listening:
            listening.wait_ready()
            yield listening

    @contextmanager
    def starting(self, web: str = "daphne", application: str = APPLICATION, **more: str) -> Iterator[Web]:
        """The same, not waited for: several start together."""
        port = free_port()
        with self._process(self._web_command(web, port, application), PORT=str(port), **more) as process:
            yield Web(port, process)

    def _web_command(self, web: str, port: int, application: str) -> list[str]:
        daphne = commands(port, self.folder / f"access-{port}.log")["web"]
        uvicorn = (sys.executable, "-m", "uvicorn", "--host", HOST, "--port", str(port), "--log-level", "warning")
        quiet = ("--no-access-log", "--ws-ping-interval", "25", "--ws-per-message-deflate", "false")
        words = {"daphne": daphne, "uvicorn": (*uvicorn, *quiet, PRODUCT)}[web]
        return [application if word == PRODUCT else word for word in words]

    def _workers(self) -> int:
        with self.sql() as link:
            return int(link.execute("SELECT count(*) FROM procrastinate_workers").fetchall()[0][0])

    @contextmanager
    def _process(self, command: Sequence[str], **more: str) -> Iterator[subprocess.Popen[bytes]]:
        process = spawn(command, cwd=ROOT, env=self.environment | more, stdout=sys.stderr)
        try:
            yield process
        finally:
            end(process, gentle=signal.SIGTERM, grace=10)


@dataclass(frozen=True)
class Running:
    """The processes of a site."""

    web: Web
    workers: list[subprocess.Popen[bytes]]

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        names = ["worker", *(f"worker_{n}" for n in range(2, len(self.workers) + 1))]
        own = {name: process.pid for name, process in zip(names, self.workers, strict=False)}
        return {"web": self.web.process.pid} | own


@dataclass
class Stage:
    """Running servers, and the folder that is thrown away with them."""

    folder: Path
    servers: Servers
    _sites: list[Site] = field(default_factory=list)
    _made: int = 0

    def site(self, *, redis_number: int = 0) -> Site:
        """An empty installation, migrated: a copy of a first one, which is made once."""
        address = self.servers.postgres.url.rsplit("/", 1)[0]
        name = f"site_{self._made}"
        with psycopg.connect(f"{address}/postgres", autocommit=True) as link:
            if not self._made:
                link.execute(f"CREATE DATABASE {TEMPLATE}".encode())
                command = [*MANAGE, "migrate", "--no-input", "-v", "0"]
                subprocess.run(command, cwd=ROOT, env=self._environment(TEMPLATE, 0), check=True, stdout=sys.stderr)
            link.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}".encode())
        self._made += 1
        self._sites.append(Site(self.folder, self._environment(name, redis_number)))
        return self._sites[-1]

    def _environment(self, database: str, redis_number: int) -> dict[str, str]:
        redis_url = f"{self.servers.redis.url.rsplit('/', 1)[0]}/{redis_number}"
        return {
            **os.environ,
            "DATABASE_URL": f"{self.servers.postgres.url.rsplit('/', 1)[0]}/{database}",
            "REDIS_URL": redis_url,
            "REDIS_PLAIN_URL": redis_url,
            "REDIS_REPLICA_URL": "",
            "BACKYARD_ENV": "test",
            "BACKYARD_VAR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            # A bench asks more of one session, one room and one address than any people do.
            "LIMIT_READS_RATE": "100000000/minute",
            "LIMIT_WRITES_RATE": "100000000/minute",
            "LIMIT_QUESTIONS_RATE": "100000000/minute",
            "LIMIT_ROOM_QUESTIONS_RATE": "100000000/minute",
            "LIMIT_VOTES_RATE": "100000000/minute",
            "LIMIT_LIVE_SOCKETS_PER_ADDRESS": "1000000",
        }

    def close(self) -> None:
        """Ends what runs inside the sites."""
        for site in self._sites:
            site.close()

    def clear(self) -> None:
        """Ends and forgets all sites, for the next bench."""
        self.close()
        for site in self._sites:
            address, _, name = site.environment["DATABASE_URL"].rpartition("/")
            with psycopg.connect(f"{address}/postgres", autocommit=True) as link:
                link.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        self._sites.clear()
        wire = Wire(self.servers.redis.url)
        wire.ask("FLUSHALL", "SYNC")
        wire.close()

    @property
    def pids(self) -> dict[str, int]:
        """The servers' process ids by name."""
        return {"postgresql": self.servers.postgres.pid, "redis": self.servers.redis.pid}


def say(text: str) -> None:
    """Progress, on stderr, so that the result stays the last line of stdout."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def stage() -> Iterator[Stage]:
    """PostgreSQL and Redis under a folder that is thrown away."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backyard-bench-")))
        say("starting PostgreSQL and Redis")
        running = Stage(folder, stack.enter_context(servers(folder)))
        stack.callback(running.close)
        yield running
