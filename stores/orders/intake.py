"""Orders as they are told: each event is folded into its order's row under a lock, then the buyer is looked for.

Whatever arrives late, twice or at the same moment ends in the same row (settle.fold).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction

from stores.models import Delivery, DeliveryStatus, Order, OrderRefund, OrderStatus
from stores.orders import matching
from stores.orders.facts import Event, OrderFacts, Status
from stores.orders.platforms import PLATFORMS, Reading, Unreadable
from stores.orders.settle import OrderState, dump, fold_all, load, settle

TAKE_DELIVERY = "stores.take_delivery"
ERROR_CHARS = 500

# What follows from an order's state, beside who bought it.
SAVED = (
    "number", "status", "currency", "total", "refunded_total", "email", "phone", "customer_id", "product_title", "test",
    "state", "placed_at", "paid_at", "source_updated_at",
)  # fmt: skip
_PAID: frozenset[Status] = frozenset({"paid", "partially_refunded", "refunded"})


def take_delivery(*, delivery_id: int) -> DeliveryStatus | None:
    """Reads a stored delivery and takes what it says; None when it is gone or was taken before.

    One that cannot be read is failed with the reason, for the owner: reading it again would not help.
    """
    delivery = Delivery.objects.filter(id=delivery_id, status=DeliveryStatus.RECEIVED).first()
    if delivery is None:
        return None
    try:
        reading = PLATFORMS[delivery.platform].parse({}, bytes(delivery.body))
    except Unreadable as error:
        return _finish(delivery, DeliveryStatus.FAILED, error.reason)
    return _finish(delivery, *_take(delivery, reading))


def _take(delivery: Delivery, reading: Reading) -> tuple[DeliveryStatus, str]:
    if not reading.events:
        return DeliveryStatus.IGNORED, reading.ignored
    take_events(store_id=delivery.store_id, platform=delivery.platform, events=reading.events)
    return DeliveryStatus.DONE, ""


def _finish(delivery: Delivery, status: DeliveryStatus, error: str) -> DeliveryStatus:
    Delivery.objects.filter(id=delivery.pk).update(status=status, error=error[:ERROR_CHARS])
    return status


def take_events(*, store_id: int, platform: str, events: Sequence[Event]) -> None:
    """Takes what was told, then looks for the buyers; two steps, each committed by itself. May be repeated."""
    orders = take_facts(store_id=store_id, platform=platform, events=events)
    matching.match_orders(order_ids=orders)


@transaction.atomic(durable=True)
def take_facts(*, store_id: int, platform: str, events: Sequence[Event]) -> list[int]:
    """Folds events into their orders, and saves what changed; the ids of those orders. May be repeated.

    Durable: nobody may wrap it in a transaction, since matching relies on its being committed.
    """
    told = _by_order(events)
    inserted = _insert_unknown(store_id, platform, told)
    rows = Order.objects.select_for_update().filter(store_id=store_id, platform=platform, external_id__in=told)
    # Everybody locks in the order of ids, so that two deliveries or imports never wait for each other.
    locked = list(rows.order_by("id"))
    older = [row for row in locked if row.state != inserted.get(row.external_id)]
    _save([row for row in older if _fold_into(row, told[row.external_id])])
    _keep_refunds(locked, told)
    return [row.pk for row in locked]


def _by_order(events: Iterable[Event]) -> dict[str, list[Event]]:
    told: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        told[event.external_id if isinstance(event, OrderFacts) else event.order_external_id].append(event)
    return dict(sorted(told.items()))


def _insert_unknown(store_id: int, platform: str, told: Mapping[str, Sequence[Event]]) -> dict[str, dict[str, Any]]:
    """Inserts new orders as these events make them; their states by external id.

    Of two at once one inserts, and the other finds another state in that row than its own, to fold into.
    """
    known = Order.objects.filter(store_id=store_id, platform=platform, external_id__in=told)
    known_ids = set(known.values_list("external_id", flat=True))
    rows = []
    for external_id, events in told.items():
        if external_id not in known_ids:
            row = Order(store_id=store_id, platform=platform, external_id=external_id)
            _fold_into(row, events)
            rows.append(row)
    Order.objects.bulk_create(rows, ignore_conflicts=True)
    return {row.external_id: row.state for row in rows}


def _fold_into(row: Order, events: Sequence[Event]) -> bool:
    """Puts into a row what is known of its order with these events; whether anything changed."""
    before = [getattr(row, field) for field in SAVED]
    state = fold_all(events, load(row.state) if row.state else None)
    assert state is not None, "an order without events"
    settlement = settle(state)
    row.state = dump(state)
    row.status = OrderStatus(settlement.status)
    row.refunded_total = _cents(settlement.refunded_total)
    if state.order is not None:
        _describe(row, state.order)
        row.paid_at = _paid_at(row, state, events)
        kept = settlement.kept_items or state.order.items
        row.product_title = next((item.title for item in kept if item.title), "")
    return before != [getattr(row, field) for field in SAVED]


def _describe(row: Order, order: OrderFacts) -> None:
    row.number = order.number
    row.currency = order.currency
    row.total = _cents(order.total)
    row.email, row.phone, row.customer_id = order.email, order.phone, order.customer_id
    row.test = order.test
    row.placed_at = order.placed_at
    row.source_updated_at = order.updated_at


def _paid_at(row: Order, state: OrderState, events: Sequence[Event]) -> datetime | None:
    """When it was paid. That it once was stays known: a cancelled purchase is refused in other words than none."""
    if state.order is not None and state.order.paid_at is not None:
        return state.order.paid_at
    told = [event.bought_at for event in events if isinstance(event, OrderFacts) and event.state in _PAID]
    return min([*told, row.paid_at] if row.paid_at else told, default=None)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _save(rows: list[Order]) -> None:
    """One statement for any number of rows. They exist and are locked, so every one of them takes the second way."""
    Order.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=[*SAVED, "updated_at"])


def _keep_refunds(rows: Sequence[Order], told: Mapping[str, Sequence[Event]]) -> None:
    """Writes the refunds that these events told of, and the record does not have yet as they now are."""
    refunds = [
        OrderRefund(order=row, external_id=refund.external_id, amount=_cents(refund.amount), refunded_at=refund.at)
        for row in rows
        if any(not isinstance(event, OrderFacts) or event.refunds for event in told[row.external_id])
        for refund in load(row.state).refunds
    ]
    if not refunds:
        return
    kept = OrderRefund.objects.filter(order__in={refund.order_id for refund in refunds})
    same = set(kept.values_list("order_id", "external_id", "amount", "refunded_at"))
    OrderRefund.objects.bulk_create(
        [r for r in refunds if (r.order_id, r.external_id, r.amount, r.refunded_at) not in same],
        update_conflicts=True,
        unique_fields=["order", "external_id"],
        update_fields=["amount", "refunded_at"],
    )
