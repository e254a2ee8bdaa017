"""Shopify's orders and refunds, told by their shape."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stores.orders.facts import Event, Item, OrderFacts, RefundFacts
from stores.orders.platforms import PLATFORMS, Unreadable
from stores.orders.settle import fold, fold_all, settle
from tests.stores.payloads import encoded, sample, shopify_order, shopify_refund

SHOPIFY = PLATFORMS["shopify"]


def read_order(payload: dict[str, Any] | bytes) -> OrderFacts:
    (event,) = SHOPIFY.parse({}, payload if isinstance(payload, bytes) else encoded(payload))
    assert isinstance(event, OrderFacts)
    return event


def read_refund(payload: dict[str, Any]) -> RefundFacts:
    (event,) = SHOPIFY.parse({}, encoded(payload))
    assert isinstance(event, RefundFacts)
    return event


def test_the_published_authorized_order_is_pending_until_it_is_paid() -> None:
    body = sample("shopify-order-authorized")
    secret = SHOPIFY.new_secret()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    SHOPIFY.verify(headers=SHOPIFY.sign(body, secret, now=now), body=body, secret=secret, now=now)
    order = read_order(body)
    assert (order.external_id, order.number, order.state) == ("450789469", "#1001", "pending")
    assert (order.total, order.currency) == (Decimal("409.94"), "USD")
    assert order.email == "bob.norman@hostmail.com"
    assert order.paid_at is None
    assert order.phone == ""  # 555 is nobody's area
    assert order.customer_id == "207119551"
    assert order.updated_at == datetime(2008, 1, 10, 16, tzinfo=UTC)
    assert [item.sku for item in order.items] == ["IPOD2008GREEN", "IPOD2008RED", "IPOD2008BLACK"]
    assert not settle(fold(None, order)).purchase


def test_the_published_test_notification_is_a_cancelled_test() -> None:
    order = read_order(sample("shopify-test-notification"))
    assert (order.external_id, order.test, order.state) == ("820982911946154508", True, "cancelled")
    assert order.items[1].external_id == "141249953214522974"
    assert order.customer_id == "115310627314723954"
    found = settle(fold(None, order))
    assert (found.status, found.purchase) == ("cancelled", False)


def test_an_order_is_read_whole() -> None:
    order = read_order(shopify_order())
    assert order == OrderFacts(
        external_id="9007199254740993001",
        number="#2041",
        state="paid",
        currency="EUR",
        total=Decimal("52.50"),
        placed_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        paid_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        updated_at=datetime(2026, 3, 1, 12, 5, tzinfo=UTC),
        email="ana@example.com",
        phone="+4930901820",
        customer_id="7700000000000000001",
        items=(
            Item("11", "87", "Tea", "T-1", 2, Decimal("12.50")),
            Item("12", "", "Gift wrap", "", 1, Decimal("27.50")),
        ),
    )


@pytest.mark.parametrize(
    ("financial_status", "state"),
    [("pending", "pending"), ("authorized", "pending"), ("partially_paid", "pending"), ("expired", "pending"),
     ("paid", "paid"), ("partially_refunded", "partially_refunded"), ("refunded", "refunded"), ("voided", "cancelled"),
     (None, "pending"), ("paid_in_kind", "pending"), ("PAID", "pending")],
)  # fmt: skip
def test_only_a_payment_that_we_understand_is_paid(financial_status: str | None, state: str) -> None:
    assert read_order(shopify_order(financial_status=financial_status)).state == state


def test_a_cancelled_order_is_cancelled_though_it_was_paid() -> None:
    cancelled = {"cancelled_at": "2026-03-01T14:00:00+01:00"}
    order = read_order(shopify_order(**cancelled))
    assert (order.state, order.paid_at) == ("cancelled", order.placed_at)
    assert read_order(shopify_order(financial_status="voided", **cancelled)).paid_at is None
    assert read_order(shopify_order(financial_status="refunded", **cancelled)).state == "refunded"


def test_a_test_order_is_read_and_is_no_purchase() -> None:
    order = read_order(shopify_order(test=True))
    assert order.test
    assert not settle(fold(None, order)).purchase


def test_a_guest_has_no_customer_id_and_a_gifts_receiver_is_not_its_buyer() -> None:
    order = read_order(shopify_order(customer=None, billing_address=None, email=None, contact_email="bea@example.com"))
    assert (order.customer_id, order.phone, order.email) == ("", "", "bea@example.com")


def test_the_first_number_that_is_one_counts() -> None:
    assert read_order(shopify_order(phone="+49 30 901825")).phone == "+4930901825"
    assert read_order(shopify_order(phone="call me")).phone == "+4930901820"


def test_an_imported_order_keeps_its_true_date() -> None:
    order = read_order(shopify_order(processed_at="2020-05-05T00:00:00Z"))
    assert order.bought_at == datetime(2020, 5, 5, tzinfo=UTC)
    assert read_order(shopify_order(processed_at=None)).placed_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_refund_is_its_successful_refund_transactions() -> None:
    refund = read_refund(
        shopify_refund(
            transactions=[
                {"kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR"},
                {"kind": "refund", "status": "success", "amount": "2.50", "currency": "EUR"},
                {"kind": "refund", "status": "failure", "amount": "90.00", "currency": "EUR"},
                {"kind": "refund", "status": "pending", "amount": "90.00", "currency": "EUR"},
                {"kind": "void", "status": "success", "amount": "90.00", "currency": "EUR"},
            ]
        )
    )
    assert refund == RefundFacts(
        "929361464", "9007199254740993001", Decimal("12.50"), "EUR", datetime(2026, 3, 2, 9, tzinfo=UTC), (("11", 1),)
    )


def test_items_taken_back_without_money_are_a_refund_of_nothing() -> None:
    refund = read_refund(shopify_refund(transactions=[]))
    assert (refund.amount, refund.currency, refund.lines) == (Decimal(0), "", (("11", 1),))


def test_a_line_named_twice_counts_twice() -> None:
    lines = [{"line_item_id": 11, "quantity": 1}, {"line_item_id": 11, "quantity": 1}]
    assert read_refund(shopify_refund(refund_line_items=lines)).lines == (("11", 2),)


def test_a_refund_in_the_buyers_currency_counts_in_the_shops_where_it_is_told() -> None:
    paid_in = {"kind": "refund", "status": "success", "amount": "14.10", "currency": "USD"}
    told = paid_in | {"amount_set": {"shop_money": {"amount": "12.50", "currency_code": "EUR"}}}
    order = shopify_order(refunds=[shopify_refund(transactions=[told])])
    assert settle(fold(None, read_order(order))).refunded_total == Decimal("12.50")
    order = shopify_order(refunds=[shopify_refund(transactions=[paid_in])])
    found = settle(fold(None, read_order(order)))
    assert (found.status, found.refunded_total) == ("partially_refunded", Decimal(0))


@pytest.mark.parametrize("refund_first", [True, False])
def test_the_refund_of_the_whole_sum_revokes_before_the_order_says_so(refund_first: bool) -> None:
    whole = [{"kind": "refund", "status": "success", "amount": "52.50", "currency": "EUR"}]
    events: list[Event] = [read_order(shopify_order()), read_refund(shopify_refund(transactions=whole))]
    state = fold_all(reversed(events) if refund_first else events)
    assert state is not None
    assert settle(state).status == "refunded"


def test_a_refund_told_by_itself_and_within_its_order_counts_once() -> None:
    within = read_order(shopify_order(financial_status="partially_refunded", refunds=[shopify_refund()]))
    state = fold(fold(None, read_refund(shopify_refund())), within)
    found = settle(state)
    assert (found.status, found.refunded_total) == ("partially_refunded", Decimal("12.50"))
    assert [item.external_id for item in found.kept_items] == ["11", "12"]  # one of two cups is kept


@pytest.mark.parametrize(
    "payload",
    [
        {"id": 820982911946154508},  # orders/delete
        {"id": 1, "title": "Tea", "variants": []},  # products/update
        {"id": 1, "order_id": 2, "status": "success", "line_items": []},  # fulfillments/create
        {"id": 1, "order_id": 2, "kind": "refund", "amount": "9.00"},  # order_transactions/create
        {"id": 1, "token": "x", "line_items": [], "total_price": "1.00"},  # checkouts/create
        {"order_edit": {"order_id": 1}},
        {"shop_id": 1, "orders_requested": [1]},
        {},
    ],
)
def test_what_is_neither_order_nor_refund_is_ignored_with_a_reason(payload: dict[str, Any]) -> None:
    reading = SHOPIFY.parse({}, encoded(payload))
    assert list(reading) == []
    assert reading.ignored


@pytest.mark.parametrize("field", ["id", "currency", "total_price", "updated_at"])
def test_an_order_without_what_decides_is_unreadable_and_says_which(field: str) -> None:
    payload = shopify_order()
    del payload[field]
    with pytest.raises(Unreadable, match=field):
        SHOPIFY.parse({}, encoded(payload))


def test_an_id_that_lost_its_digits_is_unreadable() -> None:
    body = encoded(shopify_order()).replace(b"9007199254740993001", b"9.007199254740993e18")
    with pytest.raises(Unreadable, match="id must be a whole number"):
        SHOPIFY.parse({}, body)


def test_a_wrong_field_within_a_list_is_named_by_its_place() -> None:
    order = shopify_order()
    order["line_items"][1]["quantity"] = "two"
    with pytest.raises(Unreadable, match=r"line_items\[1\]\.quantity must be a whole number"):
        SHOPIFY.parse({}, encoded(order))


def test_titles_are_stored_plain_and_short() -> None:
    order = shopify_order()
    order["line_items"][0]["title"] = "Tea\u202e\x07 &amp; <b>Cake</b>" + "!" * 500
    title = read_order(order).items[0].title
    assert title.startswith("Tea &amp; <b>Cake</b>!")  # Shopify's titles are no HTML: what is written is meant
    assert len(title) == 200
