"""Test processes beside each other: nothing of one is another's, and who is to be alone is."""

from __future__ import annotations

import fcntl
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from django.conf import settings
from django.db import connection

from core import redis
from tests.parallel import turn


def test_a_process_has_a_database_a_redis_and_a_folder_of_its_own(world: None, request: pytest.FixtureRequest) -> None:
    name = getattr(request.config, "workerinput", {"workerid": ""})["workerid"]
    assert str(connection.settings_dict["NAME"]).endswith(name)
    if name:
        assert f"/{name}/" in str(settings.VAR_DIR)
        assert f"/{name}/redis" in str(redis.client().config_get("dir")["dir"])


def stands_open(door: Path) -> bool:
    """Whether nobody waits in it."""
    with door.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_who_is_to_be_alone_waits_and_goes_before_who_comes_later(tmp_path: Path) -> None:
    order: list[str] = []
    waiting = Event()

    def alone() -> None:
        waiting.set()
        with turn(tmp_path, alone=True):
            order.append("alone")

    def later() -> None:
        with turn(tmp_path, alone=False):
            order.append("later")

    with ThreadPoolExecutor(2) as others:
        with turn(tmp_path, alone=False), turn(tmp_path, alone=False):
            done = [others.submit(alone)]
            assert waiting.wait(5)
            while stands_open(tmp_path / "door"):
                time.sleep(0.001)
            done.append(others.submit(later))
            order.append("first")
        for one in done:
            one.result(5)
    assert order == ["first", "alone", "later"]
