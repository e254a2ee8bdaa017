"""The home feed as shoppers read it."""

from __future__ import annotations

import pytest
from django.conf import settings
from prometheus_client import REGISTRY

from core import clock, redis
from core.ids import next_feed_id
from feed import keys
from feed.models import HiddenPost
from feed.schemas import FeedOut
from posts.models import Post, PostStatus
from stores.models import Follow, Store, StoreStatus
from tests.conftest import Newcomer
from tests.feed.conftest import Publish, every_page, joined, texts
from tests.people import Person, make_order, make_store, problem, run_jobs


def test_a_follower_reads_a_post_and_a_stranger_does_not(mia: Person, charlie: Person, publish: Publish) -> None:
    assert texts(mia) == []
    publish("First")
    run_jobs()
    assert texts(mia) == ["First"]
    assert texts(charlie) == []


def test_nobody_has_no_feed(anonymous: Person) -> None:
    assert problem(anonymous.get("/feed")) == (401, "not_signed_in")


def test_the_newest_comes_first_and_pages_join_without_gap_or_repeat(mia: Person, publish: Publish) -> None:
    wanted = [f"Post {n}" for n in range(45)]
    for text in wanted:
        publish(text)
    run_jobs()
    pages = every_page(mia, limit=20)
    assert [len(page) for page in pages] == [20, 20, 5]
    assert joined(pages) == wanted[::-1]


def test_a_feed_that_redis_forgot_is_the_same(mia: Person, publish: Publish) -> None:
    for n in range(30):
        publish(f"Post {n}")
    run_jobs()
    before = every_page(mia, limit=10)
    redis.client().flushall()
    assert every_page(mia, limit=10) == before
    assert redis.client().exists(keys.inbox(mia.id)) == 1


def test_a_feed_goes_on_below_a_trimmed_window(mia: Person, publish: Publish) -> None:
    posts = [publish(f"Post {n}") for n in range(25)]
    run_jobs()
    texts(mia)
    # A window that holds only the newest seven, as after a trim.
    kept = [post.feed_id or 0 for post in posts[-7:]]
    redis.client().set(keys.inbox(mia.id), b"".join(n.to_bytes(8) for n in [kept[0] - 1, *kept]))
    assert joined(every_page(mia, limit=10)) == [f"Post {n}" for n in reversed(range(25))]


def test_a_page_is_filled_past_posts_that_may_not_be_seen(mia: Person, publish: Publish) -> None:
    posts = [publish(f"Post {n}") for n in range(60)]
    run_jobs()
    texts(mia)
    for post in posts[10:55]:
        post.status = PostStatus.DELETED
        post.save()
    first = mia.get("/feed", params={"limit": 10}).json()
    assert [item["text"] for item in first["items"]] == [f"Post {n}" for n in [59, 58, 57, 56, 55, 9, 8, 7, 6, 5]]
    assert first["next_cursor"]
    rest = mia.get("/feed", params={"limit": 10, "cursor": first["next_cursor"]}).json()
    assert [item["text"] for item in rest["items"]] == [f"Post {n}" for n in [4, 3, 2, 1, 0]]
    assert rest["next_cursor"] is None


def test_unfollow_mute_hide_and_suspension_act_on_the_very_next_read(
    mia: Person, store: Store, publish: Publish
) -> None:
    post = publish("Seen")
    run_jobs()
    assert texts(mia) == ["Seen"]
    follow = Follow.objects.get(user=mia.user)
    follow.muted = True
    follow.save()
    assert texts(mia) == []
    follow.muted = False
    follow.save()
    assert mia.put(f"/posts/{post.id}/hidden").status_code == 204
    assert mia.put(f"/posts/{post.id}/hidden").status_code == 204
    assert HiddenPost.objects.count() == 1
    assert texts(mia) == []
    assert mia.delete(f"/posts/{post.id}/hidden").status_code == 204
    assert texts(mia) == ["Seen"]
    Store.objects.filter(id=store.id).update(status=StoreStatus.SUSPENDED)
    assert texts(mia) == []
    Store.objects.filter(id=store.id).update(status=StoreStatus.APPROVED)
    assert texts(mia) == ["Seen"]
    follow.delete()
    assert texts(mia) == []


