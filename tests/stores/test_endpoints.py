"""Owners make webhooks, see what came through them, and nobody else learns anything."""

from __future__ import annotations

import httpx
import pytest
from django.conf import settings

from stores.models import Delivery, Order, Store, StoreStatus, WebhookEndpoint
from stores.orders.platforms import PLATFORMS
from tests.people import Person, problem, run_jobs
from tests.stores.conftest import AtOnce
from tests.stores.doors import open_door
from tests.stores.payloads import standard_order, woo_order

PASTED = "shpss_6f2c0a91be7d4c53"


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_an_owner_makes_a_webhook_and_is_told_its_address_and_secret(
    alice: Person, store: Store, platform: str
) -> None:
    answer = alice.post("/stores/teahouse/webhooks", {"platform": platform})
    assert answer.status_code == 201
    made = answer.json()
    assert made["url"] == f"{settings.BASE_URL}/api/v1/webhooks/{platform}/teahouse"
    assert made["secret"] == PLATFORMS[platform].check_secret(made["secret"])
    assert WebhookEndpoint.objects.get(store=store).secret == made["secret"]


def test_the_secret_is_never_shown_again(alice: Person, store: Store) -> None:
    secret = alice.post("/stores/teahouse/webhooks", {"platform": "shopify"}).json()["secret"]
    answer = alice.get("/stores/teahouse/webhooks")
    assert answer.status_code == 200
    assert secret not in answer.text
    assert "secret" not in answer.json()["items"][0]


def test_a_merchant_may_paste_the_platforms_own_secret(alice: Person, store: Store) -> None:
    answer = alice.post("/stores/teahouse/webhooks", {"platform": "shopify", "secret": f" {PASTED}\n"})
    assert answer.json()["secret"] == PASTED


@pytest.mark.parametrize(
    ("platform", "secret"),
    [("shopify", "short"), ("shopify", ""), ("woocommerce", "a" * 40), ("shopify", "茶" * 20), ("standard", PASTED)],
)
def test_a_weak_secret_is_refused(alice: Person, store: Store, platform: str, secret: str) -> None:
    refused = alice.post("/stores/teahouse/webhooks", {"platform": platform, "secret": secret})
    assert problem(refused) == (422, "weak_secret")
    assert not WebhookEndpoint.objects.exists()


def test_a_secret_of_the_longest_length_is_kept_whole(alice: Person, store: Store) -> None:
    longest = "0123456789abcdef" * 16
    assert open_door(alice, "woocommerce", secret=longest).send(woo_order()).status_code == 200


@pytest.mark.parametrize("platform", ["csv", "amazon", "", None, 7])
def test_an_unknown_platform_is_refused(alice: Person, store: Store, platform: object) -> None:
    assert problem(alice.post("/stores/teahouse/webhooks", {"platform": platform})) == (422, "invalid")


def test_there_is_one_webhook_a_platform(alice: Person, store: Store, at_once: AtOnce) -> None:
    answers = at_once([lambda: alice.post("/stores/teahouse/webhooks", {"platform": "shopify"})] * 8)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {problem(answer)[1] for answer in answers if answer.status_code == 409} == {"webhook_exists"}
    assert alice.post("/stores/teahouse/webhooks", {"platform": "standard"}).status_code == 201


def test_a_deleted_webhook_takes_nothing_any_more_and_a_new_one_has_another_secret(alice: Person, store: Store) -> None:
    old = open_door(alice, "woocommerce")
    (row,) = alice.get("/stores/teahouse/webhooks").json()["items"]
    assert alice.delete(f"/stores/teahouse/webhooks/{row['id']}").status_code == 204
    assert problem(old.send(woo_order())) == (401, "bad_signature")
    new = open_door(alice, "woocommerce")
    assert problem(old.send(woo_order())) == (401, "bad_signature")
    assert new.send(woo_order()).status_code == 200


def test_deleting_it_twice_or_another_stores_is_nothing_found(alice: Person, store: Store, erin: Person) -> None:
    open_door(alice, "shopify")
    (row,) = alice.get("/stores/teahouse/webhooks").json()["items"]
    assert problem(erin.delete(f"/stores/bookshop/webhooks/{row['id']}")) == (404, "not_found")
    assert WebhookEndpoint.objects.count() == 1
    assert alice.delete(f"/stores/teahouse/webhooks/{row['id']}").status_code == 204
    assert problem(alice.delete(f"/stores/teahouse/webhooks/{row['id']}")) == (404, "not_found")


