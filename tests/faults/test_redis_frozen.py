"""A Redis that is frozen: whoever meets it first waits for half a second, everybody else is served by PostgreSQL."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from config.devservers import Server, start_redis
from stores.models import Follow, Store
from tests.faults.conftest import Checked
from tests.faults.processes import IN_FULL, wait_for, web
from tests.feed.conftest import Publish
from tests.people import Person, make_person, problem

pytestmark = pytest.mark.fault
FROZEN_S = 30.0 if IN_FULL else 6.0


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Server]:
    """A Redis that may be stopped."""
    server = start_redis(tmp_path / "redis", persist=False)
    yield server
    server.stop()  # wakes it first


@pytest.fixture
def address(world: None, own_redis: Server, tmp_path: Path) -> Iterator[str]:
    """A web process with that Redis."""
    with web(tmp_path / "web.log", REDIS_URL=own_redis.url) as base_url:
        yield base_url


def page(person: Person) -> tuple[float, list[str]]:
    """How long the home page took, and its texts."""
    start = time.monotonic()
    answer = person.get("/feed", params={"limit": 50})
    assert answer.status_code == 200, answer.text
    return time.monotonic() - start, [item["text"] for item in answer.json()["items"]]


def redis_trips(base_url: str) -> float:
    """How often the process has asked Redis."""
    families = text_string_to_metric_families(httpx.get(f"{base_url}/metrics").text)
    return next(sample.value for family in families for sample in family.samples if sample.name.endswith("trips_total"))


def read_meanwhile(people: list[Person], wanted: list[str], *, seconds: float) -> list[float]:
    """Everybody reads on; every page is right. How long each took, the longest last."""
    end = time.monotonic() + seconds

    def read_on(person: Person) -> list[float]:
        took = []
        while time.monotonic() < end:
            seconds, texts = page(person)
            assert texts == wanted
            took.append(seconds)
        return took

    with ThreadPoolExecutor(len(people)) as threads:
        return sorted(chain.from_iterable(threads.map(read_on, people)))


@pytest.mark.alone
def test_a_frozen_redis_is_noticed_by_few_and_recovers_by_itself(
    address: str, own_redis: Server, store: Store, publish: Publish, checked: Checked
) -> None:
    people = [make_person(address, f"Reader {n}") for n in range(6)]
    Follow.objects.bulk_create(Follow(user=person.user, store=store) for person in people)
    post = publish("Post 0")
    wanted = ["Post 0", *(publish(f"Post {n}").text for n in range(1, 30))][::-1]
    assert [page(person)[1] for person in people] == [wanted] * len(people)

    os.kill(own_redis.pid, signal.SIGSTOP)
    took = read_meanwhile(people, wanted, seconds=FROZEN_S)
    assert took[-1] < 2.0, "p99 < 2 s; here it is the worst"
    assert took[len(took) // 2] < 0.5
    reader = people[0]
    assert reader.get("/readyz").json()["status"] == "degraded"
    assert reader.put(f"/posts/{post.id}/like").json()["likes"] == 1
    assert reader.patch("/me", {"language": "zh-hant"}).status_code == 200
    assert problem(reader.post("/ws-tickets")) == (503, "unavailable")
    body = {"email": reader.user.email, "password": "correct horse Reader 0"}
    newly = Person(base_url=address, user=reader.user, token="")
    time.sleep(settings.REDIS_BREAKER_S)  # now the sign-in is who finds out
    assert _seconds(lambda: newly.post("/_allauth/app/v1/auth/login", body).raise_for_status()) < 2.0

    os.kill(own_redis.pid, signal.SIGCONT)
    wait_for(lambda: reader.get("/readyz").json()["status"] == "ready", seconds=5)
    wait_for(lambda: reader.post("/ws-tickets").status_code == 201, seconds=5)
    before = redis_trips(address)
    assert page(reader)[1] == wanted
    assert redis_trips(address) >= before + 2, "pages come from Redis again"
    for person in (*people, newly):
        person.close()
    also = f"{len(took)} pages while Redis was frozen for {FROZEN_S:.0f} s, the slowest took {took[-1]:.2f} s"
    checked("drill 6", posts=len(wanted), inboxes=len(people), also=also)


def _seconds(action: Callable[[], object]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start
