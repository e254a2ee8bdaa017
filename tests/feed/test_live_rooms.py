"""Cards of live rooms on top of the feed: which ones, for whom, and how soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from django.conf import settings

from core import clock, db, redis
from feed import live_cards, selectors
from feed.schemas import FeedOut
from feed.selectors import PageAsked
from interactions.live import keys
from interactions.models import LiveRoom, RoomStatus
from posts.models import Media, MediaStatus
from stores.models import Decision, Store
from stores.services import reviews
from tests.conftest import Newcomer
from tests.feed.conftest import Publish, texts
from tests.feed.live_rooms import end, go_live, live, titles
from tests.people import Person, make_store, run_jobs

PICTURE = {
    "width": 1200,
    "height": 800,
    "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
    "variants": [
        {"name": f"made/{width}.webp", "width": width, "height": width * 2 // 3, "format": "webp"}
        for width in (320, 640)
    ],
}


@pytest.fixture(autouse=True)
def no_patience_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Viewers are asked for anew by each page, and waited for on a machine that does other things."""
    monkeypatch.setattr(live_cards, "FRESH_S", 0.0)
    monkeypatch.setattr(live_cards._count, "_patience_s", 5.0)


def test_the_first_page_bears_the_rooms_of_followed_stores_the_latest_start_first(
    mia: Person, alice: Person, erin: Person, store: Store, publish: Publish
) -> None:
    for number in range(3):
        publish(f"Post {number}")
    run_jobs()
    cover = Media.objects.create(store=store, by=alice.user, purpose="post", status=MediaStatus.READY, picture=PICTURE)
    other = make_store(owner=alice, handle="coffeehouse", verified=True, avatar=PICTURE)
    mia.put(f"/stores/{other.handle}/follow", {"source": "search"})
    tea = go_live(alice, store, "Tea", cover=cover.pk)
    coffee = go_live(alice, other, "Coffee")
    go_live(erin, Store.objects.get(handle="bookshop"), "Nothing to her")
    LiveRoom.objects.create(store=store, host=alice.user, title="Tomorrow")

    answer = mia.get("/feed", params={"limit": 2}).json()
    FeedOut.model_validate(answer, extra="forbid")
    first, second = answer["live"]
    assert first == {
        "room": coffee,
        "title": "Coffee",
        "cover": None,
        "store": {
            "handle": "coffeehouse",
            "name": "coffeehouse",
            "avatar": f"{settings.BASE_URL}/media/made/320.webp",
            "verified": True,
        },
        "started_at": mia.get(f"/rooms/{coffee}").json()["started_at"],
        "socket": f"/ws/rooms/{coffee}",
        "viewers": 0,
    }
    assert (second["room"], second["cover"]) == (tea, f"{settings.BASE_URL}/media/made/640.webp")
    assert second["store"]["name"] == "Tea House"
    assert live(mia, cursor=answer["next_cursor"]) == [], "no other page"
    assert mia.get(f"/stores/{store.handle}/posts").json()["live"] == []
    assert mia.get("/feed/discover").json()["live"] == []


def test_whatever_changes_shows_on_the_next_read(mia: Person, paula: Person, alice: Person, store: Store) -> None:
    assert titles(mia) == []
    room = go_live(alice, store, "Tea")
    assert titles(mia) == ["Tea"], "before anything was ever published"
    alice.patch(f"/rooms/{room}", {"title": "Green tea"})
    assert titles(mia) == ["Green tea"]
    follow = f"/stores/{store.handle}/follow"
    mia.patch(follow, {"muted": True})
    assert titles(mia) == []
    mia.patch(follow, {"muted": False, "notify": "none"})
    assert titles(mia) == ["Green tea"], "who wants no notices still reads"
    mia.delete(follow)
    assert titles(mia) == []
    mia.put(follow, {"source": "live"})
    assert titles(mia) == ["Green tea"]
    reviews.review_store(by=paula.user, store=store, decision=Decision.SUSPENDED, reason="drill")
    assert titles(mia) == []
    reviews.review_store(by=paula.user, store=store, decision=Decision.RESTORED, reason="drill")
    LiveRoom.objects.update(status=RoomStatus.LIVE)  # whatever suspending did to it
    assert titles(mia) == ["Green tea"]
    Store.objects.update(name="Tea Palace")
    assert live(mia)[0]["store"]["name"] == "Tea Palace"
    end(alice, room)
    assert titles(mia) == []


