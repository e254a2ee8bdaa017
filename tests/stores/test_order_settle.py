"""Versions and refunds of an order, in any order and however often, settle into one state."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.orders.facts import Event, OrderFacts, RefundFacts, Status
from stores.orders.settle import OrderState, Settlement, dump, fold, fold_all, is_purchase, load, settle, supersedes
from tests.stores.payloads import NOON, item, order, refund

STATES: tuple[Status, ...] = ("pending", "paid", "partially_refunded", "refunded", "cancelled")


def settled(*events: Event) -> Settlement:
    state = fold_all(events)
    assert state is not None
    return settle(state)


sums = st.integers(0, 5_000).map(lambda cents: Decimal(cents) / 100)
refunds = st.builds(
    RefundFacts,
    external_id=st.sampled_from(["r1", "r2", "r3"]),
    order_external_id=st.just("1007"),
    amount=sums,
    currency=st.sampled_from(["EUR", "EUR", "", "USD"]),
    at=st.none() | st.integers(0, 3).map(lambda days: NOON + timedelta(days=days)),
    lines=st.lists(st.tuples(st.sampled_from(["1", "2", "3"]), st.integers(0, 2)), max_size=3).map(tuple),
)
versions = st.builds(
    order,
    st.integers(0, 2),  # few minutes, so that clocks often tie
    st.sampled_from(STATES),
    total=st.sampled_from(["39.00", "0.00", "10"]),
    email=st.sampled_from(["ana@example.com", "bea@example.com"]),
    refunds=st.lists(refunds, max_size=2).map(tuple),
    refunded=sums,
    items=st.sampled_from([(), (item("1"), item("2", 2))]),
    test=st.booleans(),
)
events = st.lists(versions | refunds, min_size=1, max_size=6)


@given(events=events, data=st.data())
@settings(max_examples=400, deadline=None)
def test_any_permutation_and_repetition_ends_in_the_same_state(events: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=6))))
    one, other = fold_all(events), fold_all(shuffled)
    assert one == other
    assert one is not None
    assert other is not None
    assert settle(one) == settle(other)


@given(events=events)
@settings(max_examples=200, deadline=None)
def test_folding_what_is_known_changes_nothing(events: list[Event]) -> None:
    state = fold_all(events)
    for event in events:
        assert fold(state, event) == state


@given(events=events)
@settings(max_examples=200, deadline=None)
def test_a_stored_state_reads_back_equal_and_goes_on_alike(events: list[Event]) -> None:
    state: OrderState | None = None
    stored: OrderState | None = None
    for event in events:
        state, stored = fold(state, event), load(dump(fold(stored, event)))
    assert state == stored


@given(events=events)
@settings(max_examples=200, deadline=None)
def test_what_is_settled_makes_sense(events: list[Event]) -> None:
    state = fold_all(events)
    assert state is not None
    found = settle(state)
    assert 0 <= found.refunded_total <= (state.order.total if state.order else 0)
    if found.purchase:
        assert state.order is not None
        assert state.order.state in ("paid", "partially_refunded")
        assert not state.order.test
        assert found.refunded_total < state.order.total or state.order.total == 0
    if found.status in ("refunded", "cancelled"):
        assert found.kept_items == ()


def test_a_late_old_update_changes_nothing() -> None:
    now, late = order(minute=5, state="cancelled"), order(minute=1, state="paid", email="old@example.com")
    assert fold_all([now, late]) == fold_all([now])


def test_a_late_old_update_still_brings_its_refunds() -> None:
    found = settled(order(minute=5), order(minute=1, refunds=(refund("r1", "39.00"),)))
    assert (found.status, found.purchase) == ("refunded", False)


def test_the_newer_version_wins_whole() -> None:
    state = fold_all([order(minute=1, email="old@example.com"), order(minute=2, email="new@example.com")])
    assert state is not None
    assert state.order is not None
    assert state.order.email == "new@example.com"


def test_a_reopened_order_counts_again() -> None:
    assert settled(order(minute=1, state="cancelled"), order(minute=2, state="paid")).purchase


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [("pending", "paid"), ("paid", "partially_refunded"), ("paid", "cancelled"), ("cancelled", "refunded")],
)
def test_at_equal_clocks_the_more_final_claim_wins(weaker: Status, stronger: Status) -> None:
    assert supersedes(order(state=stronger), order(state=weaker))
    assert not supersedes(order(state=weaker), order(state=stronger))


def test_at_equal_clocks_and_claims_one_of_two_wins_whatever_came_first() -> None:
    one, other = order(email="one@example.com"), order(email="other@example.com")
    assert supersedes(one, other) != supersedes(other, one)
    assert not supersedes(one, order(email="one@example.com", total="39.0000"))


def test_a_refund_that_comes_first_waits_and_then_counts() -> None:
    early = fold(None, refund("r1", "39.00"))
    assert (early.order, settle(early)) == (None, Settlement("pending", Decimal(0), (), False))
    assert settle(fold(early, order())).status == "refunded"


def test_refunds_that_reach_the_total_revoke_though_the_order_still_says_paid() -> None:
    partly = settled(order(), refund("r1", "19.00"))
    assert (partly.status, partly.refunded_total, partly.purchase) == ("partially_refunded", Decimal("19.00"), True)
    wholly = settled(order(), refund("r1", "19.00"), refund("r2", "20.00"))
    assert (wholly.status, wholly.refunded_total, wholly.purchase) == ("refunded", Decimal("39.00"), False)


def test_the_same_refund_told_twice_counts_once() -> None:
    found = settled(order(refunds=(refund("r1", "20.00"),)), refund("r1", "20.00"), refund("r1", "20.00"))
    assert (found.status, found.refunded_total) == ("partially_refunded", Decimal("20.00"))


def test_a_refund_grows_as_its_parts_succeed() -> None:
    assert settled(order(), refund("r1", "39.00"), refund("r1", "10.00")).status == "refunded"


def test_a_whole_sum_told_by_the_order_is_not_added_to_the_single_refunds() -> None:
    found = settled(order(refunded=Decimal("20.00")), refund("r1", "20.00"))
    assert (found.status, found.refunded_total) == ("partially_refunded", Decimal("20.00"))
    assert settled(order(refunded=Decimal("39.00"))).status == "refunded"


def test_a_refund_in_another_currency_is_not_weighed_against_the_total() -> None:
    found = settled(order(), refund("r1", "5000", currency="JPY"))
    assert (found.status, found.refunded_total) == ("partially_refunded", Decimal(0))


def test_an_order_called_refunded_is_refunded_whole() -> None:
    found = settled(order(state="refunded"))
    assert (found.status, found.refunded_total, found.purchase) == ("refunded", Decimal("39.00"), False)


def test_a_cancelled_order_is_no_purchase() -> None:
    found = settled(order(state="cancelled"))
    assert (found.status, found.purchase, found.kept_items) == ("cancelled", False, ())


def test_a_part_paid_back_before_payment_leaves_the_order_pending() -> None:
    assert settled(order(state="pending"), refund("r1", "5.00")).status == "pending"


def test_a_free_order_counts_until_everything_is_taken_back() -> None:
    free = order(total="0.00")
    assert settled(free).purchase
    assert settled(free, refund("r1", "0", lines=(("1", 1),))).purchase
    assert settled(free, refund("r1", "0", lines=(("1", 1), ("2", 2)))).status == "refunded"


def test_a_test_order_is_never_a_purchase() -> None:
    found = settled(order(test=True))
    assert (found.status, found.purchase) == ("paid", False)


def test_items_are_kept_until_all_of_their_pieces_are_back() -> None:
    bought = order()  # one of line 1, two of line 2
    one_back = refund("r1", "5.00", lines=(("1", 1), ("2", 1)))
    rest_back = refund("r2", "5.00", lines=(("2", 1),))
    assert [kept.external_id for kept in settled(bought, one_back).kept_items] == ["2"]
    assert settled(bought, one_back, rest_back).kept_items == ()
    assert settled(bought, refund("r1", "1.00", lines=(("2", 1), ("2", 1)))).kept_items == (item("1"),)


def test_events_of_two_orders_are_never_mixed() -> None:
    state = fold(None, order())
    with pytest.raises(ValueError, match="2000"):
        fold(state, order(order_id="2000"))
    with pytest.raises(ValueError, match="2000"):
        fold(state, refund(order_id="2000"))
    with pytest.raises(ValueError, match="1007"):
        fold(None, order(refunds=(refund(order_id="2000"),)))


def test_only_paid_and_partly_refunded_orders_are_purchases() -> None:
    assert [state for state in STATES if is_purchase(state)] == ["paid", "partially_refunded"]


def test_no_events_are_no_state() -> None:
    assert fold_all([]) is None


def test_an_order_was_bought_when_it_was_paid_or_else_placed() -> None:
    assert order().bought_at == NOON
    assert order(paid_at=NOON + timedelta(hours=1)).bought_at == NOON + timedelta(hours=1)


def test_a_version_in_a_state_holds_no_refunds_of_its_own() -> None:
    state = fold(None, order(refunds=(refund(),)))
    assert isinstance(state.order, OrderFacts)
    assert state.order.refunds == ()
    assert state.refunds == (refund(),)
