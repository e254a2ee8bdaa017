"""Following stores, and the counter that stays exact."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from stores import tasks
from stores.models import Follow, Store, StoreStatus
from stores.selectors.follows import miscounted_stores
from stores.services.follows import follow_store, repair_follower_count
from tests.conftest import Newcomer
from tests.people import Person, make_store, problem, run_jobs
from tests.stores.conftest import AtOnce, Deferred

FOLLOW = "/stores/teahouse/follow"


def followers(store: Store) -> tuple[int, int]:
    """The counter and the count."""
    store.refresh_from_db()
    return store.follower_count, Follow.objects.filter(store=store).count()


def test_following_is_seen_by_both_sides(charlie: Person, anonymous: Person, store: Store) -> None:
    answer = charlie.put(FOLLOW, {"source": "qr"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told | {"since": ""} == {
        "following": True,
        "muted": False,
        "notify": "live",
        "source": "qr",
        "since": "",
        "followers": 1,
    }
    shown = charlie.get("/stores/teahouse").json()
    assert shown["viewer"] == {"following": True, "muted": False, "notify": "live", "role": None}
    assert anonymous.get("/stores/teahouse").json()["followers"] == 1


def test_following_again_changes_nothing_and_keeps_the_first_source(
    charlie: Person, store: Store, deferred: Deferred
) -> None:
    first = charlie.put(FOLLOW, {"source": "search"}).json()
    charlie.patch(FOLLOW, {"muted": True})
    again = charlie.put(FOLLOW, {"source": "qr"}).json()
    assert again == first | {"muted": True}
    assert followers(store) == (1, 1)
    assert deferred("feed.backfill") == [{"user_id": charlie.id, "store_id": store.pk}]


def test_a_follow_needs_no_body(charlie: Person, store: Store) -> None:
    assert charlie.put(FOLLOW).json()["source"] == "other"
    assert problem(charlie.put(FOLLOW, {"source": "magic"})) == (422, "invalid")


def test_unfollowing_is_idempotent_and_counted_once(charlie: Person, store: Store) -> None:
    charlie.put(FOLLOW)
    for _ in range(3):
        answer = charlie.delete(FOLLOW)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["following"], answer.json()["followers"]) == (False, 0)
    assert followers(store) == (0, 0)


def test_an_unfollow_touches_nobody_elses_follow(charlie: Person, erin: Person, store: Store) -> None:
    charlie.put(FOLLOW)
    charlie.put("/stores/bookshop/follow")
    erin.put(FOLLOW)
    charlie.delete(FOLLOW)
    assert set(Follow.objects.values_list("user__display_name", "store__handle")) == {
        ("Charlie", "bookshop"),
        ("Erin", "teahouse"),
    }
    assert followers(store) == (1, 1)


def test_mute_and_notify_level_change_on_their_own(charlie: Person, store: Store) -> None:
    charlie.put(FOLLOW)
    assert charlie.patch(FOLLOW, {"muted": True}).json()["notify"] == "live"
    changed = charlie.patch(FOLLOW, {"notify": "all"}).json()
    assert (changed["muted"], changed["notify"]) == (True, "all")
    assert charlie.patch(FOLLOW, {}).json() == changed
    assert charlie.patch(FOLLOW, {"muted": False}).json()["muted"] is False
    for wrong in ({"notify": "loud"}, {"muted": "perhaps"}, {"source": "qr"}):
        assert problem(charlie.patch(FOLLOW, wrong)) == (422, "invalid")


def test_what_is_not_followed_cannot_be_muted(charlie: Person, erin: Person, store: Store) -> None:
    erin.put(FOLLOW)
    assert problem(charlie.patch(FOLLOW, {"muted": True})) == (404, "not_following")
    assert not Follow.objects.get().muted


def test_nobody_follows_nothing(anonymous: Person, store: Store) -> None:
    refusals = [
        anonymous.put(FOLLOW),
        anonymous.delete(FOLLOW),
        anonymous.patch(FOLLOW, {"muted": True}),
        anonymous.get("/me/following"),
    ]
    assert [problem(refusal) for refusal in refusals] == [(401, "not_signed_in")] * 4


@pytest.mark.parametrize("status", [StoreStatus.APPLIED, StoreStatus.REJECTED, StoreStatus.SUSPENDED])
def test_a_store_that_is_not_approved_cannot_be_followed_and_nobody_may_know_of_it(
    charlie: Person, store: Store, status: StoreStatus
) -> None:
    Store.objects.update(status=status)
    hidden = [charlie.put(FOLLOW), charlie.delete(FOLLOW), charlie.patch(FOLLOW, {"muted": True})]
    unknown = [charlie.put("/stores/nosuch/follow"), charlie.delete("/stores/nosuch/follow")]
    assert [problem(answer) for answer in hidden + unknown] == [(404, "not_found")] * 5
    assert followers(store) == (0, 0)


def test_not_even_its_owner_follows_a_store_that_waits(alice: Person, paula: Person, store: Store) -> None:
    Store.objects.update(status=StoreStatus.APPLIED)
    assert problem(alice.put(FOLLOW)) == (403, "store_not_approved")
    assert problem(paula.put(FOLLOW)) == (403, "store_not_approved")
    assert followers(store) == (0, 0)


def test_twenty_people_who_follow_at_once_are_twenty_followers(
    newcomer: Newcomer, store: Store, at_once: AtOnce
) -> None:
    people = [newcomer(f"Person {n}") for n in range(20)]
    answers = at_once([partial(person.put, FOLLOW) for person in people])
    assert [answer.status_code for answer in answers] == [200] * 20
    assert followers(store) == (20, 20)
    # Then half of them leave, twice each, while the others follow again.
    answers = at_once(
        [partial(person.delete, FOLLOW) for person in people[:10] * 2]
        + [partial(person.put, FOLLOW) for person in people[10:]]
    )
    assert {answer.status_code for answer in answers} == {200}
    assert followers(store) == (10, 10)


def test_one_person_who_follows_twenty_times_at_once_is_one_follower(
    charlie: Person, store: Store, at_once: AtOnce, deferred: Deferred
) -> None:
    answers = at_once([lambda: charlie.put(FOLLOW)] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20
    assert followers(store) == (1, 1)
    assert len(deferred("feed.backfill")) == 1


def test_one_follows_no_more_stores_than_allowed_even_at_once(
    alice: Person, charlie: Person, settings: Settings, at_once: AtOnce
) -> None:
    settings.LIMITS = replace(settings.LIMITS, follows_per_person=3)
    stores = [make_store(owner=alice, handle=f"shop_{n}") for n in range(8)]
    answers = at_once([partial(charlie.put, f"/stores/{shop.handle}/follow") for shop in stores])
    refused = [problem(answer) for answer in answers if answer.status_code != 200]
    assert refused == [(409, "follow_limit")] * 5
    assert Follow.objects.filter(user=charlie.user).count() == 3
    known = charlie.get("/me/following").json()["items"][0]["store"]["handle"]
    assert charlie.put(f"/stores/{known}/follow").status_code == 200  # again is no new follow


def test_followed_stores_are_listed_the_latest_first_in_pages(alice: Person, charlie: Person, erin: Person) -> None:
    handles = [f"shop_{n}" for n in range(7)]
    for handle in handles:
        make_store(owner=alice, handle=handle, verified=handle == "shop_3")
        charlie.put(f"/stores/{handle}/follow", {"source": "feed"})
    charlie.patch("/stores/shop_3/follow", {"muted": True, "notify": "none"})
    erin.put("/stores/shop_0/follow")
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = charlie.get(f"/me/following?limit=3{cursor}")
        seen += page.json()["items"]
        if page.json()["next_cursor"] is None:
            break
        assert len(page.json()["items"]) == 3
        assert 'rel="next"' in page.headers["Link"]
        cursor = f"&cursor={page.json()['next_cursor']}"
    assert [item["store"]["handle"] for item in seen] == handles[::-1]
    assert seen[3] | {"since": ""} == {
        "store": {"handle": "shop_3", "name": "shop_3", "avatar": None, "verified": True},
        "muted": True,
        "notify": "none",
        "source": "feed",
        "since": "",
    }
    assert [item["store"]["handle"] for item in erin.get("/me/following").json()["items"]] == ["shop_0"]
    assert problem(charlie.get("/me/following?cursor=invented")) == (422, "bad_cursor")


def test_a_cursor_of_another_list_is_refused(alice: Person, charlie: Person) -> None:
    for n in range(3):
        make_store(owner=alice, handle=f"shop_{n}")
    other = charlie.get("/stores?limit=1").json()["next_cursor"]
    assert problem(charlie.get(f"/me/following?cursor={other}")) == (422, "bad_cursor")


def test_the_sweep_repairs_every_counter_that_drifted(alice: Person, charlie: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr(tasks, "STORES_A_STEP", 2)
    stores = [make_store(owner=alice, handle=f"shop_{n}") for n in range(5)]
    for shop in stores:
        charlie.put(f"/stores/{shop.handle}/follow")
    for index, wrong in ((0, 7), (3, 0), (4, 2)):
        Store.objects.filter(pk=stores[index].pk).update(follower_count=wrong)
    drifted, _ = miscounted_stores(after=0, limit=10)
    assert drifted == [stores[0].pk, stores[3].pk, stores[4].pk]
    tasks.sweep_follower_counts(0)
    run_jobs()
    assert [followers(shop) for shop in stores] == [(1, 1)] * 5
    assert miscounted_stores(after=0, limit=10)[0] == []


def test_a_repair_waits_for_a_follow_that_is_under_way(charlie: Person, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(follower_count=100)
    counted, looked = Event(), Event()

    def follow() -> None:
        with transaction.atomic():
            follow_store(user=charlie.user, store=store)
            counted.set()
            looked.wait(5)
        connection.close()

    def repair() -> None:
        repair_follower_count(store_id=store.pk)
        connection.close()

    with ThreadPoolExecutor(2) as threads:
        following = threads.submit(follow)
        assert counted.wait(5)
        repairing = threads.submit(repair)
        time.sleep(0.3)  # time enough to count without the follow, and to be wrong
        looked.set()
        following.result()
        repairing.result()
    assert followers(store) == (1, 1)


def test_a_repair_of_a_store_that_is_gone_does_nothing(world: None) -> None:
    assert repair_follower_count(store_id=12345) == 0
    tasks.repair_follower_counts(after=12345)


def test_a_counter_that_is_wrong_keeps_nobody_from_leaving(charlie: Person, store: Store) -> None:
    Follow.objects.create(user=charlie.user, store=store)
    assert charlie.delete(f"/stores/{store.handle}/follow").status_code == 200
    assert Store.objects.get(pk=store.pk).follower_count == 0
