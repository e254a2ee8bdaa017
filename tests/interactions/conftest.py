"""A post of Alice's store, and people with and without an order there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import clock, ids
from interactions.models import Comment
from posts.models import Post, PostStatus
from stores.models import Role, Store
from tests.conftest import Newcomer
from tests.people import Person, make_order

MakePost = Callable[..., Post]
WriteComment = Callable[..., dict[str, Any]]


def published_post(store: Store, **fields: Any) -> Post:
    """A published post; through the table, as publishing has tests of its own."""
    values: dict[str, Any] = {
        "author": store.staff.get(role=Role.OWNER).user,
        "title": "Spring tea is here",
        "text": "Picked on Monday, fired on Tuesday.",
        "status": PostStatus.PUBLISHED,
        "published_at": clock.now(),
        "feed_id": ids.next_feed_id(),
    }
    return Post.objects.create(store=store, **(values | fields))


@pytest.fixture
def post(store: Store) -> Post:
    """A published post of Alice's store."""
    return published_post(store)


@pytest.fixture
def bella(newcomer: Newcomer, store: Store) -> Person:
    """Bought from Alice's store."""
    bella = newcomer("Bella")
    make_order(user=bella.user, store=store)
    return bella


@pytest.fixture
def boris(newcomer: Newcomer, store: Store) -> Person:
    """Bought from Alice's store, too."""
    boris = newcomer("Boris")
    make_order(user=boris.user, store=store)
    return boris


def comment_on(post: Post, person: Person, text: str = "Lovely smell", **fields: Any) -> dict[str, Any]:
    """A comment through the API; fails unless it is taken."""
    answer = person.post(f"/posts/{post.pk}/comments", {"text": text, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def counts_of(person: Person, post: Post) -> dict[str, int]:
    """The post's counts, as a like tells them; the person likes the post by it."""
    answer = person.put(f"/posts/{post.pk}/like")
    assert answer.status_code == 200, answer.text
    body: dict[str, int] = answer.json()
    return body


def ids_of(person: Person, post: Post, **query: Any) -> list[int]:
    """Ids of the comments that a person is shown, in order."""
    answer = person.get(f"/posts/{post.pk}/comments", params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def row(comment: dict[str, Any]) -> Comment:
    """The row behind a comment."""
    return Comment.objects.get(id=comment["id"])
