"""Real PostgreSQL and Redis servers from their wheels, for development, tests and benches; knows nothing of Django.

    with servers(folder, durable=False, persist=False) as running:
        subprocess.run(command, env=os.environ | running.environment)

`python -m config.devservers exec -- COMMAND` does the same from a shell, in a folder thrown away afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.devservers.errors import CannotStart, FolderInUse
from config.devservers.folder import FolderLock
from config.devservers.postgres import start_postgres
from config.devservers.process import Server
from config.devservers.redis import start_redis

__all__ = [
    "CannotStart",
    "FolderInUse",
    "FolderLock",
    "Server",
    "Servers",
    "servers",
    "start_postgres",
    "start_redis",
]


@dataclass(frozen=True)
class Servers:
    """A running pair."""

    postgres: Server
    redis: Server

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use them, and no server that it names besides."""
        redis = {"REDIS_URL": self.redis.url, "REDIS_PLAIN_URL": self.redis.url, "REDIS_REPLICA_URL": ""}
        return {"DATABASE_URL": self.postgres.url, **redis}


@contextmanager
def servers(folder: Path, *, durable: bool = False, persist: bool = False) -> Iterator[Servers]:
    """Run both under `folder` (made if needed) and stop them at the end. Raises CannotStart."""
    with ExitStack() as stack:
        postgres = start_postgres(folder / "postgres", durable=durable)
        stack.callback(postgres.stop)
        redis = start_redis(folder / "redis", persist=persist)
        stack.callback(redis.stop)
        yield Servers(postgres=postgres, redis=redis)
