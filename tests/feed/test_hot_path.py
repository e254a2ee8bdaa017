"""What a warm page costs: statements and trips are counted, plans are looked at, and what is kept is never wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

import psycopg
import pytest
from django.db import connection
from prometheus_client import REGISTRY

from accounts import auth
from accounts.models import User
from core import redis
from core.ids import next_feed_id
from feed import keys, modes, outboxes, selectors
from feed.models import Mode
from interactions import counters
from posts.models import Post, PostStatus
from stores.models import Order, OrderStatus, Store
from tests.conftest import Newcomer
from tests.feed.conftest import Publish, texts
from tests.feed.live_rooms import go_live, titles
from tests.people import Person, make_store, run_jobs

Costs = tuple[float, float]


def costs(read: Callable[[], object]) -> Costs:
    """Statements on the hot path's connections and trips to Redis that something takes."""
    names = ("backyard_hot_sql_total", "backyard_redis_trips_total")
    before = [REGISTRY.get_sample_value(name) or 0 for name in names]
    read()
    sql, trips = ((REGISTRY.get_sample_value(name) or 0) - was for name, was in zip(names, before, strict=True))
    return sql, trips


@pytest.fixture
def full(mia: Person, publish: Publish) -> Person:
    """Mia, whose feed has more than a page."""
    for number in range(25):
        publish(f"Post {number}")
    run_jobs()
    texts(mia)
    texts(mia)
    return mia


def test_a_warm_page_is_two_statements_and_at_most_two_trips(full: Person) -> None:
    first = costs(lambda: texts(full))
    assert first[0] == 2, "sign-in, and what only the viewer sees"
    assert first[1] == 1, "the inbox: cards and counts are known here"
    counters._recent.clear()
    assert costs(lambda: texts(full)) == (2, 2), "counts grow old and are read again, all in one trip"


def test_a_page_with_pull_stores_is_as_cheap(full: Person, alice: Person) -> None:
    for number in range(5):
        pulled = make_store(owner=alice, handle=f"pulled_{number}")
        assert full.put(f"/stores/{pulled.handle}/follow", {"source": "search"}).status_code == 200
        modes.fix_mode(store=pulled, mode=Mode.PULL)
        run_jobs()
        post = Post.objects.create(
            store=pulled, author=alice.user, text=f"Pulled {number}", status=PostStatus.PUBLISHED,
            published_at=pulled.created_at, feed_id=next_feed_id(),
        )  # fmt: skip
        assert post.text in texts(full)
    counters._recent.clear()
    time.sleep(outboxes.FRESH_S)
    statements, trips = costs(lambda: texts(full))
    assert statements == 2
    assert trips == 2, "the inbox with all its outboxes, and counts; none of them was fresh"


def test_a_page_with_live_rooms_is_as_cheap(full: Person, alice: Person, store: Store) -> None:
    go_live(alice, store, "Tea")
    assert titles(full) == ["Tea"]
    assert costs(lambda: titles(full)) == (2, 1), "they come with what only the viewer sees; viewers are known here"
    counters._recent.clear()
    assert costs(lambda: titles(full)) == (2, 2)


def test_a_changed_card_is_never_served_from_what_a_process_keeps(
    full: Person, alice: Person, store: Store, publish: Publish
) -> None:
    post = publish("As it was")
    run_jobs()
    assert texts(full)[0] == "As it was"
    # Past every service: neither the card in Redis nor the kept one hears of it, only the version does.
    Post.objects.filter(id=post.id).update(text="As it is", version=post.version + 1)
    assert texts(full)[0] == "As it is"
    redis.client().delete(keys.card(post.feed_id or 0))
    assert texts(full)[0] == "As it is"


def test_who_likes_a_post_sees_it_counted_at_once(full: Person, newcomer: Newcomer) -> None:
    item = full.get("/feed").json()["items"][0]
    assert item["counts"]["likes"] == 0
    assert newcomer("Noah").put(f"/posts/{item['id']}/like").status_code in {200, 204}
    assert full.get("/feed").json()["items"][0]["counts"]["likes"] == 1


