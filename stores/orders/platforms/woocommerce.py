"""WooCommerce: orders as its webhooks tell them (topics order.*, payload of the REST API v2 and v3).

The signature covers the body alone; topic, resource and delivery id are headers that are not signed, and two orders of
one second share a delivery id, so the body's shape and its hash decide. Refunds come only within their order, without
dates or lines.
https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/class-wc-webhook.php

Not read, on purpose: the body of a deleted order is {"id": 723}, and so is the body of a deleted product, coupon or
customer under the same secret; it has no clock either, so nobody could tell whether it came before or after the order
was restored. An order put in the bin is also told as an order of status "trash", and that revokes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from html import unescape

from stores.orders import values
from stores.orders.contact import normal_email, normal_phone
from stores.orders.facts import ITEMS_MAX, NUMBER_CHARS, SKU_CHARS, TITLE_CHARS, Item, OrderFacts, RefundFacts, Status
from stores.orders.platforms import signing
from stores.orders.platforms.base import Reading, Unreadable, header
from stores.orders.platforms.fields import Fields, json_object

SIGNATURE = "X-WC-Webhook-Signature"

# WC_Webhook::deliver_ping posts exactly this, unsigned, when a webhook is saved.
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")

# All others are pending: on-hold, failed (may be tried again), drafts, and the statuses that plugins add, which may
# mean "shipped" as well as "chargeback". date_paid cannot replace the status: orders made by hand have none (a sample
# of WooCommerce's own is completed and partly refunded without it), and it stays after a payment was fought back.
_STATES: dict[object, Status] = {
    "processing": "paid",
    "completed": "paid",
    "refunded": "refunded",
    "cancelled": "cancelled",
    "trash": "cancelled",
}


class WooCommerce:
    """The Platform of WooCommerce's webhooks."""

    name = "woocommerce"

    def verify(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
        signing.check_body(given=header(headers, SIGNATURE), secret=secret, body=body)

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        return signing.body_id(body)

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        return _PING.fullmatch(body) is not None

    def parse(self, headers: Mapping[str, str], body: bytes) -> Reading:
        top = json_object(body)
        if top.has("order") and not top.has("id"):
            raise Unreadable('This is the Legacy API\'s payload: choose "WP REST API Integration v3" in the webhook.')
        if top.data.keys() == {"id"}:
            return Reading(ignored="Something was deleted, but it is not signed what, nor when.")
        if top.has("billing_period"):
            return Reading(ignored="It is a subscription; its orders come by themselves.")
        if not top.has("status", "line_items", "billing"):
            return Reading(ignored="It is not an order.")
        return Reading((_order(top),))

    def sign(self, body: bytes, secret: str, *, now: datetime, message_id: str = "") -> dict[str, str]:
        return {SIGNATURE: signing.signature(secret.encode(), body).decode()}

    def new_secret(self) -> str:
        # URL-safe: WordPress stores < > & " ' escaped, and versions before 3.6 sign with the escaped form.
        return secrets.token_urlsafe(32)

    def check_secret(self, secret: str) -> str:
        return signing.check_secret(secret)


def _order(top: Fields) -> OrderFacts:
    external_id = top.read("id", values.numeric_id)
    currency = top.read("currency", values.currency)
    billing = top.section("billing")
    # Times ending in _gmt are UTC without an offset. An order that never changed has its birth alone.
    clock = "date_modified_gmt" if top.data.get("date_modified_gmt") else "date_created_gmt"
    updated_at = top.read(clock, values.moment_utc)
    return OrderFacts(
        external_id=external_id,
        number=top.read("number", partial(values.text, most=NUMBER_CHARS)) or external_id,
        state=_state(top),
        currency=currency,
        total=top.read("total", values.amount),
        refunds=tuple(_refund(refund, order_id=external_id, currency=currency) for refund in top.each("refunds")),
        email=normal_email(billing.data.get("email")),
        phone=normal_phone(billing.data.get("phone"), billing.data.get("country")),
        customer_id=top.read("customer_id", values.numeric_id_or_none),
        items=tuple(_item(line) for line in top.each("line_items")[:ITEMS_MAX]),
        placed_at=top.maybe("date_created_gmt", values.moment_utc) or updated_at,
        paid_at=top.maybe("date_paid_gmt", values.moment_utc),
        updated_at=updated_at,
    )


def _state(top: Fields) -> Status:
    state = _STATES.get(top.read("status", partial(values.text, most=40)), "pending")
    # Cash on delivery is "processing" before anybody paid; WooCommerce dates the payment when the order is completed.
    unpaid = top.data.get("payment_method") == "cod" and not top.data.get("date_paid_gmt")
    return "pending" if unpaid and top.data.get("status") == "processing" else state


def _item(line: Fields) -> Item:
    return Item(
        external_id=line.read("id", values.numeric_id),
        product_id=line.read("product_id", values.numeric_id_or_none),
        title=line.read("name", _title),
        sku=line.read("sku", partial(values.text, most=SKU_CHARS)),
        quantity=line.read("quantity", values.quantity),
        price=line.maybe("price", values.money),
    )


def _title(value: object) -> str:
    """Titles come as WordPress shows them, in HTML: "Tea &ndash; 250 g"."""
    return values.text(unescape(value[: TITLE_CHARS * 8]) if isinstance(value, str) else value, most=TITLE_CHARS)


def _refund(refund: Fields, *, order_id: str, currency: str) -> RefundFacts:
    """Within an order a refund is its id, a reason and a total below zero."""
    return RefundFacts(
        external_id=refund.read("id", values.numeric_id),
        order_external_id=order_id,
        amount=abs(refund.read("total", values.money)),
        currency=currency,
    )
