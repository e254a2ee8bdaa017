"""Posts that go out later: to the second, once, and never when they should not."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from core import clock
from posts import tasks
from posts.models import Post
from posts.problems import MediaNotReady
from posts.services import schedule
from stores.models import Store
from tests.people import Person, problem, run_jobs
from tests.posts.conftest import deferred, ready_picture, row, upload, write


def later(**span: float) -> str:
    """A moment from now as clients write it."""
    return (clock.now() + timedelta(**span)).isoformat()


def when(moment: str) -> datetime:
    """A time of the API."""
    return datetime.fromisoformat(moment)


def schedule_one(person: Person, **fields: Any) -> dict[str, Any]:
    """A post that goes out in an hour, unless told otherwise."""
    return write(person, **({"status": "scheduled", "publish_at": later(hours=1)} | fields))


def come_due(post: dict[str, Any]) -> str:
    """Moves a post's time into the past, as if the hour had gone by; the argument that its job bears then."""
    past = clock.now() - timedelta(seconds=1)
    Post.objects.filter(id=post["id"]).update(publish_at=past)
    return past.isoformat()


def test_a_scheduled_post_waits_for_its_time(alice: Person, store: Store, charlie: Person) -> None:
    moment = later(hours=1)
    post = schedule_one(alice, publish_at=moment)
    assert (post["status"], post["feed_id"], post["published_at"]) == ("scheduled", None, None)
    assert when(post["publish_at"]) == when(moment)
    run_jobs()
    assert row(post).status == "scheduled"
    assert problem(charlie.get(f"/posts/{post['id']}")) == (404, "not_found")
    tasks.publish_due(post["id"], come_due(post))
    seen = alice.get(f"/posts/{post['id']}").json()
    assert (seen["status"], seen["version"]) == ("published", 2)
    assert seen["feed_id"]
    assert seen["publish_at"]
    assert charlie.get(f"/posts/{post['id']}").status_code == 200
    assert deferred("feed.fan_out") == [{"post_id": post["id"]}]


async def _work_for(seconds: float) -> None:
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # Django's connector has it
    with app.replace_connector(connector) as worker_app:
        async with worker_app.open_async():
            worker = worker_app.run_worker_async(install_signal_handlers=False, fetch_job_polling_interval=0.5)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(worker, timeout=seconds)


@pytest.mark.alone
def test_a_worker_publishes_to_the_second(alice: Person, store: Store) -> None:
    post = schedule_one(alice, publish_at=later(seconds=2))
    asyncio.run(_work_for(4.0))
    found = row(post)
    assert found.status == "published"
    assert found.publish_at
    assert found.published_at
    assert timedelta(0) <= found.published_at - found.publish_at < timedelta(seconds=1)


def test_a_moved_post_goes_out_at_its_new_time_only(alice: Person, store: Store) -> None:
    post = schedule_one(alice)
    old = post["publish_at"]
    moved = alice.patch(f"/posts/{post['id']}", {"publish_at": later(hours=2)})
    assert (moved.status_code, moved.json()["version"]) == (200, 2)
    tasks.publish_due(post["id"], old)
    assert row(post).status == "scheduled"
    assert [args["due"] for args in deferred("posts.publish_due")] == [
        when(old).isoformat(), when(moved.json()["publish_at"]).isoformat(),
    ]  # fmt: skip
    tasks.publish_due(post["id"], moved.json()["publish_at"])
    assert row(post).status == "published"


def test_moving_a_post_to_where_it_is_changes_nothing(alice: Person, store: Store) -> None:
    post = schedule_one(alice)
    for body in ({"publish_at": post["publish_at"]}, {"status": "scheduled"}, {"text": post["text"]}, {}):
        assert alice.patch(f"/posts/{post['id']}", body).json() == post
    assert len(deferred("posts.publish_due")) == 1


def test_a_withdrawn_post_stays_a_draft(alice: Person, store: Store) -> None:
    post = schedule_one(alice)
    draft = alice.patch(f"/posts/{post['id']}", {"status": "draft"}).json()
    assert (draft["status"], draft["publish_at"], draft["version"]) == ("draft", None, 2)
    tasks.publish_due(post["id"], post["publish_at"])
    assert row(post).status == "draft"
    again = alice.patch(f"/posts/{post['id']}", {"status": "scheduled", "publish_at": later(hours=3)})
    assert again.json()["status"] == "scheduled"


def test_a_deleted_post_does_not_go_out(alice: Person, store: Store) -> None:
    post = schedule_one(alice)
    alice.delete(f"/posts/{post['id']}")
    tasks.publish_due(post["id"], post["publish_at"])
    assert (row(post).status, deferred("feed.fan_out")) == ("deleted", [])
    tasks.publish_due(post["id"] + 1, post["publish_at"])


