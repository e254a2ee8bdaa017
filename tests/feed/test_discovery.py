"""Discovery as people read it: who is shown what, and that a list stands still while it is read."""

from __future__ import annotations

import pytest

from accounts.models import User
from core import clock, redis
from feed.discovery import pool
from feed.schemas import FeedOut
from interactions.models import Comment, Share
from posts.models import Post, PostStatus
from stores.models import Follow, Store, StoreStatus
from tests.feed.conftest import every_page, joined, texts
from tests.feed.discovering import PATH, Told, first_and_rest, follow, like, ranked
from tests.people import Person, make_order, make_store


@pytest.fixture(autouse=True)
def _no_pool_of_another_test(world: None) -> None:
    """Processes keep the pool for a few seconds."""
    pool.forget()


def test_an_empty_installation_has_nothing_to_discover(anonymous: Person, charlie: Person) -> None:
    for person in (anonymous, charlie):
        body = person.get(PATH).json()
        assert body == {"items": [], "live": [], "next_cursor": None, "head": None}
    assert pool.refresh() == 0
    assert texts(charlie, PATH) == []


def test_only_stores_that_one_does_not_follow(charlie: Person, anonymous: Person, told: Told) -> None:
    followed, muted, new = told("Followed"), told("Muted"), told("New")
    follow(followed.store, [charlie.user])
    Follow.objects.create(user=charlie.user, store=muted.store, muted=True)
    assert ranked(charlie) == ["New"]
    assert sorted(texts(anonymous, PATH)) == ["Followed", "Muted", "New"]
    body = charlie.get(PATH).json()
    FeedOut.model_validate(body, extra="forbid")
    assert body["head"] is None, "the home feed's seen mark does not move"
    assert body["items"][0]["id"] == new.id
    assert body["items"][0]["viewer"]["following"] is False


def test_only_approved_stores_and_published_posts(anonymous: Person, told: Told) -> None:
    for status in StoreStatus:
        told(status.label, status=status)
    told("Draft", age_h=2).store.posts.update(status=PostStatus.DELETED)
    assert pool.refresh() == 1
    assert ranked(anonymous) == ["approved"]


def test_not_ones_own_store(alice: Person, anonymous: Person, store: Store, told: Told) -> None:
    told("Mine", store=store)
    assert ranked(alice) == []
    assert texts(anonymous, PATH) == ["Mine"]


def test_not_what_one_hid(charlie: Person, told: Told) -> None:
    hidden = told("Hidden")
    told("Shown", age_h=2)
    assert charlie.put(f"/posts/{hidden.id}/hidden").status_code == 204
    assert ranked(charlie) == ["Shown"]
    assert charlie.delete(f"/posts/{hidden.id}/hidden").status_code == 204
    assert ranked(charlie) == ["Hidden", "Shown"]


def test_not_what_is_too_old(anonymous: Person, told: Told) -> None:
    told("Old", age_h=24 * 31)
    told("Recent", age_h=24 * 29)
    assert ranked(anonymous) == ["Recent"]


def test_what_followers_like_comes_first_and_others_likes_do_not_count(
    anonymous: Person, crowd: list[User], told: Told
) -> None:
    plain, liked, bought = told("Plain"), told("Liked by followers", age_h=9), told("Liked by others", age_h=9)
    for post in (plain, liked, bought):
        follow(post.store, crowd[:30])
    like(liked, crowd[:12])
    like(bought, crowd[30:60])
    assert ranked(anonymous) == ["Liked by followers", "Plain", "Liked by others"]


def test_comments_and_shares_count_once_a_person_and_more_than_likes(
    anonymous: Person, crowd: list[User], told: Told
) -> None:
    one_person, comments, shares, likes = told("One"), told("Comments"), told("Shares"), told("Likes")
    for post in (one_person, comments, shares, likes):
        follow(post.store, crowd[:40])
    like(likes, crowd[:6])
    for n in range(6):
        Comment.objects.create(post=comments, author=crowd[n], text=f"Good {n}", text_hash=b"")
        Comment.objects.create(post=one_person, author=crowd[0], text=f"Spam {n}", text_hash=b"")
        Comment.objects.create(post=one_person, author=crowd[n], text=f"Hidden {n}", text_hash=b"", status="hidden")
        Comment.objects.create(post=one_person, author=crowd[n], text=f"We {n}", text_hash=b"", by_store=True)
        Share.objects.create(post=shares, user=crowd[n], code=f"s{n}")
        Share.objects.create(post=one_person, user=crowd[1], code=f"o{n}")
    assert ranked(anonymous) == ["Shares", "Comments", "One", "Likes"]
    like(likes, crowd[6:10])
    assert ranked(anonymous) == ["Shares", "Comments", "Likes", "One"]


