"""WooCommerce's orders, its unsigned ping, and what it does not say."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stores.orders.facts import OrderFacts
from stores.orders.platforms import PLATFORMS, BadSignature, Unreadable
from stores.orders.settle import fold, fold_all, settle
from tests.stores.payloads import encoded, sample, woo_order

WOO = PLATFORMS["woocommerce"]


def read(payload: dict[str, Any] | bytes) -> OrderFacts:
    (event,) = WOO.parse({}, payload if isinstance(payload, bytes) else encoded(payload))
    assert isinstance(event, OrderFacts)
    return event


def test_the_published_order_723_is_partially_refunded() -> None:
    body = sample("woocommerce-order-723-partially-refunded")
    order = read(body)
    assert (order.external_id, order.state, order.customer_id) == ("723", "paid", "26")
    assert order.updated_at == datetime(2017, 3, 21, 19, 54, 51, tzinfo=UTC)
    assert order.paid_at is None
    assert order.email == "joao.silva@example.com"
    assert [(refund.external_id, refund.amount) for refund in order.refunds] == [
        ("726", Decimal("10.00")),
        ("724", Decimal("9.00")),
    ]
    found = settle(fold(None, order))
    assert (found.status, found.refunded_total, order.total) == (
        "partially_refunded",
        Decimal("19.00"),
        Decimal("39.00"),
    )
    assert found.purchase
    assert [item.title for item in found.kept_items] == ["Woo Album #2", "Woo Ninja"]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_published_order_727_is_paid_and_stays_paid(reverse: bool) -> None:
    events = [read(sample("woocommerce-order-727-processing")), read(sample("woocommerce-order-727-completed"))]
    assert [settle(fold(None, event)).status for event in events] == ["paid", "paid"]
    state = fold_all(reversed(events) if reverse else events)
    assert state is not None
    assert state.order is not None
    assert state.order.updated_at == datetime(2017, 3, 22, 19, 30, 35, tzinfo=UTC)
    assert settle(state).purchase


def test_the_published_payloads_are_accepted_as_they_are_when_signed() -> None:
    body, secret = sample("woocommerce-order-727-processing"), WOO.new_secret()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    WOO.verify(headers=WOO.sign(body, secret, now=now), body=body, secret=secret, now=now)


def test_an_order_is_read_whole() -> None:
    order = read(woo_order())
    assert (order.external_id, order.number, order.currency, order.total) == ("801", "801", "EUR", Decimal("39.00"))
    assert (order.email, order.phone, order.customer_id) == ("ana@example.com", "+4930901820", "26")
    assert order.placed_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert order.paid_at == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
    (item,) = order.items
    assert (item.external_id, item.product_id, item.title, item.price) == ("311", "87", "Tea – 250 g", Decimal("39.0"))


@pytest.mark.parametrize(
    ("status", "state"),
    [("pending", "pending"), ("on-hold", "pending"), ("failed", "pending"), ("checkout-draft", "pending"),
     ("auto-draft", "pending"), ("shipped-by-drone", "pending"), ("processing", "paid"), ("completed", "paid"),
     ("refunded", "refunded"), ("cancelled", "cancelled"), ("trash", "cancelled")],
)  # fmt: skip
def test_every_status_is_settled(status: str, state: str) -> None:
    assert read(woo_order(status=status)).state == state


def test_cash_on_delivery_is_not_paid_before_the_delivery() -> None:
    unpaid = woo_order(payment_method="cod", date_paid_gmt=None)
    assert read(unpaid).state == "pending"
    assert read(unpaid | {"status": "completed"}).state == "paid"
    assert read(unpaid | {"date_paid_gmt": "2026-03-04T10:00:00"}).state == "paid"


def test_a_guest_has_no_customer_id() -> None:
    assert read(woo_order(customer_id=0)).customer_id == ""


def test_titles_come_out_of_html_and_stay_plain() -> None:
    line = woo_order()["line_items"][0] | {"name": "&#8238;Tea &amp;lt; &lt;b&gt;&#0;Cake" + "&ndash;" * 400}
    title = read(woo_order(line_items=[line])).items[0].title
    assert title.startswith("Tea &lt; <b>")
    assert "\u202e" not in title
    assert len(title) <= 200


def test_refunds_that_reach_the_total_revoke() -> None:
    refunds = [{"id": 7, "reason": "", "total": "-19.00"}, {"id": 8, "reason": "late", "total": "-20.00"}]
    assert settle(fold(None, read(woo_order(refunds=refunds)))).status == "refunded"


def test_an_order_that_never_changed_counts_from_its_birth() -> None:
    assert read(woo_order(date_modified_gmt=None)).updated_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_php_writes_empty_objects_as_lists() -> None:
    assert read(woo_order(billing=[], refunds=[])).email == ""


def test_two_orders_in_one_second_are_two_deliveries() -> None:
    same_header = {"X-WC-Webhook-Delivery-ID": "819f8a1cf99ff2ddece436469ee0dcdc"}
    one, other = encoded(woo_order(id=801)), encoded(woo_order(id=802))
    assert WOO.delivery_id(same_header, one) != WOO.delivery_id(same_header, other)
    assert WOO.delivery_id({"X-WC-Webhook-Delivery-ID": "a"}, one) == WOO.delivery_id({}, one)


def test_the_unsigned_ping_is_known_exactly_and_means_nothing() -> None:
    assert WOO.is_ping({}, b"webhook_id=123")
    for near in (b"webhook_id=", b"webhook_id=1&id=2", b"webhook_id=1\n", b" webhook_id=1", b"webhook_id=1a", b"{}",
                 b"webhook_id=" + b"1" * 21, b"Webhook_id=1"):  # fmt: skip
        assert not WOO.is_ping({}, near)
    with pytest.raises(Unreadable):
        WOO.parse({}, b"webhook_id=123")
    with pytest.raises(BadSignature):
        WOO.verify(headers={}, body=b"webhook_id=123", secret=WOO.new_secret(), now=datetime.now(UTC))


@pytest.mark.parametrize(
    "payload",
    [
        {"id": 723},  # order.deleted, or product.deleted
        {"id": 87, "name": "Tea", "price": "9.00", "status": "publish"},
        {"id": 26, "email": "ana@example.com", "billing": {}},
        {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}},
        {"action": "woocommerce_add_to_cart", "arg": "x"},
        woo_order(billing_period="month", status="active"),
        {},
    ],
)
def test_what_is_no_order_is_ignored_with_a_reason(payload: dict[str, Any]) -> None:
    reading = WOO.parse({}, encoded(payload))
    assert list(reading) == []
    assert reading.ignored


def test_the_legacy_payload_says_what_to_choose_instead() -> None:
    with pytest.raises(Unreadable, match="v3"):
        WOO.parse({}, encoded({"order": {"id": 723, "status": "completed"}}))


@pytest.mark.parametrize("field", ["id", "currency", "total", "date_created_gmt"])
def test_an_order_without_what_decides_is_unreadable_and_says_which(field: str) -> None:
    payload = woo_order(date_modified_gmt=None)
    del payload[field]
    with pytest.raises(Unreadable, match=field):
        WOO.parse({}, encoded(payload))
