"""Tests in several processes at once: each has a Redis, a database and a folder of its own; some tests run alone."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.devservers import start_redis

# What xdist and execnet call them. They need not be installed, for tests in one process.
Node = Any
Spec = Any
SHARED = pytest.StashKey[Path]()
# What decides when a file has its turn.
MARKS = ("alone", "timeout", "fault")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many `-n auto` means. Beyond four they would wait for the PostgreSQL that they share."""
    return min(4, os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Spec]) -> None:
    """In the process that gives the tests out: starts what those that run them must not share.

    PostgreSQL they share, each in a database named after it (pytest-django does that).
    """
    if "+cluster" in os.environ.get("REDIS_URL", ""):
        raise pytest.UsageError(
            "Each of several processes tests with a plain Redis: test a cluster in one, without -n."
        )
    folder = Path(tempfile.mkdtemp(prefix="backyard-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    config.stash[SHARED] = folder
    for spec in specs:
        redis = start_redis(folder / spec.id / "redis", persist=False)
        config.add_cleanup(redis.stop)
        # Django reads its settings before any fixture runs, so they come by the environment.
        spec.env |= {
            "REDIS_URL": redis.url,
            "REDIS_PLAIN_URL": redis.url,
            "BACKYARD_VAR": str(folder / spec.id / "var"),
        }


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Node) -> None:
    """Tells a process that runs tests where all of them take turns."""
    node.workerinput["shared"] = str(node.config.stash[SHARED])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts long files first, lest one process works on the last while the others have nothing left.

    Tests that ask for a timeout of their own are the longest, and few that stop servers take longer than many that do
    not; else it goes by how many there are. Files with tests that run alone come after all others: those would wait for
    a long one, and everybody with them.
    """
    if not hasattr(config, "workerinput"):
        return
    sizes = Counter(item.path for item in items)
    marked = {mark: {item.path for item in items if item.get_closest_marker(mark)} for mark in MARKS}

    def place(item: pytest.Item) -> tuple[object, ...]:
        alone, patient, drill = (item.path in marked[mark] for mark in MARKS)
        return alone, not patient, not drill, -sizes[item.path], item.path

    items.sort(key=place)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around everything else: who waits for a turn uses up no timeout
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Runs a test beside those of other processes, or, marked `alone`, while these wait."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with turn(Path(item.config.workerinput["shared"]), alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Has a place in the room that all processes share, or all of it.

    Who waits for all of it stands in the door, so that nobody who comes later goes in before.
    """
    with (folder / "door").open("w") as door, (folder / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(room, fcntl.LOCK_UN)
