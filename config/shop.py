"""A shop's side of order webhooks: what the three platforms send and how they sign it, for demo data and the journey.

Standard library only, and written from the platforms' own documents (named in stores/orders/platforms), not from the
code that reads it here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

PLATFORMS = ("shopify", "woocommerce", "standard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One thing sold. `number` is unique in the shop; `price` reads as a decimal for one piece; `at` is aware."""

    number: int
    email: str
    name: str
    product: str
    price: str
    currency: str
    at: datetime
    quantity: int = 1

    @property
    def total(self) -> str:
        """What was paid."""
        return str(Decimal(self.price) * self.quantity)

    @property
    def customer(self) -> int:
        """The shop's own number for this person."""
        return 10_000_000 + zlib.crc32(self.email.encode())

    @property
    def product_id(self) -> int:
        """The shop's own number for the thing."""
        return 10_000_000 + zlib.crc32(self.product.encode())


def order(platform: str, sale: Sale) -> bytes:
    """The body that tells of a paid order."""
    return _encoded({"shopify": _shopify, "woocommerce": _woo, "standard": _standard}[platform](sale))


def full_refund(platform: str, sale: Sale, *, at: datetime) -> bytes:
    """The body that tells that all of it was given back."""
    make = {"shopify": _shopify_refund, "woocommerce": _woo_refunded, "standard": _standard_refund}[platform]
    return _encoded(make(sale, at))


def signed(platform: str, body: bytes, *, secret: str, now: datetime) -> dict[str, str]:
    """The headers of a delivery of `body`, signed with the shop's secret."""
    headers = {"Content-Type": "application/json"}
    if platform == "shopify":
        return headers | {"X-Shopify-Topic": _topic(body), "X-Shopify-Hmac-Sha256": _hmac(secret.encode(), body)}
    if platform == "woocommerce":
        return headers | {"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Signature": _hmac(secret.encode(), body)}
    message, moment = "msg_" + hashlib.sha256(body).hexdigest()[:24], str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = _hmac(key, f"{message}.{moment}.".encode() + body)
    return headers | {"webhook-id": message, "webhook-timestamp": moment, "webhook-signature": f"v1,{signature}"}


def _encoded(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()


def _hmac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def _topic(body: bytes) -> str:
    return "refunds/create" if b'"refund_line_items"' in body else "orders/paid"


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _wordpress(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _shopify(sale: Sale) -> dict[str, Any]:
    moment = _rfc3339(sale.at)
    return {
        "id": sale.number,
        "name": f"#{sale.number % 100_000}",
        "email": sale.email,
        "financial_status": "paid",
        "cancelled_at": None,
        "currency": sale.currency,
        "total_price": sale.total,
        "created_at": moment,
        "processed_at": moment,
        "updated_at": moment,
        "test": False,
        "customer": {"id": sale.customer, "email": sale.email, "first_name": sale.name},
        "line_items": [
            {
                "id": sale.number * 10 + 1,
                "product_id": sale.product_id,
                "title": sale.product,
                "quantity": sale.quantity,
                "price": sale.price,
                "sku": "",
            }
        ],
        "refunds": [],
    }


def _shopify_refund(sale: Sale, at: datetime) -> dict[str, Any]:
    return {
        "id": sale.number * 10 + 2,
        "order_id": sale.number,
        "created_at": _rfc3339(at),
        "processed_at": _rfc3339(at),
        "refund_line_items": [{"id": 1, "line_item_id": sale.number * 10 + 1, "quantity": sale.quantity}],
        "transactions": [
            {"id": 1, "kind": "refund", "status": "success", "amount": sale.total, "currency": sale.currency}
        ],
    }


def _woo(sale: Sale) -> dict[str, Any]:
    moment = _wordpress(sale.at)
    return {
        "id": sale.number,
        "number": str(sale.number),
        "status": "completed",
        "currency": sale.currency,
        "total": sale.total,
        "customer_id": sale.customer,
        "payment_method": "stripe",
        "date_created_gmt": moment,
        "date_modified_gmt": moment,
        "date_paid_gmt": moment,
        "billing": {"first_name": sale.name, "email": sale.email, "phone": "", "country": ""},
        "line_items": [
            {
                "id": sale.number * 10 + 1,
                "product_id": sale.product_id,
                "name": sale.product,
                "quantity": sale.quantity,
                "price": sale.price,
                "sku": "",
            }
        ],
        "refunds": [],
    }


def _woo_refunded(sale: Sale, at: datetime) -> dict[str, Any]:
    return _woo(sale) | {
        "status": "refunded",
        "date_modified_gmt": _wordpress(at),
        "refunds": [{"id": sale.number * 10 + 2, "reason": "", "total": f"-{sale.total}"}],
    }


def _standard(sale: Sale) -> dict[str, Any]:
    moment = _rfc3339(sale.at)
    data = {
        "id": str(sale.number),
        "number": str(sale.number),
        "status": "paid",
        "currency": sale.currency,
        "total": sale.total,
        "email": sale.email,
        "customer_id": str(sale.customer),
        "items": [
            {
                "id": "1",
                "product_id": str(sale.product_id),
                "title": sale.product,
                "quantity": sale.quantity,
                "price": sale.price,
            }
        ],
        "placed_at": moment,
        "paid_at": moment,
        "updated_at": moment,
    }
    return {"type": "order.updated", "timestamp": moment, "data": data}


def _standard_refund(sale: Sale, at: datetime) -> dict[str, Any]:
    data = {"id": f"R-{sale.number}", "order_id": str(sale.number), "amount": sale.total, "at": _rfc3339(at)}
    return {"type": "refund.created", "timestamp": _rfc3339(at), "data": data}
