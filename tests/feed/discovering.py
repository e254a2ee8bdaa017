"""Discovery as its tests ask for it: who follows and likes, pages and what they cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from prometheus_client import REGISTRY

from accounts.models import User
from feed.discovery import pool
from interactions.models import Like
from posts.models import Post
from stores.models import Follow, Store
from tests.conftest import Site
from tests.people import Person

PATH = "/feed/discover"
Told = Callable[..., Post]


def follow(store: Store, users: list[User]) -> None:
    """Makes followers of them."""
    Follow.objects.bulk_create(Follow(user=user, store=store) for user in users)
    Store.objects.filter(id=store.id).update(follower_count=Follow.objects.filter(store=store).count())


def like(post: Post, users: list[User]) -> None:
    """They all like it."""
    Like.objects.bulk_create(Like(user=user, post=post) for user in users)


def ranked(person: Person, **query: Any) -> list[str]:
    """A first page over a pool that was made just now."""
    pool.refresh()
    answer = person.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return [item["text"] for item in answer.json()["items"]]


def first_and_rest(person: Person, between: Callable[[], object], *, limit: int = 10) -> tuple[list[str], list[str]]:
    """A first page, then something happens, then all the others."""
    first = person.get(PATH, params={"limit": limit}).json()
    between()
    rest: list[str] = []
    cursor = first["next_cursor"]
    while cursor:
        answer = person.get(PATH, params={"limit": limit, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rest += [item["text"] for item in page["items"]]
        assert len(page["items"]) == limit or page["next_cursor"] is None, "short only at the end"
        assert len(rest) < 1_000
        cursor = page["next_cursor"]
    return [item["text"] for item in first["items"]], rest


def on_site(site: Site, work: Coroutine[Any, Any, Any]) -> Any:
    """Does something where pages are made."""
    return asyncio.run_coroutine_threadsafe(work, site.loop).result(30)


def spent(person: Person, **query: Any) -> tuple[int, int]:
    """SQL statements and Redis trips of one page."""
    names = ("backyard_hot_sql_total", "backyard_redis_trips_total")
    before = [REGISTRY.get_sample_value(name) or 0 for name in names]
    assert person.get(PATH, params=query).status_code == 200
    sql, trips = (int((REGISTRY.get_sample_value(n) or 0) - old) for n, old in zip(names, before, strict=True))
    return sql, trips


def statements() -> int:
    """SQL statements so far."""
    return int(REGISTRY.get_sample_value("backyard_hot_sql_total") or 0)