def test_a_new_follow_brings_the_stores_earlier_posts(charlie: Person, store: Store, publish: Publish) -> None:
    publish("Earlier")
    run_jobs()
    assert texts(charlie) == []
    assert charlie.put(f"/stores/{store.handle}/follow", {"source": "search"}).status_code == 200
    run_jobs()
    assert texts(charlie) == ["Earlier"]


def test_an_edited_post_is_shown_as_edited_even_from_an_old_card(mia: Person, publish: Publish) -> None:
    post = publish("Befor")
    run_jobs()
    assert texts(mia) == ["Befor"]
    post.text, post.version = "Before", 2
    post.save()
    assert texts(mia) == ["Before"]


def test_a_renamed_store_is_shown_under_its_new_name(mia: Person, store: Store, publish: Publish) -> None:
    publish()
    run_jobs()
    assert mia.get("/feed").json()["items"][0]["store"]["name"] == "Tea House"
    store.name = "Tea Palace"
    store.save()
    assert mia.get("/feed").json()["items"][0]["store"]["name"] == "Tea Palace"


def test_a_card_says_what_its_reader_may_do(mia: Person, alice: Person, store: Store, publish: Publish) -> None:
    post = publish()
    run_jobs()
    body = mia.get("/feed").json()
    FeedOut.model_validate(body, extra="forbid")
    card = body["items"][0]
    assert card["id"] == post.id
    assert card["counts"] == {"likes": 0, "comments": 0, "shares": 0}
    assert card["viewer"] == {"liked": False, "following": True, "can_comment": False, "why_not": "not_a_buyer"}
    make_order(user=mia.user, store=store)
    assert mia.get("/feed").json()["items"][0]["viewer"]["can_comment"] is True
    mine = alice.get(f"/stores/{store.handle}/posts").json()["items"][0]["viewer"]
    assert mine == {"liked": False, "following": False, "can_comment": True, "why_not": None}


def test_the_store_page_is_for_everybody(anonymous: Person, store: Store, publish: Publish) -> None:
    for n in range(5):
        publish(f"Post {n}")
    assert every_page(anonymous, limit=2, path=f"/stores/{store.handle}/posts") == [
        ["Post 4", "Post 3"],
        ["Post 2", "Post 1"],
        ["Post 0"],
    ]
    viewer = anonymous.get(f"/stores/{store.handle}/posts").json()["items"][0]["viewer"]
    assert viewer == {"liked": False, "following": False, "can_comment": False, "why_not": "not_signed_in"}
    Store.objects.filter(id=store.id).update(status=StoreStatus.SUSPENDED)
    assert problem(anonymous.get(f"/stores/{store.handle}/posts")) == (404, "not_found")
    assert problem(anonymous.get("/stores/a%00b/posts")) == (404, "not_found")


def test_pinned_posts_stand_first_on_the_store_page(anonymous: Person, store: Store, publish: Publish) -> None:
    posts = [publish(f"Post {n}") for n in range(5)]
    for post in (posts[0], posts[2]):
        post.pinned_at = post.published_at
        post.save()
    for limit in (1, 2, 3, 10):
        pages = every_page(anonymous, limit=limit, path=f"/stores/{store.handle}/posts")
        assert joined(pages) == ["Post 2", "Post 0", "Post 4", "Post 3", "Post 1"]


