"""What is read of orders: an owner's webhooks, deliveries, orders and imports; a shopper's purchases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Subquery

from accounts.models import User
from core import clock
from core.problems import NotFound
from stores.models import Delivery, Order, OrderImport, Store, StoreStatus, WebhookEndpoint
from stores.orders.proof import Facts, facts_sql, judge_facts
from stores.roles import Action, require

# A store stands where its latest order stands, so the order's id is also the place to go on from.
_PURCHASES_SQL = f"""
WITH mine AS (
    SELECT store_id, max(id) AS newest FROM stores_order WHERE user_id = %(viewer)s AND NOT test GROUP BY store_id
)
SELECT s.id, mine.newest, s.buyers_within_days, facts.*
FROM mine JOIN stores_store s ON s.id = mine.store_id AND s.status = %(approved)s,
     LATERAL ({facts_sql("%(viewer)s")}) facts
WHERE (facts.order_id IS NOT NULL OR facts.had_refunded) AND mine.newest < %(before)s
ORDER BY mine.newest DESC LIMIT %(limit)s
"""  # noqa: S608  # nothing but our own text is put in
_NO_END = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a person bought in one store. `since` is None when all was given back; `why_not`: the refusal's code."""

    store: Store
    since: datetime | None
    product: str
    why_not: str | None


def purchases_of(*, user: User, before: int | None, limit: int) -> tuple[list[Purchase], int | None]:
    """The approved stores where this person bought, and whether they may write there; the latest order first.

    And the order id to go on before (None: the end). The same facts and the same judgement as the buyer gate's.
    """
    values: dict[str, Any] = {
        "viewer": user.pk,
        "approved": StoreStatus.APPROVED,
        "before": _NO_END if before is None else before,
        "limit": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PURCHASES_SQL, values)
        rows = cursor.fetchall()
    stores = Store.objects.in_bulk([row[0] for row in rows[:limit]])
    now = clock.now()
    found = [
        _purchase(stores[store_id], Facts(*facts), within_days=within_days, now=now)
        for store_id, _, within_days, *facts in rows[:limit]
        if store_id in stores
    ]
    return found, rows[limit - 1][1] if len(rows) > limit else None


def _purchase(store: Store, facts: Facts, *, within_days: int | None, now: datetime) -> Purchase:
    why_not = judge_facts(facts, within_days=within_days, now=now)
    return Purchase(store=store, since=facts.since, product=facts.product or "", why_not=why_not)


def endpoints_of(*, by: User, store: Store) -> list[WebhookEndpoint]:
    """A store's webhooks, each with `last_at` and `last_status` of its latest delivery (None: none yet).

    For owners; raises NotStaff.
    """
    require(user=by, store=store, action=Action.ORDERS)
    latest = Delivery.objects.filter(store_id=OuterRef("store_id"), platform=OuterRef("platform")).order_by("-id")
    rows = WebhookEndpoint.objects.filter(store=store).order_by("platform")
    return list(
        rows.annotate(
            last_at=Subquery(latest.values("received_at")[:1]), last_status=Subquery(latest.values("status")[:1])
        )
    )


def deliveries_of(*, by: User, store: Store, before: int | None, limit: int) -> tuple[list[Delivery], int | None]:
    """What came through a store's webhooks, the latest first, and the id to go on before (None: the end).

    Without the bodies. For owners; raises NotStaff.
    """
    require(user=by, store=store, action=Action.ORDERS)
    rows = Delivery.objects.filter(store=store).defer("body").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    page = list(rows[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def orders_of(*, by: User, store: Store, before: int | None, limit: int) -> tuple[list[Order], int | None]:
    """A store's orders, the latest arrival first, and the id to go on before (None: the end).

    For owners; raises NotStaff. Whose they are is left out on purpose: a merchant could else learn, with a file of
    invented orders, which addresses have an account here.
    """
    require(user=by, store=store, action=Action.ORDERS)
    rows = Order.objects.filter(store=store).defer("state", "user").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    page = list(rows[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def import_of(*, by: User, store: Store, import_id: int) -> OrderImport:
    """One of a store's imports. For owners; raises NotStaff, NotFound."""
    require(user=by, store=store, action=Action.ORDERS)
    found = OrderImport.objects.filter(id=import_id, store=store).first()
    if found is None:
        raise NotFound
    return found
