"""Pinned posts: published ones, a few a store, again without effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from posts.models import Post
from stores.models import Store
from tests.people import Person, problem
from tests.posts.conftest import deferred, row, write

MOST = settings.LIMITS.pins_per_store


def test_a_pin_is_put_and_taken_once(bob: Person, anonymous: Person) -> None:
    post = write(bob, status="published")
    path = f"/posts/{post['id']}/pin"
    pinned = bob.put(path)
    assert (pinned.status_code, pinned.json()) == (200, post | {"pinned": True, "version": 2})
    since = row(post).pinned_at
    assert bob.put(path).json() == pinned.json()
    assert row(post).pinned_at == since
    assert anonymous.get(f"/posts/{post['id']}").json()["pinned"] is True
    freed = bob.delete(path)
    assert (freed.status_code, freed.json()) == (200, post | {"version": 3})
    assert bob.delete(path).json() == freed.json()
    assert deferred("feed.refresh_card") == [{"post_id": post["id"]}] * 2


def test_only_what_is_published_is_pinned(alice: Person, store: Store) -> None:
    draft = write(alice)
    assert problem(alice.put(f"/posts/{draft['id']}/pin")) == (409, "post_not_published")
    assert alice.delete(f"/posts/{draft['id']}/pin").json() == draft


def test_a_store_pins_a_few_however_fast_it_pins(alice: Person, store: Store, erin: Person) -> None:
    posts = [write(alice, status="published") for _ in range(MOST + 3)]
    with ThreadPoolExecutor(len(posts)) as threads:
        answers = list(threads.map(lambda post: alice.put(f"/posts/{post['id']}/pin"), posts))
    assert sorted(answer.status_code for answer in answers) == [200] * MOST + [409] * 3
    assert Post.objects.filter(pinned_at__isnull=False).count() == MOST
    refused = next(post for post, answer in zip(posts, answers, strict=True) if answer.status_code == 409)
    assert problem(alice.put(f"/posts/{refused['id']}/pin")) == (409, "too_many_pins")
    freed = next(post for post, answer in zip(posts, answers, strict=True) if answer.status_code == 200)
    alice.delete(f"/posts/{freed['id']}")
    assert alice.put(f"/posts/{refused['id']}/pin").status_code == 200
    own = write(erin, handle="bookshop", status="published")
    assert erin.put(f"/posts/{own['id']}/pin").status_code == 200
