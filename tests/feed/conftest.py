"""Posts for the feed's tests, published through the service that publishes them in earnest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import clock, jobs
from core.ids import next_feed_id
from posts.models import Post, PostStatus
from stores.models import Store
from tests.conftest import Newcomer
from tests.people import Person

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
