"""Shopify: orders and refunds as its REST webhooks tell them (topics orders/* and refunds/create).

The signature covers the body alone. `X-Shopify-Topic` and `X-Shopify-Webhook-Id` are not signed, so the body's shape
says what it is, and its hash says whether it came before (deliveries are repeated for hours with the same body).
https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial

from stores.orders import values
from stores.orders.contact import normal_email, normal_phone
from stores.orders.facts import ITEMS_MAX, NUMBER_CHARS, SKU_CHARS, TITLE_CHARS, Item, OrderFacts, RefundFacts, Status
from stores.orders.platforms import signing
from stores.orders.platforms.base import Reading, header
from stores.orders.platforms.fields import Fields, json_object

SIGNATURE = "X-Shopify-Hmac-Sha256"

# Anything else, null and statuses yet to be invented among it, is pending: a right needs a payment that we understand.
# Part of the price is not a paid order. An expired authorisation leaves the order open: the merchant may still be paid.
# https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderDisplayFinancialStatus
_STATES: dict[object, Status] = {
    "pending": "pending",
    "authorized": "pending",
    "partially_paid": "pending",
    "expired": "pending",
    "paid": "paid",
    "partially_refunded": "partially_refunded",
    "refunded": "refunded",
    "voided": "cancelled",
}


class Shopify:
    """The Platform of Shopify's REST webhooks. A test order (`test: true`) is read as such and is never a purchase."""

    name = "shopify"

    def verify(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
        signing.check_body(given=header(headers, SIGNATURE), secret=secret, body=body)

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        return signing.body_id(body)

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        return False

    def parse(self, headers: Mapping[str, str], body: bytes) -> Reading:
        top = json_object(body)
        if top.has("financial_status", "line_items"):
            return Reading((_order(top),))
        if top.has("order_id", "refund_line_items"):
            return Reading((_refund(top, order_id=top.read("order_id", values.numeric_id)),))
        return Reading(ignored="It is neither an order nor a refund.")

    def sign(self, body: bytes, secret: str, *, now: datetime, message_id: str = "") -> dict[str, str]:
        return {SIGNATURE: signing.signature(secret.encode(), body).decode()}

    def new_secret(self) -> str:
        return secrets.token_hex(32)

    def check_secret(self, secret: str) -> str:
        return signing.check_secret(secret)


def _order(top: Fields) -> OrderFacts:
    external_id = top.read("id", values.numeric_id)
    currency = top.read("currency", values.currency)
    cancelled_at = top.maybe("cancelled_at", values.moment)
    claim = _STATES.get(top.read("financial_status", partial(values.text, most=40)), "pending")
    # An order that a merchant brought from another shop keeps its true date in processed_at.
    placed_at = top.maybe("processed_at", values.moment) or top.read("created_at", values.moment)
    return OrderFacts(
        external_id=external_id,
        number=top.read("name", partial(values.text, most=NUMBER_CHARS)) or external_id,
        state="cancelled" if cancelled_at and claim != "refunded" else claim,
        currency=currency,
        total=top.read("total_price", values.amount),
        refunds=tuple(_refund(refund, order_id=external_id, currency=currency) for refund in top.each("refunds")),
        email=_email(top),
        phone=_phone(top),
        customer_id=top.section("customer").read("id", values.numeric_id_or_none),
        items=tuple(_item(line) for line in top.each("line_items")[:ITEMS_MAX]),
        placed_at=placed_at,
        # Shopify does not date the payment. That there was one still matters once the order is cancelled.
        paid_at=placed_at if claim in ("paid", "partially_refunded", "refunded") else None,
        updated_at=top.read("updated_at", values.moment),
        test=top.data.get("test") is True,
    )


def _item(line: Fields) -> Item:
    return Item(
        external_id=line.read("id", values.numeric_id),
        product_id=line.read("product_id", values.numeric_id_or_none),
        title=line.read("title", partial(values.text, most=TITLE_CHARS)),
        sku=line.read("sku", partial(values.text, most=SKU_CHARS)),
        quantity=line.read("quantity", values.quantity),
        price=line.maybe("price", values.money),
    )


def _refund(refund: Fields, *, order_id: str, currency: str = "") -> RefundFacts:
    """Money is what the successful transactions of kind refund gave back; items may come back without any."""
    back: defaultdict[str, Decimal] = defaultdict(Decimal)
    for transaction in refund.each("transactions"):
        if transaction.data.get("kind") == "refund" and transaction.data.get("status") == "success":
            # Shops that sell in several currencies also tell what it is in the shop's own, the one of total_price.
            money = transaction.section("amount_set").section("shop_money")
            if money.has("amount", "currency_code"):
                back[money.read("currency_code", values.currency)] += money.read("amount", values.amount)
            else:
                paid_in = transaction.maybe("currency", values.currency) or currency
                back[paid_in] += transaction.read("amount", values.amount)
    told = currency if currency in back or not back else min(back)
    lines: Counter[str] = Counter()
    for line in refund.each("refund_line_items"):
        lines[line.read("line_item_id", values.numeric_id)] += line.read("quantity", values.quantity)
    return RefundFacts(
        external_id=refund.read("id", values.numeric_id),
        order_external_id=order_id,
        amount=back.get(told, Decimal(0)),
        currency=told,
        at=refund.maybe("processed_at", values.moment) or refund.maybe("created_at", values.moment),
        lines=tuple(sorted(lines.items())),
    )


def _email(top: Fields) -> str:
    given = (top.data.get("email"), top.data.get("contact_email"), top.section("customer").data.get("email"))
    return next((email for email in map(normal_email, given) if email), "")


def _phone(top: Fields) -> str:
    """The buyer's number, never the shipping address's: a gift is bought by its sender."""
    customer, billing = top.section("customer"), top.section("billing_address")
    home = customer.section("default_address")
    region = billing.data.get("country_code") or home.data.get("country_code")
    given = (
        (top.data.get("phone"), region),
        (customer.data.get("phone"), region),
        (billing.data.get("phone"), region),
        (home.data.get("phone"), home.data.get("country_code")),
    )
    return next((phone for phone in (normal_phone(*pair) for pair in given) if phone), "")