def test_a_page_that_did_not_change_is_not_sent_again(mia: Person, publish: Publish) -> None:
    publish()
    run_jobs()
    first = mia.get("/feed")
    assert first.headers["etag"].startswith('W/"')
    again = mia.get("/feed", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    publish("News")
    run_jobs()
    assert mia.get("/feed", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_cursors_are_ours_alone(mia: Person, store: Store, publish: Publish) -> None:
    for n in range(5):
        publish(f"Post {n}")
    run_jobs()
    cursor = mia.get("/feed", params={"limit": 2}).json()["next_cursor"]
    for wrong in (cursor[:-1], cursor[::-1], "x", "", "A" * 300, "é"):
        assert mia.get("/feed", params={"cursor": wrong}).status_code == 422
    assert problem(mia.get(f"/stores/{store.handle}/posts", params={"cursor": cursor})) == (422, "bad_cursor")
    for limit in (0, 51, "many"):
        assert problem(mia.get("/feed", params={"limit": limit})) == (422, "invalid")


def test_unread_counts_what_came_after_the_seen_mark(mia: Person, newcomer: Newcomer, publish: Publish) -> None:
    assert mia.get("/feed/new").json() == {"count": 0, "stores": [], "head": None}
    publish("One")
    publish("Two")
    run_jobs()
    new = mia.get("/feed/new").json()
    assert (new["count"], new["stores"]) == (2, ["teahouse"])
    page = mia.get("/feed").json()
    assert page["head"] == new["head"]
    assert mia.get("/feed/new").json()["count"] == 2, "reading a page does not move the mark"
    assert mia.put("/feed/seen", {"head": page["head"]}).json() == {"head": page["head"]}
    assert mia.get("/feed/new").json()["count"] == 0
    assert mia.put("/feed/seen", {"head": "5"}).json() == {"head": page["head"]}, "the mark never moves back"
    publish("Three")
    run_jobs()
    assert mia.get("/feed/new").json()["count"] == 1


def test_a_mark_in_the_future_is_refused(mia: Person) -> None:
    assert problem(mia.put("/feed/seen", {"head": "9007199254740991"})) == (422, "invalid")
    assert problem(mia.put("/feed/seen", {"head": "-1"})) == (422, "invalid")


def test_unread_is_capped(mia: Person, publish: Publish) -> None:
    for n in range(105):
        publish(f"Post {n}")
    run_jobs()
    assert mia.get("/feed/new").json()["count"] == 99


def test_a_follower_of_two_stores_reads_both_in_order(mia: Person, alice: Person, publish: Publish) -> None:
    other = make_store(owner=alice, handle="bakery")
    mia.put("/stores/bakery/follow", {"source": "search"})
    publish("Tea 1")
    publish("Bread 1", by=other)
    publish("Tea 2")
    run_jobs()
    assert texts(mia) == ["Tea 2", "Bread 1", "Tea 1"]


def mute(person: Person, store: Store) -> None:
    """Mutes a followed store."""
    assert person.patch(f"/stores/{store.handle}/follow", {"muted": True}).status_code == 200


def flood(store: Store, author: Person, count: int) -> None:
    """Many published posts, all newer than what is there."""
    newest = next_feed_id()
    Post.objects.bulk_create(
        Post(
            store=store,
            author=author.user,
            text=f"Flood {n}",
            status=PostStatus.PUBLISHED,
            published_at=clock.now(),
            feed_id=newest + n,
        )
        for n in range(count)
    )


def test_unread_posts_are_found_behind_any_number_of_muted_ones(
    mia: Person, alice: Person, store: Store, publish: Publish
) -> None:
    loud = make_store(owner=alice, handle="loud")
    mia.put("/stores/loud/follow", {"source": "search"})
    publish("Quiet news")
    flood(loud, alice, 150)
    mute(mia, loud)
    redis.client().flushall()
    assert mia.get("/feed/new").json() | {"head": None} == {"count": 1, "stores": ["teahouse"], "head": None}


@pytest.mark.parametrize("is_away", [False, True])
def test_a_muted_store_costs_few_statements_however_much_it_posts(
    mia: Person, alice: Person, publish: Publish, is_away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    loud = make_store(owner=alice, handle="loud")
    mia.put("/stores/loud/follow", {"source": "search"})
    publish("Quiet news")
    flood(loud, alice, 5_000)
    mute(mia, loud)
    redis.client().flushall()
    if is_away:
        monkeypatch.setattr(settings, "REDIS_BREAKER_S", 60)
        with pytest.raises(redis.RedisAway), redis.guard():
            raise TimeoutError
    before = statements()
    assert texts(mia) == ["Quiet news"]
    assert statements() - before < 20
    redis.close_breaker()


def statements() -> float:
    """How many statements the hot path has sent."""
    found = REGISTRY.get_sample_value("backyard_hot_sql_total")
    assert found is not None
    return found
