"""Fan-out: what reaches inboxes when things happen between publishing and pushing."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import clock, redis
from feed import keys, modes, packing, recovery, tasks
from feed.models import FanOutRange, Mode
from posts.models import Post
from stores.models import Decision, Store, StoreStatus
from stores.services import reviews
from tests.conftest import Newcomer
from tests.feed.conftest import Publish, texts
from tests.people import Person, run_jobs


def entries(user_id: int) -> list[int]:
    """What an inbox holds."""
    packed = redis.client().get(keys.inbox(user_id))
    assert isinstance(packed, bytes)
    window = packing.unpack(packed)
    assert window is not None
    return window.ids


def test_suspension_stops_a_fan_out_in_the_middle_and_restoring_goes_on_with_it(
    mia: Person, store: Store, paula: Person, newcomer: Newcomer, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "RANGE", 1)
    noah = newcomer("Noah")
    noah.put(f"/stores/{store.handle}/follow", {"source": "search"})
    run_jobs()
    assert (texts(mia), texts(noah)) == ([], [])
    post = publish("In between")
    first, second, *_ = sorted([mia.id, noah.id])
    tasks.fan_out(post.id)
    tasks.push_range(post.id, 0)
    reviews.review_store(by=paula.user, store=store, decision=Decision.SUSPENDED, reason="a test")
    run_jobs()
    post.refresh_from_db()
    assert (post.followers, post.covered, post.reached, post.fanned_out_at) == (2, 1, 1, None)
    assert (entries(first), entries(second)) == ([post.feed_id], [])
    assert (texts(mia), texts(noah)) == ([], [])
    reviews.review_store(by=paula.user, store=store, decision=Decision.RESTORED, reason="a test")
    run_jobs()
    post.refresh_from_db()
    assert (post.covered, post.reached, post.fanned_out_at is not None) == (2, 2, True)
    assert (entries(first), entries(second)) == ([post.feed_id], [post.feed_id])
    assert texts(mia) == texts(noah) == ["In between"]


@pytest.fixture
def half_done(mia: Person, store: Store, newcomer: Newcomer, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> Post:
    """A post that was pushed to one of two followers when its store was set to pull."""
    monkeypatch.setattr(tasks, "RANGE", 1)
    noah = newcomer("Noah")
    noah.put(f"/stores/{store.handle}/follow", {"source": "search"})
    run_jobs()
    assert (texts(mia), texts(noah)) == ([], [])
    post = publish("Half done")
    tasks.fan_out(post.id)
    tasks.push_range(post.id, 0)
    Store.objects.filter(id=store.pk).update(status=StoreStatus.SUSPENDED)
    modes.fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    assert (modes.mode_of(store.pk), FanOutRange.objects.filter(done_at=None).count()) == (Mode.PULL, 2)
    Store.objects.filter(id=store.pk).update(status=StoreStatus.APPROVED)
    return post


def test_what_is_left_of_a_push_is_left_to_readers_once_the_store_pulls(half_done: Post, mia: Person) -> None:
    tasks.fan_out(half_done.id)
    assert not FanOutRange.objects.filter(done_at=None).exists()
    assert recovery.resume_fan_outs(0) == 0, "there is nothing to go on with"
    half_done.refresh_from_db()
    assert (half_done.pulled, half_done.covered, half_done.fanned_out_at is not None) == (True, 2, True)
    assert texts(mia) == ["Half done"]


def test_a_range_that_was_being_pushed_when_the_rest_was_left_to_readers_counts_nothing(
    half_done: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = FanOutRange.objects.filter(done_at=None).order_by("after")[0]
    clock_now = clock.now

    def overtaken() -> datetime:
        monkeypatch.undo()  # when the push has ended, and is not yet noted
        tasks.fan_out(half_done.id)
        return clock_now()

    monkeypatch.setattr(clock, "now", overtaken)
    tasks.push_range(half_done.id, span.after)
    half_done.refresh_from_db()
    assert (half_done.followers, half_done.covered) == (2, 2)


def test_deletion_stops_a_fan_out_in_the_middle(
    mia: Person, alice: Person, store: Store, newcomer: Newcomer, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "RANGE", 1)
    noah = newcomer("Noah")
    noah.put(f"/stores/{store.handle}/follow", {"source": "search"})
    assert (texts(mia), texts(noah)) == ([], [])
    run_jobs()
    post = publish("A mistake")
    tasks.fan_out(post.id)
    tasks.push_range(post.id, 0)
    assert alice.delete(f"/posts/{post.id}").status_code == 204
    run_jobs()
    first, second = sorted([mia.id, noah.id])
    assert (entries(first), entries(second)) == ([post.feed_id], [])
    assert FanOutRange.objects.filter(post=post, done_at=None).count() == 2, "the second follower's and the empty last"


def test_a_fan_out_that_runs_again_cuts_its_followers_as_before(
    mia: Person, store: Store, newcomer: Newcomer, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "RANGE", 1)
    noah = newcomer("Noah")
    noah.put(f"/stores/{store.handle}/follow", {"source": "search"})
    assert (texts(mia), texts(noah)) == ([], [])
    post = publish("News")
    run_jobs()
    cut = set(FanOutRange.objects.values_list("after", "upto"))
    newcomer("Olga").put(f"/stores/{store.handle}/follow", {"source": "search"})
    tasks.fan_out(post.id)
    run_jobs()
    assert set(FanOutRange.objects.values_list("after", "upto")) == cut
    post.refresh_from_db()
    assert (post.followers, post.covered, post.reached, post.fanned_out_at is not None) == (2, 2, 2, True)
    assert texts(mia) == texts(noah) == ["News"]
