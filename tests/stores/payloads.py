"""Order payloads of our own making, in the platforms' shapes, and the places of the published samples."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stores.orders.facts import Item, OrderFacts, RefundFacts, Status

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

_SHARED = os.environ.get("BACKYARD_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
SAMPLES = Path(_SHARED) / "webhooks"


def sample(name: str) -> bytes:
    """A platform's own published payload, byte for byte; the test is skipped where the folder is absent."""
    path = SAMPLES / f"{name}.json"
    if not path.exists():
        pytest.skip(f"no sample payload {name}: the folder of shared inputs is absent")
    return path.read_bytes()


def encoded(payload: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()


def order(
    minute: int = 0, state: Status = "paid", *, order_id: str = "1007", total: str = "39.00", **more: Any
) -> OrderFacts:
    """Version of an order, `minute` minutes past noon by the source's clock."""
    given: dict[str, Any] = {"email": "ana@example.com", "items": (item("1"), item("2", 2))}
    return OrderFacts(
        external_id=order_id,
        number=order_id,
        state=state,
        currency="EUR",
        total=Decimal(total),
        placed_at=NOON,
        updated_at=NOON + timedelta(minutes=minute),
        **(given | more),
    )


def item(line: str, quantity: int = 1) -> Item:
    return Item(line, f"p{line}", f"Tea {line}", "", quantity, Decimal("13.00"))


def refund(refund_id: str = "r1", amount: str = "10.00", *, order_id: str = "1007", **more: Any) -> RefundFacts:
    return RefundFacts(refund_id, order_id, Decimal(amount), **({"currency": "EUR"} | more))


def shopify_order(**changes: Any) -> dict[str, Any]:
    """A paid order of two lines with an id beyond 2^53."""
    return {
        "id": 9007199254740993001,
        "name": "#2041",
        "financial_status": "paid",
        "cancelled_at": None,
        "currency": "EUR",
        "total_price": "52.50",
        "email": "Ana@Example.com ",
        "phone": None,
        "test": False,
        "created_at": "2026-03-01T13:00:00+01:00",
        "processed_at": "2026-03-01T13:00:00+01:00",
        "updated_at": "2026-03-01T13:05:00+01:00",
        "customer": {"id": 7700000000000000001, "email": "ana.lopez@example.com", "phone": None},
        "billing_address": {"country_code": "DE", "phone": "030 901820"},
        "shipping_address": {"country_code": "DE", "phone": "030 901821"},
        "line_items": [
            {"id": 11, "product_id": 87, "title": "Tea", "sku": "T-1", "quantity": 2, "price": "12.50"},
            {"id": 12, "product_id": None, "title": "Gift wrap", "sku": None, "quantity": 1, "price": "27.50"},
        ],
        "refunds": [],
    } | changes


def shopify_refund(**changes: Any) -> dict[str, Any]:
    """One cup of tea given back, 12.50, of shopify_order."""
    return {
        "id": 929361464,
        "order_id": 9007199254740993001,
        "created_at": "2026-03-02T10:00:00+01:00",
        "processed_at": "2026-03-02T10:00:00+01:00",
        "refund_line_items": [{"id": 1, "line_item_id": 11, "quantity": 1, "subtotal": 12.5, "total_tax": 0.0}],
        "transactions": [{"id": 5, "kind": "refund", "status": "success", "amount": "12.50", "currency": "EUR"}],
    } | changes


def woo_order(**changes: Any) -> dict[str, Any]:
    """A paid order of one line."""
    return {
        "id": 801,
        "number": "801",
        "status": "processing",
        "currency": "EUR",
        "total": "39.00",
        "customer_id": 26,
        "payment_method": "stripe",
        "date_created_gmt": "2026-03-01T12:00:00",
        "date_modified_gmt": "2026-03-01T12:05:00",
        "date_paid_gmt": "2026-03-01T12:01:00",
        "billing": {"email": "ana@example.com", "phone": "030 901820", "country": "DE"},
        "line_items": [
            {"id": 311, "name": "Tea &ndash; 250&nbsp;g", "product_id": 87, "quantity": 1, "sku": "", "price": 39.0}
        ],
        "refunds": [],
    } | changes


def standard_order(**changes: Any) -> dict[str, Any]:
    """The whole `order.updated` event; changes are made to its data."""
    data = {
        "id": "A-1007",
        "number": "1007",
        "status": "paid",
        "currency": "EUR",
        "total": "39.00",
        "email": "ana@example.com",
        "phone": "030 901820",
        "country": "DE",
        "customer_id": "77",
        "items": [{"id": "1", "product_id": "87", "title": "Tea", "sku": "T-1", "quantity": 2, "price": "19.50"}],
        "refunds": [],
        "placed_at": "2026-03-01T12:00:00Z",
        "paid_at": "2026-03-01T12:01:00Z",
        "updated_at": "2026-03-01T12:05:00Z",
    }
    return {"type": "order.updated", "timestamp": "2026-03-01T12:05:00Z", "data": data | changes}


def standard_refund(**changes: Any) -> dict[str, Any]:
    """The whole `refund.created` event; changes are made to its data."""
    data = {
        "id": "R-1",
        "order_id": "A-1007",
        "amount": "19.50",
        "currency": "EUR",
        "at": "2026-03-02T09:00:00Z",
        "lines": [{"item_id": "1", "quantity": 1}],
    }
    return {"type": "refund.created", "timestamp": "2026-03-02T09:00:00Z", "data": data | changes}
