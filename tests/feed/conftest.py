"""Posts for the feed's tests, published through the service that publishes them in earnest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from accounts.models import User
from core import clock, jobs, redis
from core.ids import next_feed_id
from feed.discovery import pool
from posts.models import Post, PostStatus
from stores.models import Store
from tests.conftest import Newcomer
from tests.feed.discovering import Told
from tests.people import Person, make_store

Publish = Callable[..., Post]


@pytest.fixture
def publish(store: Store, alice: Person) -> Publish:
    """Publishes a post and defers its fan-out; jobs run when the test says so."""

    def publish_one(text: str = "New oolong", *, by: Store | None = None, **fields: Any) -> Post:
        feed_id = next_feed_id()
        post = Post.objects.create(
            store=by or store,
            author=alice.user,
            text=text,
            status=PostStatus.PUBLISHED,
            published_at=clock.now(),
            feed_id=feed_id,
            **fields,
        )
        jobs.defer("feed.fan_out", post_id=post.id)
        return post

    return publish_one


@pytest.fixture
def mia(newcomer: Newcomer, store: Store) -> Person:
    """Follows the store."""
    person = newcomer("Mia")
    assert person.put(f"/stores/{store.handle}/follow", {"source": "store_page"}).status_code == 200
    return person


def texts(person: Person, path: str = "/feed", **query: Any) -> list[str]:
    """The texts of a page, in its order."""
    answer = person.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [item["text"] for item in answer.json()["items"]]


def every_page(person: Person, *, limit: int = 20, path: str = "/feed") -> list[list[str]]:
    """All pages to the end."""
    pages, cursor = [], None
    while True:
        answer = person.get(path, params={"limit": limit} | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        pages.append([item["text"] for item in answer.json()["items"]])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return pages
        assert f"cursor={cursor}" in answer.headers["link"]


def joined(pages: list[list[str]]) -> list[str]:
    """Pages end to end."""
    return [text for page in pages for text in page]


@pytest.fixture
def crowd(world: None) -> list[User]:
    """Sixty shoppers who never read anything here."""
    return User.objects.bulk_create(
        User(email=f"shopper{n}@example.org", display_name=f"Shopper {n}") for n in range(60)
    )


@pytest.fixture
def told(erin: Person) -> Told:
    """Makes an approved store of its own for each post: `told("Text", category="food", age_h=3)`."""
    made = iter(range(10_000))

    def tell(text: str, *, store: Store | None = None, age_h: float = 1.0, **store_fields: Any) -> Post:
        shop = store or make_store(owner=erin, handle=f"shop_{next(made)}", **store_fields)
        at = clock.now() - timedelta(hours=age_h)
        return Post.objects.create(
            store=shop,
            author=erin.user,
            text=text,
            status=PostStatus.PUBLISHED,
            published_at=at,
            feed_id=next_feed_id(at=at),
        )

    return tell


@pytest.fixture
def many(told: Told) -> list[str]:
    """Forty-five posts of as many stores, and their texts from the newest on."""
    for n in range(45):
        told(f"Post {n}", age_h=1 + n)
    pool.refresh()
    return [f"Post {n}" for n in range(45)]


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Called: Redis is found away, and left alone for longer than the test takes."""
    monkeypatch.setattr(settings, "REDIS_BREAKER_S", 60)

    def leave() -> None:
        with pytest.raises(redis.RedisAway), redis.guard():
            raise TimeoutError

    yield leave
    redis.close_breaker()