def test_only_the_owner_has_to_do_with_webhooks(
    alice: Person, store: Store, everybody_but_the_owner: dict[str, Person], anonymous: Person
) -> None:
    open_door(alice, "shopify")
    (row,) = alice.get("/stores/teahouse/webhooks").json()["items"]

    def tries(person: Person) -> list[httpx.Response]:
        return [
            person.get("/stores/teahouse/webhooks"),
            person.post("/stores/teahouse/webhooks", {"platform": "standard"}),
            person.delete(f"/stores/teahouse/webhooks/{row['id']}"),
            person.get("/stores/teahouse/deliveries"),
            person.get("/stores/teahouse/orders"),
        ]

    for who, person in everybody_but_the_owner.items():
        assert {problem(answer) for answer in tries(person)} == {(403, "not_staff")}, who
    assert {problem(answer) for answer in tries(anonymous)} == {(401, "not_signed_in")}
    assert WebhookEndpoint.objects.count() == 1


def test_a_suspended_stores_webhooks_can_be_read_and_not_changed(alice: Person, store: Store) -> None:
    open_door(alice, "shopify")
    (row,) = alice.get("/stores/teahouse/webhooks").json()["items"]
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert alice.get("/stores/teahouse/webhooks").status_code == 200
    refused = [
        alice.post("/stores/teahouse/webhooks", {"platform": "standard"}),
        alice.delete(f"/stores/teahouse/webhooks/{row['id']}"),
    ]
    assert {problem(answer) for answer in refused} == {(403, "store_suspended")}
    assert WebhookEndpoint.objects.count() == 1


def test_the_list_tells_of_each_platforms_last_delivery(alice: Person, store: Store) -> None:
    woo = open_door(alice, "woocommerce")
    open_door(alice, "shopify")
    woo.send(woo_order())
    woo.send(b"{")
    run_jobs()
    shopify, woocommerce = alice.get("/stores/teahouse/webhooks").json()["items"]
    assert (shopify["last_delivery_at"], shopify["last_delivery_status"]) == (None, None)
    assert woocommerce["last_delivery_status"] == "failed"
    assert woocommerce["last_delivery_at"] is not None


def test_deliveries_are_listed_latest_first_with_what_became_of_them(alice: Person, store: Store) -> None:
    door = open_door(alice, "standard")
    door.send(standard_order(), message_id="m1")
    door.send(standard_order(total="many"), message_id="m2")
    door.send({"type": "invoice.paid", "data": {}}, message_id="m3")
    run_jobs()
    door.send(standard_order(), message_id="m4")
    first = alice.get("/stores/teahouse/deliveries?limit=3")
    assert 'rel="next"' in first.headers["link"]
    page = first.json()
    assert [(row["event_id"], row["status"]) for row in page["items"]] == [
        ("m4", "received"),
        ("m3", "ignored"),
        ("m2", "failed"),
    ]
    assert "invoice.paid" in page["items"][1]["error"]
    assert "data.total" in page["items"][2]["error"]
    rest = alice.get(f"/stores/teahouse/deliveries?limit=3&cursor={page['next_cursor']}").json()
    assert [(row["event_id"], row["status"], row["error"]) for row in rest["items"]] == [("m1", "done", "")]
    assert rest["next_cursor"] is None


def test_deliveries_of_another_store_are_not_listed(alice: Person, store: Store, erin: Person) -> None:
    open_door(alice, "standard").send(standard_order())
    assert erin.get("/stores/bookshop/deliveries").json()["items"] == []
    assert Delivery.objects.count() == 1


def test_a_forged_cursor_is_refused(alice: Person, store: Store) -> None:
    for path in ("/stores/teahouse/deliveries", "/stores/teahouse/orders", "/me/purchases"):
        assert problem(alice.get(f"{path}?cursor=AAAA")) == (422, "bad_cursor")


def test_the_owner_reads_orders_and_never_whose_account_they_are(alice: Person, store: Store, charlie: Person) -> None:
    """With a file of invented orders a merchant could else ask which addresses have an account here."""
    door = open_door(alice, "standard")
    door.send(standard_order(email=charlie.user.email), message_id="m1")
    door.send(standard_order(id="A-1008", email="nobody@example.org", customer_id="78"), message_id="m2")
    run_jobs()
    assert Order.objects.get(external_id="A-1007").user == charlie.user
    assert Order.objects.get(external_id="A-1008").user is None
    unknown, known = alice.get("/stores/teahouse/orders").json()["items"]
    assert (known["external_id"], known["total"], known["status"], known["product"]) == (
        "A-1007",
        "39.00",
        "paid",
        "Tea",
    )
    for telling in ("id", "external_id", "email"):
        known.pop(telling)
        unknown.pop(telling)
    assert known == unknown