def test_a_page_is_a_new_one_when_a_room_comes_or_goes_and_not_for_its_viewers(
    mia: Person, alice: Person, store: Store, publish: Publish
) -> None:
    publish()
    run_jobs()

    def tag() -> str:
        return mia.get("/feed").headers["etag"]

    quiet = tag()
    room = go_live(alice, store)
    lively = tag()
    assert quiet != lively
    redis.plain().client().hset(keys.viewers(room), "web", f"12:{int(time.time())}")
    assert live(mia)[0]["viewers"] == 12
    assert tag() == lively
    assert mia.get("/feed", headers={"If-None-Match": lively}).status_code == 304
    end(alice, room)
    assert mia.get("/feed", headers={"If-None-Match": lively}).status_code == 200
    assert tag() == quiet


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def monotonic(self) -> float:
        """As `time` has it."""
        return self.now


def test_viewers_are_asked_for_once_a_second_and_are_the_last_known_without_redis(
    mia: Person, alice: Person, store: Store, away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, now, watch = go_live(alice, store), int(time.time()), Clock()
    counts = redis.plain().client()
    counts.hset(keys.viewers(room), mapping={"one": f"12:{now}", "two": f"5:{now}", "gone": f"90:{now - 60}"})
    monkeypatch.setattr(live_cards, "FRESH_S", 1.0)
    monkeypatch.setattr(live_cards, "time", watch)
    assert live(mia)[0]["viewers"] == 17
    counts.hset(keys.viewers(room), "two", f"6:{now}")
    watch.now += 0.9
    assert live(mia)[0]["viewers"] == 17
    watch.now += 0.2
    assert live(mia)[0]["viewers"] == 18
    away()
    watch.now += 1.1
    assert live(mia)[0]["viewers"] == 18


def test_a_feed_without_redis_bears_them_too(
    mia: Person, alice: Person, store: Store, publish: Publish, away: Callable[[], None]
) -> None:
    publish("One")
    run_jobs()
    room = go_live(alice, store)
    away()
    assert [found["room"] for found in live(mia)] == [room]
    assert texts(mia) == ["One"]


def test_ten_at_most_the_latest_ones(mia: Person, alice: Person, store: Store) -> None:
    for number in range(11):
        LiveRoom.objects.create(
            store=store, host=alice.user, title=f"{number}", status=RoomStatus.LIVE, started_at=clock.now()
        )
    assert titles(mia) == [f"{number}" for number in range(10, 0, -1)]


def pages_of(*asked: PageAsked) -> list[selectors.SeenPage]:
    """What one statement says to these pages, on a loop whose connections end with it."""

    async def ask() -> list[selectors.SeenPage]:
        try:
            return await selectors._seen_pages(asked)
        finally:
            await db.close()

    return asyncio.run(ask())


def test_of_pages_that_are_asked_together_each_bears_its_own(
    mia: Person, newcomer: Newcomer, alice: Person, erin: Person, store: Store, publish: Publish
) -> None:
    noa, post = newcomer("Noa"), publish()
    noa.put("/stores/bookshop/follow", {"source": "search"})
    tea, books = go_live(alice, store, "Tea"), go_live(erin, Store.objects.get(handle="bookshop"), "Books")
    assert post.feed_id is not None
    found = pages_of(
        PageAsked(noa.id, [], True, live=True),
        PageAsked(mia.id, [post.feed_id], True),
        PageAsked(None, [post.feed_id], False),
        PageAsked(mia.id, [post.feed_id], True, live=True),
        PageAsked(alice.id, [], True, live=True),
    )
    assert [[card.room_id for card in page.live] for page in found] == [[books], [], [], [tea], []]
    assert [list(page.posts) for page in found] == [[], [post.feed_id], [post.feed_id], [post.feed_id], []]
