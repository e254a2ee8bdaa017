"""The platform's decisions about stores, and what a suspension does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import httpx
import pytest

from stores.models import Decision, Review, Store, StoreStatus
from stores.services.reviews import TRANSITIONS
from tests.people import Person, problem
from tests.stores.conftest import AtOnce, Deferred

LEGAL = {
    ("applied", "approved"): "approved",
    ("applied", "rejected"): "rejected",
    ("rejected", "approved"): "approved",
    ("approved", "suspended"): "suspended",
    ("suspended", "restored"): "approved",
}


def decide(person: Person, decision: str, reason: str = "Checked.") -> httpx.Response:
    """A decision about the tea house."""
    return person.post("/stores/teahouse/reviews", {"decision": decision, "reason": reason})


def put(store: Store, status: str) -> None:
    """Puts the store into a status."""
    Store.objects.filter(pk=store.pk).update(status=status)


def test_an_approved_store_can_be_found_and_followed(paula: Person, alice: Person, charlie: Person) -> None:
    alice.post("/stores", {"handle": "teahouse", "name": "Tea House"})
    assert problem(charlie.put("/stores/teahouse/follow")) == (404, "not_found")
    answer = decide(paula, "approved", "Licence seen.")
    assert answer.status_code == 201, answer.text
    assert answer.json()["reason"] == "Licence seen."
    assert charlie.get("/stores/teahouse").status_code == 200
    assert charlie.put("/stores/teahouse/follow").status_code == 200


@pytest.mark.parametrize("status", list(StoreStatus))
@pytest.mark.parametrize("decision", list(Decision))
def test_a_decision_fits_the_status_or_changes_nothing(
    paula: Person, store: Store, deferred: Deferred, status: StoreStatus, decision: Decision
) -> None:
    put(store, status)
    answer = decide(paula, decision)
    store.refresh_from_db()
    expected = LEGAL.get((status.value, decision.value))
    if expected is None:
        assert problem(answer) == (409, "wrong_status")
        assert (store.status, Review.objects.count()) == (status, 0)
        assert deferred("feed.store_status_changed") == []
    else:
        assert answer.status_code == 201
        assert store.status == expected
        review = Review.objects.get()
        assert (review.store, review.by, review.decision, review.reason) == (store, paula.user, decision, "Checked.")
        told = [{"store_id": store.pk}] if decision != Decision.REJECTED else []
        assert deferred("feed.store_status_changed") == told


def test_the_table_knows_every_decision() -> None:
    assert set(TRANSITIONS) == set(Decision)


def test_only_the_platform_decides(
    alice: Person, everybody_but_the_owner: dict[str, Person], anonymous: Person, store: Store
) -> None:
    for who, person in {"owner": alice, **everybody_but_the_owner}.items():
        assert problem(decide(person, "suspended")) == (403, "not_platform_staff"), who
    assert problem(decide(anonymous, "suspended")) == (401, "not_signed_in")
    store.refresh_from_db()
    assert (store.status, Review.objects.count()) == (StoreStatus.APPROVED, 0)


def test_a_decision_about_an_unknown_or_hidden_store_is_not_found(
    paula: Person, charlie: Person, erin: Person, store: Store
) -> None:
    put(store, "applied")
    for person in (charlie, erin):
        assert problem(decide(person, "approved")) == (404, "not_found")
    assert problem(paula.post("/stores/nosuch/reviews", {"decision": "approved", "reason": "x"})) == (404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "suspended"},
        {"decision": "suspended", "reason": " "},
        {"decision": "suspended", "reason": "x" * 2001},
        {"decision": "deleted", "reason": "x"},
        {"decision": "suspended", "reason": "x", "by": 1},
    ],
)
def test_a_decision_needs_a_reason_and_nothing_unknown(paula: Person, store: Store, body: dict[str, str]) -> None:
    assert problem(paula.post("/stores/teahouse/reviews", body)) == (422, "invalid")
    assert Review.objects.count() == 0


def test_one_of_many_same_decisions_at_once_counts(paula: Person, store: Store, at_once: AtOnce) -> None:
    for decision in ("suspended", "restored") * 4:
        answers = at_once([partial(decide, paula, decision)] * 8)
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert Review.objects.count() == 8


def test_the_owner_reads_why_and_the_platform_reads_who(
    alice: Person, paula: Person, everybody_but_the_owner: dict[str, Person], anonymous: Person, store: Store
) -> None:
    decide(paula, "suspended", "Forged licence.")
    decide(paula, "restored", "It was not.")
    mine = alice.get("/stores/teahouse/reviews").json()["items"]
    assert [(review["decision"], review["reason"], review["by"]) for review in mine] == [
        ("restored", "It was not.", None),
        ("suspended", "Forged licence.", None),
    ]
    theirs = paula.get("/stores/teahouse/reviews").json()["items"]
    assert {review["by"]["name"] for review in theirs} == {"Paula"}
    for who, person in everybody_but_the_owner.items():
        assert problem(person.get("/stores/teahouse/reviews")) == (403, "not_staff"), who
    assert problem(anonymous.get("/stores/teahouse/reviews")) == (401, "not_signed_in")


def test_decisions_are_paged(alice: Person, paula: Person, store: Store) -> None:
    for decision in ("suspended", "restored", "suspended"):
        decide(paula, decision)
    first = alice.get("/stores/teahouse/reviews?limit=2").json()
    second = alice.get(f"/stores/teahouse/reviews?limit=2&cursor={first['next_cursor']}").json()
    assert [review["decision"] for review in first["items"] + second["items"]] == ["suspended", "restored", "suspended"]
    assert second["next_cursor"] is None


def test_a_suspended_store_vanishes_for_shoppers(
    paula: Person, charlie: Person, erin: Person, anonymous: Person, store: Store
) -> None:
    charlie.put("/stores/teahouse/follow")
    decide(paula, "suspended")
    for person in (charlie, erin, anonymous):
        assert problem(person.get("/stores/teahouse")) == (404, "not_found")
        assert "teahouse" not in [found["handle"] for found in person.get("/stores?q=tea").json()["items"]]
    assert charlie.get("/me/following").json()["items"] == []
    assert problem(erin.put("/stores/teahouse/follow")) == (404, "not_found")
    assert problem(charlie.patch("/stores/teahouse/follow", {"muted": True})) == (404, "not_found")
    for path in ("staff", "reviews"):
        assert problem(charlie.get(f"/stores/teahouse/{path}")) == (404, "not_found")
    assert problem(erin.patch("/stores/teahouse", {"name": "Mine"})) == (404, "not_found")
    assert problem(erin.post("/stores/teahouse/staff", {"user_id": erin.id, "role": "owner"})) == (404, "not_found")


WRITES: dict[str, Callable[[Person, Person], httpx.Response]] = {
    "edit the profile": lambda alice, bob: alice.patch("/stores/teahouse", {"about": "!"}),
    "add staff": lambda alice, bob: alice.post("/stores/teahouse/staff", {"user_id": bob.id, "role": "editor"}),
    "change a role": lambda alice, bob: alice.patch(f"/stores/teahouse/staff/{bob.id}", {"role": "owner"}),
    "remove staff": lambda alice, bob: alice.delete(f"/stores/teahouse/staff/{bob.id}"),
    "leave": lambda alice, bob: bob.delete(f"/stores/teahouse/staff/{bob.id}"),
    "follow it": lambda alice, bob: bob.put("/stores/teahouse/follow"),
}


@pytest.mark.parametrize("what", WRITES)
def test_a_suspended_store_refuses_its_staffs_writes_at_once(
    paula: Person, alice: Person, bob: Person, store: Store, what: str
) -> None:
    decide(paula, "suspended")
    before = (alice.get("/stores/teahouse").json(), alice.get("/stores/teahouse/staff").json())
    assert before[0]["status"] == "suspended"
    assert problem(WRITES[what](alice, bob)) == (403, "store_suspended")
    assert (alice.get("/stores/teahouse").json(), alice.get("/stores/teahouse/staff").json()) == before
    decide(paula, "restored")
    assert WRITES["edit the profile"](alice, bob).status_code == 200


def test_leaving_a_suspended_store_alone_is_always_possible(paula: Person, charlie: Person, store: Store) -> None:
    charlie.put("/stores/teahouse/follow")
    decide(paula, "suspended")
    assert charlie.delete("/stores/teahouse/follow").json()["following"] is False
    assert problem(charlie.delete("/stores/teahouse/follow")) == (404, "not_found")
    decide(paula, "restored")
    assert charlie.get("/stores/teahouse").json()["followers"] == 0


def test_a_restored_store_has_its_followers_back(paula: Person, charlie: Person, store: Store) -> None:
    charlie.put("/stores/teahouse/follow")
    decide(paula, "suspended")
    decide(paula, "restored")
    assert [item["store"]["handle"] for item in charlie.get("/me/following").json()["items"]] == ["teahouse"]
    assert charlie.get("/stores/teahouse").json()["followers"] == 1