def test_whom_the_fan_out_reached_counts_and_else_followers_by_the_usual_share(
    anonymous: Person, crowd: list[User], told: Told
) -> None:
    few, many, pulled = told("Reached few", age_h=40), told("Reached many", age_h=40), told("Pulled", age_h=40)
    for post in (few, many, pulled):
        follow(post.store, crowd[:40])
        like(post, crowd[:8])
    done = {"fanned_out_at": clock.now(), "followers": 4_000}
    Post.objects.filter(id=few.id).update(reached=40, **done)
    Post.objects.filter(id=many.id).update(reached=2_000, **done)
    Store.objects.filter(id=pulled.store_id).update(follower_count=4_000)  # a quarter of them: 1,020 people
    assert ranked(anonymous) == ["Reached few", "Pulled", "Reached many"]


def test_a_trade_one_follows_and_a_store_one_bought_from_come_first(
    charlie: Person, anonymous: Person, erin: Person, told: Told
) -> None:
    told("Plants", category="plants", age_h=20)
    shop = told("Where Charlie bought", category="food", age_h=40).store
    told("Books", category="books")
    assert ranked(charlie) == ["Books", "Plants", "Where Charlie bought"]
    follow(make_store(owner=erin, handle="garden", category="plants"), [charlie.user])
    assert ranked(charlie) == ["Plants", "Books", "Where Charlie bought"]
    test_order = make_order(user=charlie.user, store=shop, test=True)
    assert ranked(charlie) == ["Plants", "Books", "Where Charlie bought"]
    test_order.delete()
    make_order(user=charlie.user, store=shop)
    assert ranked(charlie) == ["Where Charlie bought", "Plants", "Books"]
    assert texts(anonymous, PATH) == ["Books", "Plants", "Where Charlie bought"]


def test_no_store_fills_the_list(anonymous: Person, told: Told) -> None:
    loud = told("Loud 0").store
    for n in range(1, 9):
        told(f"Loud {n}", store=loud, age_h=1 + n / 100)
    for n in range(4):
        told(f"Quiet {n}", age_h=50)
    found = ranked(anonymous)
    assert [text for text in found if text.startswith("Loud")] == [f"Loud {n}" for n in range(5)]
    assert not any(all(text.startswith("Loud") for text in found[n : n + 3]) for n in range(5))


def test_pages_join_without_gap_or_repeat(charlie: Person, anonymous: Person, many: list[str]) -> None:
    for person in (charlie, anonymous):
        pages = every_page(person, limit=20, path=PATH)
        assert [len(page) for page in pages] == [20, 20, 5]
        assert joined(pages) == many


def test_a_list_that_is_read_stands_still_while_ranks_move(charlie: Person, crowd: list[User], many: list[str]) -> None:
    def move() -> None:
        for post in Post.objects.filter(text__in=many[0:45:3]):
            follow(post.store, crowd)
            like(post, crowd[:40])
        pool.refresh()

    first, rest = first_and_rest(charlie, move)
    assert first + rest == many
    assert texts(charlie, PATH, limit=50) != many, "a new list has the new ranks"


def test_what_is_deleted_hidden_or_followed_meanwhile_is_not_shown_and_pages_are_full(
    charlie: Person, many: list[str]
) -> None:
    gone = ["Post 12", "Post 13", "Post 20", "Post 21", "Post 30"]

    def take_away() -> None:
        deleted, hidden, followed, suspended, stay_hidden = (Post.objects.get(text=text) for text in gone)
        Post.objects.filter(id=deleted.id).update(status=PostStatus.DELETED)
        for post in (hidden, stay_hidden):
            assert charlie.put(f"/posts/{post.id}/hidden").status_code == 204
        assert charlie.put(f"/stores/{followed.store.handle}/follow", {"source": "feed"}).status_code == 200
        Store.objects.filter(id=suspended.store_id).update(status=StoreStatus.SUSPENDED)

    first, rest = first_and_rest(charlie, take_away)
    left = [text for text in many if text not in gone]
    assert first + rest == left
    assert joined(every_page(charlie, limit=10, path=PATH)) == left, "of a list begun later, too"


def test_a_page_is_filled_past_many_that_may_not_be_seen(charlie: Person, many: list[str]) -> None:
    def take_away() -> None:
        Post.objects.filter(text__in=many[10:42]).update(status=PostStatus.DELETED)

    assert first_and_rest(charlie, take_away) == (many[:10], many[42:])


def test_a_list_that_redis_lost_goes_on_where_it_was(charlie: Person, anonymous: Person, many: list[str]) -> None:
    for person in (charlie, anonymous):
        first, rest = first_and_rest(person, redis.client().flushall)
        assert first + rest == many
        assert texts(person, PATH, limit=50) == many


def test_a_lost_list_comes_to_an_end_however_ranks_move(charlie: Person, crowd: list[User], many: list[str]) -> None:
    def lose_and_move() -> None:
        redis.client().flushall()
        for post in Post.objects.filter(text__in=many[0:45:3]):
            follow(post.store, crowd)
            like(post, crowd[:40])

    _, rest = first_and_rest(charlie, lose_and_move)
    assert len(rest) == len(set(rest))
    assert set(rest) >= {text for n, text in enumerate(many) if n > 10 and n % 3}, "who did not move is shown"
