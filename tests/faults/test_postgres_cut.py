"""PostgreSQL cuts every connection, as it does when it restarts: at most one request notices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config.run.application import GRACE_S
from posts.models import Post
from stores.models import Store
from tests.faults.conftest import Checked
from tests.faults.processes import wait_for, worker
from tests.feed.conftest import texts
from tests.people import Person, problem

pytestmark = pytest.mark.fault


def fill_the_pools(person: Person) -> None:
    """Uses as many connections as there may be, so that as many sleep afterwards."""
    for path in ("/feed", "/me"):
        with ThreadPoolExecutor(3 * settings.DATABASE_POOL_SIZE) as threads:
            answers = list(threads.map(lambda _, path=path: person.get(path), range(10 * settings.DATABASE_POOL_SIZE)))
        assert {answer.status_code for answer in answers} == {200}


def cut_every_connection() -> int:
    """How many there were, beside our own. Returns when they are gone: on a busy machine some live on for a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int((cursor.fetchone() or (0,))[0])


def test_the_next_request_after_a_failed_one_works(charlie: Person) -> None:
    fill_the_pools(charlie)
    assert cut_every_connection() > 4
    assert [charlie.get("/feed").status_code for _ in range(5)] == [200] * 5
    failed = charlie.patch("/me", {"language": "zh-hans"})
    assert problem(failed) == (503, "unavailable")
    assert failed.headers["retry-after"] == "1"
    assert [charlie.patch("/me", {"language": "zh-hans"}).status_code for _ in range(5)] == [200] * 5


def test_a_post_with_a_key_is_told_to_come_back_and_may(charlie: Person) -> None:
    fill_the_pools(charlie)
    cut_every_connection()
    key = {"Idempotency-Key": "ticket"}
    assert problem(charlie.post("/ws-tickets", headers=key)) == (503, "unavailable")
    assert charlie.post("/ws-tickets", headers=key).status_code == 201


def test_a_worker_goes_on_by_itself_and_still_ends_when_told(
    alice: Person, store: Store, mia: Person, checked: Checked, tmp_path: Path
) -> None:
    with worker(tmp_path / "worker.log") as process:
        publish_and_wait(alice, store, "Before")
        for text in ("After", "And again"):
            assert cut_every_connection() > 2
            publish_and_wait(alice, store, text)
        assert process.poll() is None
        assert texts(mia) == ["And again", "After", "Before"]
        process.terminate()
        assert process.wait(GRACE_S) == 0
    checked("drill 10", posts=3, inboxes=1, also="all connections cut before two of them; one worker throughout")


def publish_and_wait(author: Person, store: Store, text: str) -> None:
    """Publishes, by a second try if need be, and returns when the post has reached everybody."""
    body = {"text": text, "status": "published"}
    answer = author.post(f"/stores/{store.handle}/posts", body)
    if answer.status_code == 503:
        answer = author.post(f"/stores/{store.handle}/posts", body)
    assert answer.status_code == 201, answer.text
    post = Post.objects.filter(id=answer.json()["id"])
    wait_for(lambda: post.exclude(fanned_out_at=None).exists(), seconds=60)
