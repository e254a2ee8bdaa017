"""Products on the table: laid anew, one of them shown, told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from interactions.models import LiveRoom, RoomEvent, RoomProduct, RoomStatus
from interactions.services import table
from stores.models import Store
from tests.interactions.live.conftest import Watch
from tests.people import Person, problem


def product(name: str, price: str = "24.00") -> dict[str, Any]:
    """A product as clients send it."""
    return {"title": name, "url": f"https://example.org/{name}", "price": price, "currency": "EUR"}


@pytest.fixture
def laid(room: LiveRoom, alice: Person) -> dict[str, int]:
    """Ids of oolong, sencha and matcha on the room's table."""
    answer = alice.put(f"/rooms/{room.pk}/products", {"products": [product(n) for n in ("oolong", "sencha", "matcha")]})
    assert answer.status_code == 200, answer.text
    return {one["title"]: one["id"] for one in answer.json()["products"]}


def shown(room: LiveRoom) -> list[str]:
    """Titles of the products that are featured."""
    return list(room.products.filter(featured=True).values_list("title", flat=True))


def test_the_host_shows_one_product_after_the_other(
    watch: Watch, room: LiveRoom, laid: dict[str, int], alice: Person
) -> None:
    host, viewer = watch(alice), watch()
    assert host.do("feature", product=laid["oolong"])["product"] == laid["oolong"]
    assert viewer.event("feature")["product_id"] == laid["oolong"]
    host.do("feature", product=laid["matcha"])
    assert viewer.event("feature")["product_id"] == laid["matcha"]
    assert shown(room) == ["matcha"]
    assert [p["featured"] for p in watch().welcome["products"]] == [False, False, True]
    assert host.do("feature", product=None)["product"] is None
    assert viewer.event("feature")["product_id"] is None
    assert shown(room) == []


def test_showing_what_is_shown_tells_nobody(watch: Watch, laid: dict[str, int], alice: Person) -> None:
    host = watch(alice)
    for wanted in (None, laid["oolong"], laid["oolong"], None, None):
        assert host.do("feature", product=wanted)["product"] == wanted
    assert RoomEvent.objects.filter(type="feature").count() == 2


def test_two_hosts_at_once_leave_one_product_shown(room: LiveRoom, laid: dict[str, int], alice: Person) -> None:
    def show(product_id: int) -> None:
        try:
            table.feature(user_id=alice.id, room_id=room.pk, product_id=product_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as hands:
        list(hands.map(show, [*laid.values()] * 4))
    last = RoomEvent.objects.filter(type="feature").latest("id")
    assert list(room.products.filter(featured=True).values_list("id", flat=True)) == [last.payload["product_id"]]


def test_what_is_not_on_this_table_cannot_be_shown(
    watch: Watch, room: LiveRoom, store: Store, laid: dict[str, int], alice: Person, bob: Person, mona: Person
) -> None:
    other = LiveRoom.objects.create(store=store, host=alice.user, title="Second table", status="live")
    elsewhere = alice.put(f"/rooms/{other.pk}/products", {"products": [product("genmaicha")]}).json()["products"][0]
    host = watch(alice)
    assert host.refusal("feature", product=elsewhere["id"]) == "not_found"
    assert host.refusal("feature", product=2**52) == "not_found"
    for person in (bob, mona):
        assert watch(person).refusal("feature", product=laid["oolong"]) == "not_staff"
    assert watch().refusal("feature", product=laid["oolong"]) == "not_signed_in"
    assert shown(room) == shown(other) == []


def test_a_table_laid_anew_is_told_and_what_stays_is_still_shown(
    watch: Watch, room: LiveRoom, laid: dict[str, int], alice: Person
) -> None:
    host, viewer = watch(alice), watch()
    host.do("feature", product=laid["sencha"])
    answer = alice.put(
        f"/rooms/{room.pk}/products", {"products": [product("sencha", "19.00"), product("bancha"), product("oolong")]}
    )
    now = answer.json()["products"]
    assert [(p["title"], p["price"], p["featured"]) for p in now] == [
        ("sencha", "19.00", True), ("bancha", "24.00", False), ("oolong", "24.00", False)
    ]  # fmt: skip
    assert (now[0]["id"], now[2]["id"]) == (laid["sencha"], laid["oolong"])
    assert now[1]["id"] not in laid.values()
    assert viewer.event("products")["products"] == now
    answer = alice.put(f"/rooms/{room.pk}/products", {"products": [product("oolong")]})
    assert [p["featured"] for p in answer.json()["products"]] == [False]
    assert RoomProduct.objects.count() == 1


def test_the_same_table_again_tells_nobody(room: LiveRoom, laid: dict[str, int], alice: Person) -> None:
    same = {"products": [product(name) for name in laid]}
    assert [p["id"] for p in alice.put(f"/rooms/{room.pk}/products", same).json()["products"]] == [*laid.values()]
    assert RoomEvent.objects.filter(type="products").count() == 1
    turned = {"products": [product(name) for name in reversed(laid)]}
    assert [p["title"] for p in alice.put(f"/rooms/{room.pk}/products", turned).json()["products"]] == [*reversed(laid)]
    assert RoomEvent.objects.filter(type="products").count() == 2


def test_one_product_twice_is_two_on_the_table(room: LiveRoom, laid: dict[str, int], alice: Person) -> None:
    twice = alice.put(f"/rooms/{room.pk}/products", {"products": [product("oolong"), product("oolong")]})
    ids = [p["id"] for p in twice.json()["products"]]
    assert ids[0] == laid["oolong"]
    assert len(set(ids)) == 2


def test_a_table_has_room_for_ten_and_only_until_the_end(room: LiveRoom, alice: Person, charlie: Person) -> None:
    many = {"products": [product(f"tea{number}") for number in range(11)]}
    assert problem(alice.put(f"/rooms/{room.pk}/products", many)) == (422, "invalid")
    assert problem(alice.put(f"/rooms/{room.pk}/products", {})) == (422, "invalid")
    assert problem(charlie.put(f"/rooms/{room.pk}/products", {"products": []})) == (403, "not_staff")
    LiveRoom.objects.update(status=RoomStatus.ENDED)
    assert problem(alice.put(f"/rooms/{room.pk}/products", {"products": []})) == (409, "room_ended")
