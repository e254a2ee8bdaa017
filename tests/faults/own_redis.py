"""A Redis of a test's own, which can fall back to what it had saved."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.devservers import Server, start_redis
from core import redis


class OwnRedis:
    """A Redis that can be saved, killed and brought back as it was when it was saved."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Server = start_redis(folder, persist=False)
        self.client = redis.Client.from_url(self.url)

    @property
    def url(self) -> str:
        """The same for all its lives."""
        return self._server.url

    def save(self) -> None:
        """What it knows now is what it will know when it comes back."""
        self.client.save()

    def die_and_come_back(self) -> None:
        """kill -9, and a start from the last save."""
        os.kill(self._server.pid, signal.SIGKILL)
        self._server.process.wait()
        self._server.stop()
        self._server = start_redis(self._folder, persist=False, port=self._server.port)

    def stop(self) -> None:
        """For good."""
        self.client.close()
        self._server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """Not the one of the other tests."""
    server = OwnRedis(tmp_path / "redis")
    yield server
    server.stop()
