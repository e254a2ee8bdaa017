"""The buyer gate: whether somebody bought from a store and may therefore write there. The one place that decides it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from accounts.models import User
from core import clock
from core.problems import Forbidden, NotSignedIn, Problem
from stores.models import Store, StoreStatus
from stores.selectors.stores import StoreSuspended


def facts_sql(viewer: str) -> str:
    """SQL of one row: what the orders say of one person (an SQL expression of their id) in one store, s.id.

    A paid order that was not wholly given back counts (product.md rule 1). Test orders prove nothing.
    """
    return f"""
SELECT (array_agg(o.id ORDER BY o.bought_at DESC) FILTER (WHERE o.counts))[1] AS order_id,
       min(o.bought_at) FILTER (WHERE o.counts) AS since,
       max(o.bought_at) FILTER (WHERE o.counts) AS latest,
       (array_agg(o.product_title ORDER BY o.bought_at DESC) FILTER (WHERE o.counts))[1] AS product,
       coalesce(bool_or(o.given_back), false) AS had_refunded
FROM (
    SELECT id, product_title, coalesce(paid_at, placed_at, created_at) AS bought_at,
           status IN ('paid', 'partially_refunded') AS counts,
           status = 'refunded' OR (status = 'cancelled' AND paid_at IS NOT NULL) AS given_back
    FROM stores_order WHERE user_id = {viewer} AND store_id = s.id AND NOT test
) o
"""  # noqa: S608  # an expression of our own


_PROOF_SQL = f"""
SELECT facts.* FROM stores_store s, LATERAL ({facts_sql("%(viewer)s")}) facts WHERE s.id = %(store)s
"""  # noqa: S608


class Facts(NamedTuple):
    """What the orders say of one person in one store, in facts_sql's order of columns."""

    order_id: int | None
    since: datetime | None
    latest: datetime | None
    product: str | None
    had_refunded: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """A verified buyer: since when, what they bought last, and the order that shows it."""

    since: datetime
    product: str
    order_id: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not write, as a code and as the problem to answer with."""

    code: str
    problem: Problem


class NotABuyer(Forbidden):
    """Only people who bought from this store can write here."""

    code = "not_a_buyer"


class PurchaseTooOld(Forbidden):
    """This store lets only recent buyers write, and your last purchase is too long ago."""

    code = "purchase_too_old"


class PurchaseRefunded(Forbidden):
    """Your purchase was refunded or cancelled, so you cannot write here any more."""

    code = "purchase_refunded"


REFUSALS: dict[str, type[Problem]] = {
    kind.code: kind for kind in (NotSignedIn, NotABuyer, PurchaseTooOld, PurchaseRefunded, StoreSuspended)
}


def judge_facts(facts: Facts, *, within_days: int | None, now: datetime) -> str | None:
    """The code of the refusal, or None when these facts make a buyer. `within_days` is the store's own narrowing."""
    if facts.latest is None:
        return PurchaseRefunded.code if facts.had_refunded else NotABuyer.code
    if within_days is not None and facts.latest < now - timedelta(days=within_days):
        return PurchaseTooOld.code
    return None


def why_not(facts: Facts, *, status: str | None, within_days: int | None, now: datetime) -> str | None:
    """The whole gate for somebody who is signed in: the code of the refusal in a store of this status, or None."""
    if status != StoreStatus.APPROVED:
        return StoreSuspended.code
    return judge_facts(facts, within_days=within_days, now=now)


def purchase_proof(*, user: User | None, store: Store) -> Proof | Refusal:
    """The proof that this person bought here, or why they may not write."""
    if user is None:
        return _refuse(NotSignedIn.code)
    with connection.cursor() as cursor:
        cursor.execute(_PROOF_SQL, {"viewer": user.id, "store": store.id})
        facts = Facts(*(cursor.fetchone() or (None, None, None, None, False)))
    code = why_not(facts, status=store.status, within_days=store.buyers_within_days, now=clock.now())
    if code is not None or facts.order_id is None or facts.since is None:
        return _refuse(code or NotABuyer.code)
    return Proof(since=facts.since, product=facts.product or "", order_id=facts.order_id)


def _refuse(code: str) -> Refusal:
    return Refusal(code, REFUSALS[code]())