@pytest.mark.parametrize("body", [None, {"status": "published"}])
def test_a_scheduled_post_may_go_out_at_once(alice: Person, store: Store, body: dict[str, str] | None) -> None:
    post = schedule_one(alice)
    path = f"/posts/{post['id']}"
    answer = alice.patch(path, body) if body else alice.post(path + "/publish")
    assert (answer.json()["status"], answer.json()["publish_at"]) == ("published", None)
    feed_id = answer.json()["feed_id"]
    tasks.publish_due(post["id"], post["publish_at"])
    assert row(post).feed_id == feed_id
    assert len(deferred("feed.fan_out")) == 1


def test_times_that_make_no_sense_are_refused(alice: Person, store: Store) -> None:
    year = timedelta(days=365)
    for body in (
        {"status": "scheduled"},
        {"status": "scheduled", "publish_at": later(seconds=-1)},
        {"status": "scheduled", "publish_at": (clock.now() + year + timedelta(hours=1)).isoformat()},
        {"status": "scheduled", "publish_at": (datetime.now(UTC) + year / 2).replace(tzinfo=None).isoformat()},
        {"status": "scheduled", "publish_at": "tomorrow"},
        {"status": "draft", "publish_at": later(hours=1)},
        {"status": "published", "publish_at": later(hours=1)},
        {"publish_at": later(hours=1)},
    ):
        answer = alice.post("/stores/teahouse/posts", {"text": "a"} | body)
        assert problem(answer) == (422, "invalid"), body
        assert answer.json()["errors"][0]["field"] == "publish_at", body
    assert (Post.objects.count(), deferred("posts.publish_due")) == (0, [])
    assert alice.post("/stores/teahouse/posts", {"text": "a", "status": "scheduled"} | {
        "publish_at": (clock.now() + year - timedelta(hours=1)).isoformat()
    }).status_code == 201  # fmt: skip


def test_a_published_post_is_not_scheduled_again(alice: Person, store: Store) -> None:
    post = write(alice, status="published")
    for body in ({"status": "scheduled", "publish_at": later(hours=1)}, {"status": "draft"}):
        assert problem(alice.patch(f"/posts/{post['id']}", body)) == (409, "post_published")
    assert alice.get(f"/posts/{post['id']}").json() == post


@pytest.mark.parametrize(("status", "code"), [("suspended", "store_suspended"), ("rejected", "store_not_approved")])
def test_a_store_closed_meanwhile_gets_its_post_back_with_a_reason(
    alice: Person, store: Store, status: str, code: str
) -> None:
    post = schedule_one(alice)
    Store.objects.update(status=status)
    assert tasks.publish_due(post["id"], come_due(post)) is False
    back = alice.get(f"/posts/{post['id']}").json()
    assert (back["status"], back["publish_at"], back["publish_problem"]) == ("draft", None, code)
    assert deferred("feed.fan_out") == []
    Store.objects.update(status="approved")
    published = alice.post(f"/posts/{post['id']}/publish").json()
    assert (published["status"], published["publish_problem"]) == ("published", None)


def test_a_post_whose_picture_was_rejected_comes_back_with_a_reason(alice: Person, store: Store) -> None:
    post = schedule_one(alice, media_ids=[ready_picture(alice)])
    store.media.update(status="rejected", reason="corrupt")
    tasks.publish_due(post["id"], come_due(post))
    assert (row(post).status, row(post).publish_problem) == ("draft", "media_rejected")


def test_a_post_goes_out_late_rather_than_without_its_picture(alice: Person, store: Store) -> None:
    picture = upload(alice)
    post = schedule_one(alice, media_ids=[picture])
    due = come_due(post)
    with pytest.raises(MediaNotReady):  # the queue tries again, later and later
        tasks.publish_due(post["id"], due)
    assert row(post).status == "scheduled"
    tasks.process_media(picture)
    assert when(deferred("posts.publish_due")[-1]["due"]) == when(due)  # now, as the picture is there
    run_jobs()
    seen = alice.get(f"/posts/{post['id']}").json()
    assert (seen["status"], seen["media"][0]["status"]) == ("published", "ready")


def test_the_sweep_finds_posts_whose_job_was_lost(alice: Person, store: Store) -> None:
    overdue, waiting = schedule_one(alice), schedule_one(alice)
    come_due(overdue)
    assert (tasks.push_overdue(0), tasks.push_overdue(0)) == (1, 1)
    assert len(deferred("posts.publish_due")) == 3  # theirs, and one more however often the sweep comes by
    run_jobs()
    assert (row(overdue).status, row(waiting).status) == ("published", "scheduled")
    assert tasks.push_overdue(0) == 0


def test_two_workers_publish_a_post_once(alice: Person, store: Store) -> None:
    post = schedule_one(alice)
    due = when(come_due(post))

    def publish(_: int) -> bool:
        try:
            return schedule.publish_due(post_id=post["id"], due=due)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(publish, range(4))) == [False, False, False, True]
    assert len(deferred("feed.fan_out")) == 1
