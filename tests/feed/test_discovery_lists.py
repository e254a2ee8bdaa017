"""Discovery's lists and pool: lost, displaced, made by many at once, without Redis, and what they cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.db import connection

from core import clock, redis
from core.jobs import defer
from feed import keys, tasks
from feed.discovery import jobs, pool, snapshots
from feed.discovery.ranking import Place
from posts.models import Post
from tests.conftest import Site
from tests.feed.conftest import every_page, joined, texts
from tests.feed.discovering import PATH, Told, first_and_rest, on_site, spent, statements
from tests.people import Person, problem, run_jobs


@pytest.fixture(autouse=True)
def _no_pool_of_another_test(world: None) -> None:
    """Processes keep the pool for a few seconds."""
    pool.forget()


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
    for person, most in ((charlie, 3), (anonymous, 1)):
        for trips, query in ((2, {}), (2, {"cursor": cursors[person]})):
            sql, seen_trips = spent(person, limit=20, **query)
            assert sql == most
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
