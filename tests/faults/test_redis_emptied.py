"""FLUSHALL at any moment: the same feed in the same order, and nothing fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from core import redis
from posts.models import Post
from stores.models import Store
from tests.conftest import Newcomer
from tests.faults.conftest import Checked
from tests.feed.conftest import Publish, every_page, joined
from tests.people import Person, run_jobs

pytestmark = pytest.mark.fault
SECONDS = 4.0


@contextmanager
def emptied_all_the_time() -> Iterator[list[int]]:
    """Empties Redis every few milliseconds, scripts and all; what is given is how often."""
    over, times = Event(), [0]

    def empty() -> None:
        while not over.is_set():
            redis.client().flushall()
            if times[0] % 50 == 0:
                redis.client().script_flush()
            times[0] += 1
            time.sleep(0.004)

    thread = Thread(target=empty)
    thread.start()
    try:
        yield times
    finally:
        over.set()
        thread.join()


def test_readers_never_notice(
    mia: Person, newcomer: Newcomer, store: Store, publish: Publish, checked: Checked
) -> None:
    noah = newcomer("Noah")
    noah.put(f"/stores/{store.handle}/follow", {"source": "search"})
    truth = [publish(f"Post {n}").text for n in range(45)][::-1]
    run_jobs()
    end = time.monotonic() + SECONDS

    def read_on(person: Person) -> int:
        rounds = 0
        while time.monotonic() < end:
            assert joined(every_page(person, limit=10)) == truth
            assert person.get("/feed/new").json()["count"] == len(truth)
            rounds += 1
        return rounds

    with emptied_all_the_time() as times, ThreadPoolExecutor(4) as threads:
        rounds = [done.result() for done in [threads.submit(read_on, person) for person in (mia, mia, noah, noah)]]
    assert min(rounds) > 2
    assert times[0] > 100
    also = f"read whole {sum(rounds)} times while Redis was emptied {times[0]} times"
    checked("drill 5", posts=len(truth), inboxes=2, also=also)


def test_writers_never_notice_and_every_post_arrives_once(
    mia: Person, alice: Person, store: Store, checked: Checked
) -> None:
    with emptied_all_the_time() as times:
        for n in range(12):
            posted = alice.post(f"/stores/{store.handle}/posts", {"text": f"Post {n}", "status": "published"})
            assert posted.status_code == 201, posted.text
            assert mia.put(f"/posts/{posted.json()['id']}/like").status_code == 200
            assert mia.get("/feed").status_code == 200
            run_jobs()
    end = time.monotonic() + 20
    while Post.objects.filter(fanned_out_at=None).exists():
        assert time.monotonic() < end, "a fan-out that met an emptied Redis was not tried again"
        time.sleep(0.2)
        run_jobs()
    assert joined(every_page(mia)) == [f"Post {n}" for n in reversed(range(12))]
    assert {item["counts"]["likes"] for item in mia.get("/feed").json()["items"]} == {1}
    checked("drill 5", posts=12, inboxes=1, also=f"published and liked while Redis was emptied {times[0]} times")