# Enough rows that a sequential scan would be the wrong plan, and statistics that say so.
_CROWD = """
INSERT INTO posts_post (store_id, author_id, kind, title, text, status, comment_policy, publish_problem, published_at,
    feed_id, version, followers, covered, reached, pulled, created_at)
SELECT %(store)s, %(author)s, 'update', '', 'x', 'published', 'buyers', '', now(), n * 4096, 1, 0, 0, 0, false, now()
FROM generate_series(1, 8000) AS n;
INSERT INTO accounts_session (session_key, session_data, expire_date, user_id)
SELECT md5(n::text), 'x', now() + interval '1 day', %(author)s FROM generate_series(1, 8000) AS n;
INSERT INTO feed_hiddenpost (user_id, post_id, created_at) SELECT %(author)s, id, now() FROM posts_post;
INSERT INTO interactions_like (user_id, post_id, created_at) SELECT %(author)s, id, now() FROM posts_post;
INSERT INTO accounts_user
    (email, display_name, language, phone, password, is_active, is_staff, is_superuser, date_joined)
SELECT 'p' || n || '@example.org', 'P', 'en', '', '!', true, false, false, now() FROM generate_series(1, 8000) AS n;
INSERT INTO stores_follow (user_id, store_id, source, muted, notify, created_at)
SELECT id, %(store)s, 'other', false, 'none', now() FROM accounts_user WHERE email LIKE 'p%%@example.org';
INSERT INTO stores_store (handle, name, category, about, city, language, time_zone, verified, status, application,
    hold_first_comments, follower_count, created_at, updated_at)
SELECT 'crowd_' || n, 'C', s.category, '', '', 'en', 'UTC', false, 'approved', '', false, 0, now(), now()
FROM generate_series(1, 8000) AS n, stores_store s WHERE s.id = %(store)s;
INSERT INTO stores_staff (store_id, user_id, role, created_at)
SELECT id, %(author)s, 'owner', now() FROM stores_store WHERE handle LIKE 'crowd%%';
INSERT INTO interactions_liveroom (store_id, host_id, title, status, ask_policy, slow_mode_s, premoderate, likes,
    peak_viewers, started_at, created_at)
SELECT id, %(author)s, 'Tea', CASE WHEN id %% 100 = 0 THEN 'live' ELSE 'ended' END, 'buyers', 10, false, 0, 0, now(),
    now()
FROM stores_store;
INSERT INTO stores_follow (user_id, store_id, source, muted, notify, created_at)
SELECT %(author)s, id, 'other', false, 'none', now() FROM stores_store WHERE handle LIKE 'crowd%%';
"""


def plan(sql: str, parameters: Mapping[str, str]) -> str:
    """How PostgreSQL would run a statement, prepared and with whatever parameters, as the hot path's connections do."""
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute("EXPLAIN " + sql, parameters)
        lines = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET plan_cache_mode")
    return lines


def test_the_two_statements_of_a_warm_page_find_everything_by_index(mia: Person, alice: Person, store: Store) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CROWD, {"store": store.pk, "author": alice.id})
        buyers = User.objects.values_list("id", flat=True)
        Order.objects.bulk_create(
            Order(store=store, user_id=buyer, platform="csv", external_id=str(buyer), status=OrderStatus.PAID)
            for buyer in buyers
        )
        cursor.execute("ANALYZE")
    sign_in = plan(auth._VIEWER_SQL, {"key": "x" * 32})
    assert "Seq Scan" not in sign_in, sign_in
    page = selectors.viewer_parameters([selectors.PageAsked(mia.id, [n * 4096 for n in range(1, 26)], True)])
    viewer = plan(selectors.VIEWER_SQL, page)
    assert "Seq Scan" not in viewer, viewer
    for index in ("posts_post_feed_id", "order_proof"):
        assert index in viewer, viewer
    for index in ("one_follow_per_store", "one_like_per_post", "hide_once"):
        found = re.search(rf"using {index} .*\n *Index Cond: (.*)", viewer)
        assert found, viewer
        assert " AND " in found[1], "both, or a popular post's likes are all read"
    live = plan(selectors.VIEWER_AND_LIVE_SQL, page)
    assert "Seq Scan on interactions_liveroom" not in live, live
    assert "room_live_now" in live, live
    followed = re.search(r"Index Cond: \(\(user_id = .*viewer.*\) AND \(store_id = ANY", live)
    assert followed, f"one range, however many rooms are live: {live}"


def test_a_page_is_not_planned_anew_each_time(mia: Person, alice: Person, store: Store) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CROWD, {"store": store.pk, "author": alice.id})
        # No room is live, people follow many stores, and the page has about as many posts as PostgreSQL expects of any
        # array: then a plan for one asker would look much cheaper than one for ten.
        cursor.execute("DELETE FROM interactions_liveroom")
        cursor.execute("DELETE FROM stores_follow WHERE store_id = %s", [store.pk])
        cursor.execute("ANALYZE")
    page = selectors.PageAsked(mia.id, [n * 4096 for n in range(1, 12)], True, live=True)
    asked, own = selectors.viewer_parameters([page]), {"pool", "cursor_factory", "context", "prepare_threshold"}
    options = {name: value for name, value in connection.get_connection_params().items() if name not in own}
    with psycopg.connect(**options) as link:  # one that prepares, as the hot path's do
        for _ in range(12):
            link.execute(selectors.VIEWER_AND_LIVE_SQL.encode(), asked, prepare=True)
        plans = link.execute("SELECT custom_plans, generic_plans FROM pg_prepared_statements").fetchall()
    assert plans == [(5, 7)], "after five tries PostgreSQL keeps the plan that fits all"
