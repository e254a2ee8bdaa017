"""A Redis that answers reads and refuses writes, as one without memory or disk does: nobody notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from core import redis
from tests.feed.conftest import Publish, texts
from tests.people import Person, problem, run_jobs


@pytest.fixture
def full(world: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Redis refuses whatever takes memory; each trip finds that out anew."""
    monkeypatch.setattr(settings, "REDIS_BREAKER_S", 0)
    doors = {redis.feed(), redis.plain()}
    for door in doors:
        door.client().config_set("maxmemory", "1")
    yield
    for door in doors:
        door.client().config_set("maxmemory", "0")


def test_a_full_redis_fails_no_read_and_no_write(full: None, mia: Person, publish: Publish) -> None:
    post = publish("First")
    run_jobs()
    assert texts(mia) == ["First"]
    assert mia.get("/feed/new").json()["count"] == 1
    assert mia.put(f"/posts/{post.id}/like").json()["likes"] == 1
    assert mia.patch("/me", {"language": "zh-hans"}).status_code == 200
    wrong = {"email": "mia@example.org", "password": "wrong horse"}
    assert mia.post("/_allauth/app/v1/auth/login", wrong, headers={"X-Session-Token": ""}).status_code == 400
    assert problem(mia.post("/ws-tickets")) == (503, "unavailable")
    assert mia.get("/readyz").status_code == 200
