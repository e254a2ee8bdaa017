"""What a source says of one order or one refund, in our terms. Values only: no source's own words get past here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

# What an order can be, both as a source claims it (OrderFacts.state) and as we settle it (Settlement.status).
Status = Literal["pending", "paid", "partially_refunded", "refunded", "cancelled"]

NUMBER_CHARS = 60
TITLE_CHARS = 200
SKU_CHARS = 100
ITEMS_MAX = 1_000  # of one order; what lies beyond is not kept


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order. `price` is for one piece, in the order's currency; None where the source does not say."""

    external_id: str
    product_id: str
    title: str
    sku: str
    quantity: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """Money given back on an order, or lines taken back without money (amount 0).

    `currency` "" means the order's own. `at` is None where the source does not say. `lines` are (line id, quantity)
    pairs; empty where the source names none.
    """

    external_id: str
    order_external_id: str
    amount: Decimal
    currency: str = ""
    at: datetime | None = None
    lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One version of an order. Times are aware UTC; `email` and `phone` are normalised, "" when there is none.

    `updated_at` is the source's own clock and decides which version is the newest. `refunds` are those that this
    version names, there may be others; `refunded` is the whole sum so far, for a source that tells no more than that.
    `test` orders are kept as facts and are never a purchase.
    """

    external_id: str
    number: str
    state: Status
    currency: str
    total: Decimal
    placed_at: datetime
    updated_at: datetime
    refunds: tuple[RefundFacts, ...] = ()
    refunded: Decimal = Decimal(0)
    email: str = ""
    phone: str = ""
    customer_id: str = ""
    items: tuple[Item, ...] = ()
    paid_at: datetime | None = None
    test: bool = False

    @property
    def bought_at(self) -> datetime:
        """When it was paid, or placed where the source does not tell."""
        return self.paid_at or self.placed_at


Event = OrderFacts | RefundFacts
