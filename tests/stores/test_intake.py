"""Orders as they are told, late, twice, out of order and at the same moment: the source's clock decides what is so."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from stores.models import Delivery, Order, OrderRefund, Store
from stores.orders import intake
from stores.orders.facts import Event, Status
from stores.orders.proof import Proof, purchase_proof
from stores.orders.settle import fold_all, load, settle
from tests.people import Person, run_jobs
from tests.stores.doors import Door, open_door
from tests.stores.payloads import (
    encoded,
    order,
    refund,
    shopify_order,
    shopify_refund,
    standard_order,
    standard_refund,
    woo_order,
)


@pytest.fixture
def shopify(alice: Person, store: Store) -> Door:
    return open_door(alice, "shopify")


@pytest.fixture
def woo(alice: Person, store: Store) -> Door:
    return open_door(alice, "woocommerce")


@pytest.fixture
def standard(alice: Person, store: Store) -> Door:
    return open_door(alice, "standard")


def take(store: Store, *events: Event, platform: str = "standard") -> list[int]:
    return intake.take_facts(store_id=store.pk, platform=platform, events=events)


def may_write(person: User, store: Store) -> bool:
    return isinstance(purchase_proof(user=person, store=store), Proof)


def refusal(person: User, store: Store) -> str:
    found = purchase_proof(user=person, store=store)
    return "" if isinstance(found, Proof) else found.code


def test_an_order_is_kept_as_its_platform_told_it(shopify: Door) -> None:
    shopify.send(shopify_order())
    run_jobs()
    row = Order.objects.get()
    assert (row.external_id, row.number, row.customer_id) == ("9007199254740993001", "#2041", "7700000000000000001")
    assert (row.status, row.currency, row.total, row.refunded_total) == ("paid", "EUR", Decimal("52.50"), Decimal(0))
    assert (row.email, row.phone, row.product_title, row.test) == ("ana@example.com", "+4930901820", "Tea", False)
    assert row.paid_at == row.placed_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert row.source_updated_at == datetime(2026, 3, 1, 12, 5, tzinfo=UTC)


def versions(email: str) -> list[tuple[str, dict[str, Any]]]:
    """Paid, corrected, and given back in two deliveries, as one shop tells it in a week."""
    full = {"transactions": [{"kind": "refund", "status": "success", "amount": "52.50", "currency": "EUR"}]}
    return [
        ("paid", shopify_order(email=email)),
        ("refund", shopify_refund(**full)),
        ("paid, corrected", shopify_order(email=email, updated_at="2026-03-01T13:09:00+01:00")),
        (
            "refunded",
            shopify_order(email=email, financial_status="refunded", updated_at="2026-03-02T10:00:01+01:00", refunds=[]),
        ),
    ]


@pytest.mark.parametrize("sequence", list(permutations(range(4))), ids=lambda numbers: "".join(map(str, numbers)))
def test_in_whatever_order_deliveries_come_the_state_is_the_sources_latest(
    shopify: Door, store: Store, charlie: Person, sequence: tuple[int, ...]
) -> None:
    """A refund before its order and an old update after it among them; the right is gone each time."""
    told = versions(charlie.user.email)
    for number in sequence:
        assert shopify.send(told[number][1]).status_code == 200
        run_jobs()
    row = Order.objects.get()
    assert (row.status, row.refunded_total) == ("refunded", Decimal("52.50"))
    assert row.source_updated_at == datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
    assert OrderRefund.objects.get().amount == Decimal("52.50")
    assert refusal(charlie.user, store) == "purchase_refunded"


def test_a_refund_before_its_order_waits_for_it(standard: Door, store: Store, charlie: Person) -> None:
    standard.send(standard_refund(amount="39.00"), message_id="m1")
    run_jobs()
    waiting = Order.objects.get()
    assert (waiting.status, waiting.currency, waiting.email) == ("pending", "", "")
    standard.send(standard_order(email=charlie.user.email), message_id="m2")
    run_jobs()
    assert Order.objects.get().status == "refunded"
    assert not may_write(charlie.user, store)


def test_an_old_update_that_comes_late_changes_nothing(woo: Door, store: Store, charlie: Person) -> None:
    mine = {"billing": {"email": charlie.user.email}}
    woo.send(woo_order(status="cancelled", date_modified_gmt="2026-03-02T08:00:00", **mine))
    woo.send(woo_order(status="completed", date_modified_gmt="2026-03-01T12:05:00", **mine))
    run_jobs()
    assert Order.objects.get().status == "cancelled"
    assert refusal(charlie.user, store) == "purchase_refunded"


def test_a_cancellation_revokes_and_a_partial_refund_does_not(standard: Door, store: Store, charlie: Person) -> None:
    mine: dict[str, Any] = {"email": charlie.user.email}
    two = [{"id": "1", "title": "Teapot", "price": "30.00"}, {"id": "2", "title": "Cup", "price": "9.00"}]
    standard.send(standard_order(items=two, **mine), message_id="m1")
    run_jobs()
    assert may_write(charlie.user, store)
    standard.send(standard_refund(amount="30.00"), message_id="m2")
    run_jobs()
    proof = purchase_proof(user=charlie.user, store=store)
    assert isinstance(proof, Proof)
    assert proof.product == "Cup", "the teapot went back"
    assert Order.objects.get().status == "partially_refunded"
    standard.send(
        standard_order(items=two, status="cancelled", updated_at="2026-03-04T12:00:00Z", **mine), message_id="m3"
    )
    run_jobs()
    assert refusal(charlie.user, store) == "purchase_refunded"


def test_several_partial_refunds_that_reach_the_total_revoke(standard: Door, store: Store, charlie: Person) -> None:
    standard.send(standard_order(email=charlie.user.email), message_id="m1")
    standard.send(standard_refund(id="R-1", amount="19.50", lines=[]), message_id="m2")
    standard.send(standard_refund(id="R-1", amount="19.50", lines=[]), message_id="m3")
    run_jobs()
    assert may_write(charlie.user, store), "one refund told twice is one refund"
    standard.send(standard_refund(id="R-2", amount="19.50", lines=[]), message_id="m4")
    run_jobs()
    assert not may_write(charlie.user, store)
    assert list(OrderRefund.objects.order_by("external_id").values_list("external_id", "amount")) == [
        ("R-1", Decimal("19.50")),
        ("R-2", Decimal("19.50")),
    ]


def test_a_refund_that_grows_is_recorded_as_it_now_is(store: Store) -> None:
    take(store, order(refunds=(refund("r1", "5.00"),)))
    take(store, order(minute=1, refunds=(refund("r1", "15.00"),)))
    take(store, order(refunds=(refund("r1", "5.00"),)))
    assert OrderRefund.objects.get().amount == Decimal("15.00")
    assert Order.objects.get().refunded_total == Decimal("15.00")


def test_two_woocommerce_orders_of_one_second_are_two(woo: Door) -> None:
    """Their delivery ids are equal, as WooCommerce counts seconds."""
    same = {"X-WC-Webhook-Delivery-ID": "c0ffee", "X-WC-Webhook-Topic": "order.created"}
    for number in (801, 802):
        body = encoded(woo_order(id=number, number=str(number)))
        assert woo.post(body, woo.sign(body) | same).json() == {"status": "accepted"}
    run_jobs()
    assert set(Order.objects.values_list("external_id", "status")) == {("801", "paid"), ("802", "paid")}


def test_equal_ids_on_two_platforms_and_in_two_stores_are_different_orders(
    woo: Door, standard: Door, erin: Person
) -> None:
    woo.send(woo_order(id=7))
    standard.send(standard_order(id="7"))
    open_door(erin, "woocommerce", handle="bookshop").send(woo_order(id=7))
    run_jobs()
    assert Order.objects.count() == 3


def test_a_test_order_is_a_fact_and_no_purchase(shopify: Door, store: Store, charlie: Person) -> None:
    shopify.send(shopify_order(test=True, email=charlie.user.email))
    run_jobs()
    row = Order.objects.get()
    assert (row.status, row.test) == ("paid", True)
    assert refusal(charlie.user, store) == "not_a_buyer"


def test_a_payment_is_remembered_though_the_cancellation_does_not_tell_of_it(
    standard: Door, store: Store, charlie: Person
) -> None:
    told: dict[str, Any] = {"email": charlie.user.email, "paid_at": None}
    standard.send(standard_order(**told), message_id="m1")
    standard.send(standard_order(status="cancelled", updated_at="2026-03-05T12:00:00Z", **told), message_id="m2")
    run_jobs()
    assert refusal(charlie.user, store) == "purchase_refunded"


def test_an_order_cancelled_before_it_was_paid_was_never_a_purchase(
    standard: Door, store: Store, charlie: Person
) -> None:
    standard.send(standard_order(status="cancelled", paid_at=None, email=charlie.user.email))
    run_jobs()
    assert refusal(charlie.user, store) == "not_a_buyer"


def test_sums_with_more_places_than_cents_are_rounded_where_they_are_shown_and_kept_exact(store: Store) -> None:
    take(store, order(total="10.0050", refunds=(refund("r1", "10.0040"),)))
    row = Order.objects.get()
    assert (row.total, row.refunded_total, row.status) == (Decimal("10.01"), Decimal("10.00"), "partially_refunded")
    take(store, order(total="10.0050", refunds=(refund("r2", "0.0010"),)))
    assert Order.objects.get().status == "refunded"


def test_an_empty_telling_changes_nothing(store: Store) -> None:
    assert take(store) == []


def test_telling_it_again_writes_nothing(store: Store) -> None:
    events = (order(refunds=(refund("r1"),)), order(order_id="1008"))
    take(store, *events)
    before = list(Order.objects.order_by("id").values_list("id", "updated_at"))
    take(store, *events)
    assert list(Order.objects.order_by("id").values_list("id", "updated_at")) == before


def test_many_versions_at_once_end_as_one_after_the_other(store: Store) -> None:
    """Each is told once, so one that overwrites another's is not made up for."""
    states: list[Status] = ["pending", "paid", "partially_refunded", "paid"]
    events: list[Event] = [
        order(minute, states[minute % 4], total="500", refunds=(refund(f"r{minute}", "2.00"),)) for minute in range(48)
    ]
    random.Random(7).shuffle(events)
    together = threading.Barrier(8)

    def some(mine: list[Event]) -> None:
        try:
            for event in mine:
                together.wait(timeout=20)
                take(store, event, order(order_id="another"))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(some, events[number::8]) for number in range(8)]:
            future.result(timeout=60)
    told = fold_all(events)
    assert told is not None
    row = Order.objects.get(external_id="1007")
    assert load(row.state) == told
    assert (row.status, row.refunded_total) == (settle(told).status, Decimal(96))
    assert OrderRefund.objects.filter(order=row).count() == 48
    assert Order.objects.count() == 2


def test_facts_cannot_be_taken_within_another_transaction(store: Store) -> None:
    """The look for the buyer would come before others can see the order (stores.orders.matching)."""
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        take(store, order())


def test_a_delivery_is_taken_once_and_its_absence_is_no_error(standard: Door) -> None:
    standard.send(standard_order())
    delivery = Delivery.objects.get()
    assert intake.take_delivery(delivery_id=delivery.pk) == "done"
    Order.objects.update(status="cancelled")
    assert intake.take_delivery(delivery_id=delivery.pk) is None
    assert Order.objects.get().status == "cancelled"
    assert intake.take_delivery(delivery_id=delivery.pk + 1) is None


def test_a_worker_that_died_between_order_and_buyer_is_made_up_for(
    standard: Door, store: Store, charlie: Person
) -> None:
    standard.send(standard_order(email=charlie.user.email))
    take(store, order(order_id="A-1007", email=charlie.user.email))
    assert Order.objects.get().user is None, "taken and not yet matched"
    run_jobs()
    assert Order.objects.get().user == charlie.user


def test_the_newest_address_counts(store: Store) -> None:
    take(store, order(minute=1, email="new@example.org"), order(email="old@example.org"))
    assert Order.objects.get().email == "new@example.org"
