"""People around Alice's tea house: her staff, another merchant, and what waits in the job queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.people import Person

Deferred = Callable[[str], list[dict[str, Any]]]
AtOnce = Callable[[Sequence[Callable[[], httpx.Response]]], list[httpx.Response]]


@pytest.fixture
def everybody_but_the_owner(bob: Person, mona: Person, ann: Person, erin: Person, charlie: Person) -> dict[str, Person]:
    """Staff without the owner's rights, another store's owner, a stranger."""
    return {"editor": bob, "moderator": mona, "analyst": ann, "another store's owner": erin, "stranger": charlie}


@pytest.fixture
def deferred(world: None) -> Deferred:
    """The arguments of the jobs of one name that wait in the queue, oldest first."""

    def find(name: str) -> list[dict[str, Any]]:
        return [job.args for job in ProcrastinateJob.objects.filter(task_name=name, status="todo").order_by("id")]

    return find


@pytest.fixture
def at_once() -> AtOnce:
    """Makes requests from as many threads at the same time."""

    def run(requests: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
        with ThreadPoolExecutor(len(requests)) as threads:
            return [future.result() for future in [threads.submit(request) for request in requests]]

    return run
