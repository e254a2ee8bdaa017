"""Discovery as people read it: who is shown what, and that a list stands still while it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from prometheus_client import REGISTRY

from accounts.models import User
from core import clock, redis
from core.ids import next_feed_id
from core.jobs import defer
from feed import keys, tasks
from feed.discovery import jobs, pool, snapshots
from feed.discovery.ranking import Place
from feed.schemas import FeedOut
from interactions.models import Comment, Like, Share
from posts.models import Post, PostStatus
from stores.models import Follow, Store, StoreStatus
from tests.conftest import Site
from tests.feed.conftest import every_page, joined, texts
from tests.people import Person, make_order, make_store, problem, run_jobs

PATH = "/feed/discover"
Told = Callable[..., Post]


@pytest.fixture(autouse=True)
def _no_pool_of_another_test(world: None) -> None:
    """Processes keep the pool for a few seconds."""
    pool.forget()


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
    return texts(person, PATH, **query)


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


def test_an_empty_installation_has_nothing_to_discover(anonymous: Person, charlie: Person) -> None:
    for person in (anonymous, charlie):
        body = person.get(PATH).json()
        assert body == {"items": [], "next_cursor": None, "head": None}
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


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Called: Redis is found away, and left alone for longer than the test takes."""
    monkeypatch.setattr(settings, "REDIS_BREAKER_S", 60)

    def leave() -> None:
        with pytest.raises(redis.RedisAway), redis.guard():
            raise TimeoutError

    yield leave
    redis.close_breaker()


def test_discovery_goes_on_without_redis(
    charlie: Person, anonymous: Person, many: list[str], away: Callable[[], None]
) -> None:
    first, rest = first_and_rest(charlie, away)
    assert first + rest == many
    for person in (charlie, anonymous):
        assert joined(every_page(person, limit=20, path=PATH)) == many
    assert jobs.rank_discovery(0) == 0
    redis.close_breaker()
    assert joined(every_page(charlie, limit=20, path=PATH)) == many


def test_a_reader_makes_the_pool_that_is_missing_and_the_job_replaces_it(anonymous: Person, told: Told) -> None:
    told("First")
    assert texts(anonymous, PATH) == ["First"]
    assert 0 < redis.client().ttl(keys.discover_pool()) <= pool.READERS_LIFE_S
    told("Second", age_h=0.5)
    pool.forget()
    assert texts(anonymous, PATH) == ["First"], "the next reader is spared the statement"
    assert jobs.rank_discovery(0) == 2
    assert redis.client().ttl(keys.discover_pool()) > pool.READERS_LIFE_S
    assert texts(anonymous, PATH) == ["Second", "First"]


def test_workers_know_the_job(world: None) -> None:
    assert vars(tasks)["discovery"] is jobs, "workers look for jobs in feed.tasks"
    assert defer("feed.rank_discovery", timestamp=0) is not None
    run_jobs()
    assert redis.client().exists(keys.discover_pool()) == 1


def test_the_same_list_is_kept_once(charlie: Person, anonymous: Person, many: list[str]) -> None:
    for _ in range(3):
        texts(anonymous, PATH, limit=10)
        texts(charlie, PATH, limit=10)
    assert len(redis.client().keys("discover:1:{b*}:*")) == 2
    assert texts(charlie, PATH, limit=50) == many
    assert len(redis.client().keys("discover:1:{b*}:*")) == 2, "what fits a page is not kept"


