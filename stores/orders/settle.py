"""What many versions and refunds of one order amount to, whatever the order in which they arrive, and however often.

`fold` is a join: state and event go in, the least state that knows both comes out. So any permutation and repetition of
the same events ends in the same state. The rules:

- Of two versions of an order the newer by the source's own clock wins whole. At equal clocks (WooCommerce counts
  seconds) the more final claim wins, refunded > cancelled > partially_refunded > paid > pending, and between equal
  claims the one with the larger digest: arbitrary, and the same for everybody.
- Refunds are never forgotten: all that any version named, and all that came alone, united by id. What two tellings of
  one refund disagree in is united too: the larger sum (a refund's parts succeed one after another), the larger quantity
  of each line, the earlier time.
- A refund may come first; it waits in a state without an order.

Refunds that reach the total make the order refunded, also while the source still calls it paid: Shopify tells of the
refund and of the order's new status in two deliveries, and the second may be late or lost.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from pydantic import TypeAdapter

from stores.orders.facts import Event, Item, OrderFacts, RefundFacts, Status

PURCHASES: frozenset[Status] = frozenset({"paid", "partially_refunded"})
_FINALITY: tuple[Status, ...] = ("pending", "paid", "partially_refunded", "cancelled", "refunded")


@dataclass(frozen=True, slots=True)
class OrderState:
    """All that is known of one order: its newest version (None before it came) and every refund, sorted by id."""

    external_id: str
    order: OrderFacts | None = None
    refunds: tuple[RefundFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What follows from an OrderState.

    `refunded_total` is in the order's currency and at most its total; 0 before the order came. `kept_items` are those
    of which the buyer still has at least one; none after a full refund or a cancellation. `purchase` is the buyer
    gate's question: paid, not fully refunded, not a test.
    """

    status: Status
    refunded_total: Decimal
    kept_items: tuple[Item, ...]
    purchase: bool


def is_purchase(status: Status) -> bool:
    """Does an order of this status count as bought? A test order never does: ask `Settlement.purchase` for both."""
    return status in PURCHASES


def fold(state: OrderState | None, event: Event) -> OrderState:
    """The state with one more event known. An event of another order is a ValueError: it would mix two buyers."""
    if isinstance(event, OrderFacts):
        external_id, version, refunds = event.external_id, replace(event, refunds=()), event.refunds
    else:
        external_id, version, refunds = event.order_external_id, None, (event,)
    if state is None:
        state = OrderState(external_id)
    if {state.external_id} != {external_id} | {refund.order_external_id for refund in refunds}:
        raise ValueError(f"an event of order {external_id} was folded into order {state.external_id}")
    order = version if state.order is None or (version and supersedes(version, state.order)) else state.order
    return OrderState(external_id, order, _united((*state.refunds, *refunds)))


def fold_all(events: Iterable[Event], state: OrderState | None = None) -> OrderState | None:
    """Several events of one order folded in; None where there are none and there was no state."""
    return reduce(fold, events, state)


def supersedes(version: OrderFacts, known: OrderFacts) -> bool:
    """Is `version` to replace what is `known`? Refunds play no part: they are united, not replaced."""
    if version == known:
        return False  # as the digests would say, which cost much more
    mine, theirs = _precedence(version), _precedence(known)
    return mine > theirs if mine != theirs else _digest(version) > _digest(known)


def settle(state: OrderState) -> Settlement:
    """Status, refunded sum and kept items of what is known; an order that has not come yet is pending."""
    order = state.order
    if order is None:
        return Settlement("pending", Decimal(0), (), False)
    named = sum((refund.amount for refund in state.refunds if refund.currency in ("", order.currency)), Decimal(0))
    refunded = max(named, order.refunded)
    kept = _kept(order.items, state.refunds)
    status = _status(order, state.refunds, refunded, kept)
    if status in ("refunded", "cancelled"):
        kept = ()
    # The source may call it refunded without naming each refund, and a merchant may give back more than was paid.
    refunded = order.total if status == "refunded" else min(refunded, order.total)
    return Settlement(status, refunded, kept, is_purchase(status) and not order.test)


def dump(state: OrderState) -> dict[str, Any]:
    """The state as JSON values, exact: sums as texts, times in RFC 3339. `load` reads it back, equal."""
    dumped: dict[str, Any] = _STATE.dump_python(state, mode="json")
    return dumped


def load(dumped: dict[str, Any]) -> OrderState:
    """The state that `dump` wrote; a pydantic ValidationError for anything else."""
    return _STATE.validate_python(dumped)


_STATE: TypeAdapter[OrderState] = TypeAdapter(OrderState)


def _status(order: OrderFacts, refunds: tuple[RefundFacts, ...], refunded: Decimal, kept: tuple[Item, ...]) -> Status:
    if order.state == "refunded" or refunded >= order.total > 0:
        return "refunded"
    if order.total == 0 and order.items and not kept:
        return "refunded"  # a gift that was taken back: there is no sum to compare, but nothing is left
    if order.state in ("cancelled", "pending"):
        return order.state
    # A sum in another currency cannot be weighed against the total: partial, until the source says more.
    some_back = refunded > 0 or any(refund.amount > 0 for refund in refunds)
    return "partially_refunded" if some_back else order.state


def _kept(items: tuple[Item, ...], refunds: tuple[RefundFacts, ...]) -> tuple[Item, ...]:
    back = sum((_quantities(refund) for refund in refunds), Counter())
    return tuple(item for item in items if item.quantity > back[item.external_id])


def _united(refunds: Iterable[RefundFacts]) -> tuple[RefundFacts, ...]:
    by_id: dict[str, RefundFacts] = {}
    for refund in refunds:
        known = by_id.get(refund.external_id, refund)
        by_id[refund.external_id] = _joined(known, refund)
    return tuple(by_id[external_id] for external_id in sorted(by_id))


def _joined(one: RefundFacts, other: RefundFacts) -> RefundFacts:
    # The currency goes with the sum: (amount, currency) pairs are compared as one.
    amount, currency = max((one.amount, one.currency), (other.amount, other.currency))
    lines = _quantities(one) | _quantities(other)
    return replace(
        one,
        amount=amount,
        currency=currency,
        at=min((at for at in (one.at, other.at) if at is not None), default=None),
        lines=tuple(sorted(lines.items())),
    )


def _quantities(refund: RefundFacts) -> Counter[str]:
    """How many of each line one telling takes back; a line named twice counts twice."""
    found: Counter[str] = Counter()
    for line, quantity in refund.lines:
        found[line] += quantity
    return found


def _precedence(version: OrderFacts) -> tuple[datetime, int]:
    return version.updated_at, _FINALITY.index(version.state)


def _digest(version: OrderFacts) -> str:
    """Equal facts have equal digests, whether a sum came as 19, 19.0 or 19.00."""
    canonical = json.dumps(asdict(replace(version, refunds=())), sort_keys=True, default=_canonical)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _canonical(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} is not part of an order")
