"""Fan-out: what reaches inboxes when things happen between publishing and pushing."""

from __future__ import annotations

import pytest

from feed import tasks
from feed.models import FanOutRange
from stores.models import Store, StoreStatus
from tests.conftest import Newcomer
from tests.feed.conftest import Publish, texts
from tests.people import Person, run_jobs


def test_a_post_pushed_while_its_store_was_suspended_is_there_once_it_is_restored(
    mia: Person, store: Store, publish: Publish
) -> None:
    run_jobs()  # the follow's own
    assert texts(mia) == []
    publish("In between")
    Store.objects.filter(id=store.id).update(status=StoreStatus.SUSPENDED)
    run_jobs()
    assert texts(mia) == []
    Store.objects.filter(id=store.id).update(status=StoreStatus.APPROVED)
    assert texts(mia) == ["In between"]


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
    assert (post.followers, post.reached, post.fanned_out_at is not None) == (2, 2, True)
    assert texts(mia) == texts(noah) == ["News"]