def test_nobody_fills_redis_with_lists(charlie: Person, many: list[str], site: Site) -> None:
    for n in range(16):
        assert charlie.put(f"/posts/{Post.objects.get(text=many[n]).id}/hidden").status_code == 204
        first = charlie.get(PATH, params={"limit": 5}).json()
        rest = texts(charlie, PATH, limit=50, cursor=first["next_cursor"])
        assert [item["text"] for item in first["items"]] + rest == many[n + 1 :]
    assert 1 < len(redis.client().keys("discover:1:{b*}:*")) <= 10

    async def keep() -> None:
        for viewer, most in ((charlie.id, 10), (None, 100)):
            lists = [[Place(n, n)] for n in range(5 * most)]
            names = [await snapshots.keep(viewer, places) for places in lists]
            found = [await snapshots.read(viewer, name) for name in names]
            assert found[-1] == lists[-1]
            assert all(one in (None, places) for one, places in zip(found, lists, strict=True)), "not another list"
            assert most / 2 < sum(one is not None for one in found) <= most

    on_site(site, keep())
    assert len(redis.client().keys("discover:1:{b*}:*")) <= 110


def test_a_list_that_a_later_one_displaced_goes_on_where_it_was(
    charlie: Person, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PLACES", 1)

    def begin_another() -> None:
        assert charlie.put(f"/posts/{Post.objects.get(text='Post 30').id}/hidden").status_code == 204
        charlie.get(PATH, params={"limit": 10})

    first, rest = first_and_rest(charlie, begin_another)
    assert first + rest == [text for text in many if text != "Post 30"]


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


def test_many_who_come_at_once_share_one_statement_and_one_list(told: Told, site: Site) -> None:
    told("Post")

    async def come() -> list[pool.Pool]:
        return await asyncio.gather(*(pool.current() for _ in range(30)))

    before = statements()
    found = on_site(site, come())
    assert statements() == before + 1
    assert len(found[0].best) == 1
    assert {id(one.nobodys) for one in found} == {id(found[0].nobodys)}
    assert on_site(site, come())[0] is found[0], "for some seconds"
    found[0].until = 0.0
    assert on_site(site, come())[0] is not found[0]


def test_without_redis_a_sample_is_taken_now_and_then_and_not_for_each_page(
    anonymous: Person, many: list[str], away: Callable[[], None]
) -> None:
    away()
    texts(anonymous, PATH, limit=10)
    (warm, _), (again, _) = (spent(anonymous, limit=10) for _ in range(2))
    pool.forget()
    (cold, _), (last, _) = (spent(anonymous, limit=10) for _ in range(2))
    assert warm == again == last
    assert cold == warm + 1
    assert texts(anonymous, PATH, limit=10) == many[:10]


def test_a_cursor_is_no_key_to_somebody_elses_list(charlie: Person, anonymous: Person, many: list[str]) -> None:
    gone = Post.objects.get(text="Post 11")
    charlie.put(f"/posts/{gone.id}/hidden")
    cursor = charlie.get(PATH, params={"limit": 10}).json()["next_cursor"]
    assert texts(anonymous, PATH, limit=5, cursor=cursor) == many[10:15]
    home = charlie.get("/feed").json()["next_cursor"]
    assert home is None
    for forged in ("x", cursor[:-4] + "AAAA", cursor + "A"):
        assert problem(charlie.get(PATH, params={"cursor": forged})) == (422, "bad_cursor")


def test_a_warm_page_takes_three_statements_and_two_trips_at_most(
    charlie: Person, anonymous: Person, many: list[str]
) -> None:
    cursors = {}
    for person in (charlie, anonymous):
        every_page(person, limit=20, path=PATH)
        cursors[person] = person.get(PATH, params={"limit": 20}).json()["next_cursor"]
    for person, statements in ((charlie, 3), (anonymous, 1)):
        for trips, query in ((2, {}), (2, {"cursor": cursors[person]})):
            sql, seen_trips = spent(person, limit=20, **query)
            assert sql == statements
            assert 0 < seen_trips <= trips


def test_the_statement_walks_indexes_in_time(world: None) -> None:
    sql = pool.CANDIDATES_SQL
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("EXPLAIN " + sql, pool._parameters(pool.WHOLE, clock.now()))
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "Seq Scan" not in plan
    for index in ("interactions_like_created_at", "interactions_comment_created_at", "interactions_share_created_at"):
        assert index in plan
    assert "feed_id >=" in plan
    assert "user_id = a.user_id" in plan, "the follow of each act is looked up"
