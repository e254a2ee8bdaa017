"""The buyer gate: who bought may write, everybody else is told why not, here and in one's list of purchases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.problems import Problem
from stores.models import Order, OrderStatus, Store, StoreStatus
from stores.orders.proof import Facts, Proof, Refusal, facts_sql, judge_facts, purchase_proof
from tests.conftest import Newcomer
from tests.people import Person, make_order, make_store, run_jobs
from tests.stores.doors import open_door
from tests.stores.payloads import shopify_order, standard_order, woo_order

Verdict = Callable[[], str]


@pytest.fixture
def verdict(charlie: Person, store: Store) -> Verdict:
    """What the gate says to Charlie: "may write", or the code of the refusal."""

    def ask() -> str:
        store.refresh_from_db()
        found = purchase_proof(user=charlie.user, store=store)
        if isinstance(found, Proof):
            return "may write"
        assert isinstance(found.problem, Problem)
        assert found.problem.code == found.code
        return found.code

    return ask


def days_ago(days: float) -> Any:
    return clock.now() - timedelta(days=days)


def test_nobody_is_asked_to_sign_in(store: Store) -> None:
    found = purchase_proof(user=None, store=store)
    assert isinstance(found, Refusal)
    assert (found.code, found.problem.status) == ("not_signed_in", 401)


def test_who_bought_nothing_is_no_buyer(verdict: Verdict) -> None:
    assert verdict() == "not_a_buyer"


@pytest.mark.parametrize(
    ("status", "paid", "expected"),
    [
        (OrderStatus.PAID, True, "may write"),
        (OrderStatus.PARTIALLY_REFUNDED, True, "may write"),
        (OrderStatus.PENDING, False, "not_a_buyer"),
        (OrderStatus.CANCELLED, False, "not_a_buyer"),
        (OrderStatus.CANCELLED, True, "purchase_refunded"),
        (OrderStatus.REFUNDED, True, "purchase_refunded"),
        (OrderStatus.REFUNDED, False, "purchase_refunded"),
    ],
)
def test_what_an_order_is_decides(
    charlie: Person, store: Store, verdict: Verdict, status: OrderStatus, paid: bool, expected: str
) -> None:
    make_order(user=charlie.user, store=store, status=status, paid_at=days_ago(3) if paid else None)
    assert verdict() == expected


@pytest.mark.parametrize("status", list(OrderStatus))
def test_a_test_order_proves_nothing_whatever_it_is(
    charlie: Person, store: Store, verdict: Verdict, status: OrderStatus
) -> None:
    make_order(user=charlie.user, store=store, status=status, test=True)
    assert verdict() == "not_a_buyer"


def test_an_order_that_is_only_authorized_is_no_purchase(
    alice: Person, store: Store, charlie: Person, verdict: Verdict
) -> None:
    door = open_door(alice, "shopify")
    door.send(shopify_order(financial_status="authorized", email=charlie.user.email))
    run_jobs()
    assert Order.objects.get().user == charlie.user
    assert verdict() == "not_a_buyer"
    captured = {"financial_status": "paid", "updated_at": "2026-03-01T18:00:00+01:00"}
    door.send(shopify_order(email=charlie.user.email, **captured))
    run_jobs()
    assert verdict() == "may write"


def test_cash_on_delivery_makes_a_buyer_when_it_is_paid(
    alice: Person, store: Store, charlie: Person, verdict: Verdict
) -> None:
    door = open_door(alice, "woocommerce")
    told: dict[str, Any] = {"payment_method": "cod", "billing": {"email": charlie.user.email}}
    door.send(woo_order(date_paid_gmt=None, **told))
    run_jobs()
    assert verdict() == "not_a_buyer"
    door.send(woo_order(status="completed", date_modified_gmt="2026-03-03T12:00:00", **told))
    run_jobs()
    assert verdict() == "may write"


def test_another_stores_order_is_no_proof(erin: Person, charlie: Person, verdict: Verdict) -> None:
    make_order(user=charlie.user, store=Store.objects.get(handle="bookshop"))
    assert verdict() == "not_a_buyer"


def test_another_persons_order_is_no_proof(newcomer: Newcomer, store: Store, verdict: Verdict) -> None:
    make_order(user=newcomer("Mia").user, store=store)
    make_order(user=None, store=store, email="charlie@example.org")
    assert verdict() == "not_a_buyer"


def test_one_kept_purchase_outweighs_one_that_went_back(charlie: Person, store: Store, verdict: Verdict) -> None:
    make_order(user=charlie.user, store=store, status=OrderStatus.REFUNDED)
    assert verdict() == "purchase_refunded"
    make_order(user=charlie.user, store=store)
    assert verdict() == "may write"


def test_a_store_may_ask_for_a_recent_purchase(charlie: Person, store: Store, verdict: Verdict) -> None:
    make_order(user=charlie.user, store=store, paid_at=days_ago(31))
    Store.objects.update(buyers_within_days=30)
    assert verdict() == "purchase_too_old"
    Store.objects.update(buyers_within_days=32)
    assert verdict() == "may write"
    Store.objects.update(buyers_within_days=30)
    make_order(user=charlie.user, store=store, paid_at=days_ago(29))
    assert verdict() == "may write"


def test_a_recent_refund_does_not_make_an_old_purchase_young(charlie: Person, store: Store, verdict: Verdict) -> None:
    Store.objects.update(buyers_within_days=30)
    make_order(user=charlie.user, store=store, paid_at=days_ago(90))
    make_order(user=charlie.user, store=store, paid_at=days_ago(1), status=OrderStatus.REFUNDED)
    assert verdict() == "purchase_too_old"


def test_an_order_without_a_payment_date_counts_from_when_it_was_placed(
    charlie: Person, store: Store, verdict: Verdict
) -> None:
    Store.objects.update(buyers_within_days=30)
    row = make_order(user=charlie.user, store=store, paid_at=None, placed_at=days_ago(40))
    assert verdict() == "purchase_too_old"
    Order.objects.filter(pk=row.pk).update(placed_at=None)
    assert verdict() == "may write", "all that is known is when it was told"


@pytest.mark.parametrize("status", [StoreStatus.SUSPENDED, StoreStatus.REJECTED, StoreStatus.APPLIED])
def test_nobody_writes_in_a_store_that_is_not_open(
    charlie: Person, store: Store, verdict: Verdict, status: StoreStatus
) -> None:
    make_order(user=charlie.user, store=store)
    Store.objects.update(status=status)
    assert verdict() == "store_suspended"


def test_the_proof_tells_since_when_and_the_last_thing_bought(charlie: Person, store: Store) -> None:
    first, last, back = days_ago(300), days_ago(20), days_ago(10)
    make_order(user=charlie.user, store=store, paid_at=first, product_title="Teapot")
    newest = make_order(user=charlie.user, store=store, paid_at=last, product_title="Oolong")
    make_order(user=charlie.user, store=store, paid_at=back, product_title="Kettle", status=OrderStatus.REFUNDED)
    found = purchase_proof(user=charlie.user, store=store)
    assert found == Proof(since=first, product="Oolong", order_id=newest.pk)


def test_the_gate_asks_one_question_of_the_database(charlie: Person, store: Store) -> None:
    for _ in range(3):
        make_order(user=charlie.user, store=store)
    with CaptureQueriesContext(connection) as queries:
        purchase_proof(user=charlie.user, store=store)
    assert len(queries) == 1


def test_the_gate_finds_its_orders_by_index(charlie: Person, store: Store) -> None:
    Order.objects.bulk_create(
        Order(store=store, platform="csv", external_id=str(number), status=OrderStatus.PAID) for number in range(3_000)
    )
    make_order(user=charlie.user, store=store)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE stores_order")
        facts = facts_sql("%(viewer)s")
        sql = f"EXPLAIN SELECT facts.* FROM stores_store s, LATERAL ({facts}) facts WHERE s.id = %(store)s"
        cursor.execute(sql, {"viewer": charlie.id, "store": store.pk})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "order_proof" in plan


@pytest.mark.parametrize("had_refunded", [True, False])
def test_the_judgement_alone_says_the_same(had_refunded: bool) -> None:
    now = clock.now()
    nothing = Facts(order_id=None, since=None, latest=None, product=None, had_refunded=had_refunded)
    assert judge_facts(nothing, within_days=None, now=now) == ("purchase_refunded" if had_refunded else "not_a_buyer")
    bought = Facts(order_id=1, since=now - timedelta(days=9), latest=now, product="Tea", had_refunded=had_refunded)
    assert judge_facts(bought, within_days=1, now=now) is None
    assert judge_facts(bought, within_days=1, now=now + timedelta(days=1, seconds=1)) == "purchase_too_old"


# --- /me/purchases ----------------------------------------------------------------------------------------------


def test_one_sees_where_one_bought_and_whether_one_may_comment(
    alice: Person, store: Store, erin: Person, charlie: Person, newcomer: Newcomer
) -> None:
    bookshop = Store.objects.get(handle="bookshop")
    flowers = make_store(owner=newcomer("Flora"), handle="flowers", buyers_within_days=30)
    make_order(user=charlie.user, store=bookshop, status=OrderStatus.REFUNDED, product_title="Novel")
    make_order(user=charlie.user, store=flowers, paid_at=days_ago(60), product_title="Rose")
    make_order(user=charlie.user, store=store, paid_at=days_ago(60), product_title="Teapot")
    make_order(user=charlie.user, store=store, paid_at=days_ago(2), product_title="Oolong")
    answer = charlie.get("/me/purchases")
    assert answer.status_code == 200
    rows = answer.json()["items"]
    assert [(row["store"]["handle"], row["product"], row["can_comment"], row["why_not"]) for row in rows] == [
        ("teahouse", "Oolong", True, None),
        ("flowers", "Rose", False, "purchase_too_old"),
        ("bookshop", "", False, "purchase_refunded"),
    ]
    assert rows[0]["since"].startswith(days_ago(60).date().isoformat())
    assert rows[2]["since"] is None


def test_what_is_no_purchase_is_not_listed(store: Store, charlie: Person, erin: Person, newcomer: Newcomer) -> None:
    make_order(user=charlie.user, store=store, status=OrderStatus.PENDING, paid_at=None)
    make_order(user=charlie.user, store=store, test=True)
    make_order(user=newcomer("Mia").user, store=Store.objects.get(handle="bookshop"))
    assert charlie.get("/me/purchases").json() == {"items": [], "next_cursor": None}


def test_a_suspended_store_is_not_listed(store: Store, charlie: Person) -> None:
    make_order(user=charlie.user, store=store)
    assert len(charlie.get("/me/purchases").json()["items"]) == 1
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert charlie.get("/me/purchases").json()["items"] == []


def test_purchases_are_paged_without_a_gap_or_a_repetition(alice: Person, charlie: Person) -> None:
    for number in range(7):
        place = make_store(owner=alice, handle=f"store_{number}")
        make_order(user=charlie.user, store=place)
    for number in (2, 5):
        make_order(user=charlie.user, store=Store.objects.get(handle=f"store_{number}"))
    seen, path = [], "/me/purchases?limit=3"
    while path:
        page = charlie.get(path).json()
        seen += [row["store"]["handle"] for row in page["items"]]
        path = page["next_cursor"] and f"/me/purchases?limit=3&cursor={page['next_cursor']}"
    assert seen == [f"store_{number}" for number in (5, 2, 6, 4, 3, 1, 0)]


def test_purchases_are_ones_own(anonymous: Person, store: Store) -> None:
    assert anonymous.get("/me/purchases").status_code == 401


def test_an_order_delivered_by_webhook_shows_up(alice: Person, store: Store, charlie: Person) -> None:
    open_door(alice, "standard").send(standard_order(email=charlie.user.email))
    run_jobs()
    (row,) = charlie.get("/me/purchases").json()["items"]
    assert (row["store"]["handle"], row["product"], row["can_comment"]) == ("teahouse", "Tea", True)
    assert row["since"] == "2026-03-01T12:01:00Z"
