"""Who works in a store, and what each may do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from pytest_django.fixtures import Settings

from stores.models import Role, Staff, Store, StoreStatus
from stores.roles import ALLOWED, Action, NotStaff, require, role_of
from tests.conftest import Newcomer
from tests.people import Person, make_staff, problem
from tests.stores.conftest import AtOnce

STAFF = "/stores/teahouse/staff"


def roles(store: Store) -> dict[str, str]:
    """Who has which role."""
    return {staff.user.display_name: staff.role for staff in Staff.objects.filter(store=store).select_related("user")}


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (Role.OWNER, set(Action)),
        (Role.EDITOR, {Action.POST, Action.HOST, Action.ANSWER, Action.MODERATE, Action.ANALYTICS}),
        (Role.MODERATOR, {Action.ANSWER, Action.MODERATE}),
        (Role.ANALYST, {Action.ANALYTICS}),
    ],
)
def test_each_role_may_do_what_the_table_says(
    newcomer: Newcomer, store: Store, role: Role, actions: set[Action]
) -> None:
    person = newcomer("Rita")
    make_staff(user=person.user, store=store, role=role)
    for action in Action:
        if action in actions:
            assert require(user=person.user, store=store, action=action) == role
        else:
            with pytest.raises(NotStaff):
                require(user=person.user, store=store, action=action)


def test_the_table_knows_every_role() -> None:
    assert set(ALLOWED) == set(Role)


def test_a_role_in_one_store_is_none_in_another(erin: Person, charlie: Person, paula: Person, store: Store) -> None:
    assert role_of(user=None, store=store) is None
    for person in (erin, charlie, paula):
        assert role_of(user=person.user, store=store) is None
        with pytest.raises(NotStaff):
            require(user=person.user, store=store, action=Action.ANALYTICS)


def test_the_owner_adds_people_by_verified_address_or_number(
    alice: Person, charlie: Person, newcomer: Newcomer, store: Store
) -> None:
    by_address = alice.post(STAFF, {"email": "Charlie@Example.ORG", "role": "editor"})
    assert by_address.status_code == 201, by_address.text
    assert by_address.json()["user"] == {"id": charlie.id, "name": "Charlie", "avatar": None}
    dora = newcomer("Dora")
    assert alice.post(STAFF, {"user_id": dora.id, "role": "analyst"}).json()["role"] == "analyst"
    listed = alice.get(STAFF).json()["items"]
    assert [(staff["user"]["name"], staff["role"]) for staff in listed] == [
        ("Alice", "owner"),
        ("Charlie", "editor"),
        ("Dora", "analyst"),
    ]
    assert charlie.get("/stores/teahouse").json()["viewer"]["role"] == "editor"
    assert "example.org" not in alice.get(STAFF).text  # numbers do not lead to addresses


def test_only_verified_and_active_people_can_be_added(alice: Person, newcomer: Newcomer, store: Store) -> None:
    unverified, banned = newcomer("Una"), newcomer("Ben", is_active=False)
    EmailAddress.objects.filter(user=unverified.user).update(verified=False)
    bodies: list[dict[str, Any]] = [
        {"email": "una@example.org"},
        {"user_id": unverified.id},
        {"email": "ben@example.org"},
        {"user_id": banned.id},
        {"email": "nobody@example.org"},
        {"user_id": 10**15},
        {"user_id": 10**30},
    ]
    for body in bodies:
        assert problem(alice.post(STAFF, body | {"role": "editor"})) == (422, "no_such_person"), body
    assert roles(store) == {"Alice": "owner"}


@pytest.mark.parametrize(
    "body",
    [
        {"role": "editor"},
        {"role": "editor", "email": "charlie@example.org", "user_id": 1},
        {"role": "boss", "user_id": 1},
        {"user_id": 1},
        {"role": "editor", "user_id": "x"},
        {"role": "editor", "email": "c\u0000@example.org" * 30},
    ],
)
def test_one_person_and_a_known_role_are_needed(alice: Person, store: Store, body: dict[str, Any]) -> None:
    assert problem(alice.post(STAFF, body)) == (422, "invalid")


def test_nobody_has_two_roles(alice: Person, bob: Person, store: Store) -> None:
    assert problem(alice.post(STAFF, {"user_id": bob.id, "role": "analyst"})) == (409, "already_staff")
    assert roles(store)["Bob"] == "editor"


def test_the_owner_changes_roles_and_removes_people(alice: Person, bob: Person, store: Store) -> None:
    assert alice.patch(f"{STAFF}/{bob.id}", {"role": "moderator"}).json()["role"] == "moderator"
    assert roles(store)["Bob"] == "moderator"
    assert alice.delete(f"{STAFF}/{bob.id}").status_code == 204
    assert roles(store) == {"Alice": "owner"}
    assert problem(alice.delete(f"{STAFF}/{bob.id}")) == (404, "not_found")
    assert problem(alice.patch(f"{STAFF}/{bob.id}", {"role": "editor"})) == (404, "not_found")


@pytest.mark.parametrize("user_id", [0, -1, 10**15, 10**30])
def test_a_number_that_is_nobodys_is_not_found(alice: Person, store: Store, user_id: int) -> None:
    assert problem(alice.patch(f"{STAFF}/{user_id}", {"role": "editor"})) == (404, "not_found")
    assert problem(alice.delete(f"{STAFF}/{user_id}")) == (404, "not_found")


def test_only_the_owner_manages_staff(
    alice: Person, everybody_but_the_owner: dict[str, Person], anonymous: Person, store: Store
) -> None:
    before = roles(store)
    for who, person in everybody_but_the_owner.items():
        attempts = [
            person.get(STAFF),
            person.post(STAFF, {"user_id": person.id, "role": "owner"}),
            person.patch(f"{STAFF}/{person.id}", {"role": "owner"}),
            person.patch(f"{STAFF}/{alice.id}", {"role": "analyst"}),
            person.delete(f"{STAFF}/{alice.id}"),
        ]
        assert [problem(answer) for answer in attempts] == [(403, "not_staff")] * 5, who
    for attempt in (
        anonymous.get(STAFF),
        anonymous.post(STAFF, {"user_id": alice.id, "role": "owner"}),
        anonymous.patch(f"{STAFF}/{alice.id}", {"role": "analyst"}),
        anonymous.delete(f"{STAFF}/{alice.id}"),
    ):
        assert problem(attempt) == (401, "not_signed_in")
    assert roles(store) == before


def test_another_stores_staff_is_out_of_reach(alice: Person, erin: Person, bob: Person, store: Store) -> None:
    assert problem(erin.delete(f"/stores/bookshop/staff/{bob.id}")) == (404, "not_found")
    assert problem(erin.patch(f"/stores/bookshop/staff/{alice.id}", {"role": "analyst"})) == (404, "not_found")
    assert roles(store) == {"Alice": "owner", "Bob": "editor"}


def test_everybody_may_leave(bob: Person, mona: Person, ann: Person, alice: Person, store: Store) -> None:
    for person in (bob, mona, ann):
        assert person.delete(f"{STAFF}/{person.id}").status_code == 204
    assert roles(store) == {"Alice": "owner"}


def test_a_stranger_cannot_leave_what_they_are_not_in(charlie: Person, store: Store) -> None:
    assert problem(charlie.delete(f"{STAFF}/{charlie.id}")) == (403, "not_staff")


def test_the_last_owner_stays(alice: Person, bob: Person, store: Store) -> None:
    assert problem(alice.delete(f"{STAFF}/{alice.id}")) == (409, "last_owner")
    assert problem(alice.patch(f"{STAFF}/{alice.id}", {"role": "editor"})) == (409, "last_owner")
    assert alice.patch(f"{STAFF}/{alice.id}", {"role": "owner"}).status_code == 200
    alice.patch(f"{STAFF}/{bob.id}", {"role": "owner"})
    assert alice.delete(f"{STAFF}/{alice.id}").status_code == 204
    assert roles(store) == {"Bob": "owner"}


def test_an_owner_who_cannot_sign_in_is_no_owner_to_leave_behind(alice: Person, bob: Person, store: Store) -> None:
    alice.patch(f"{STAFF}/{bob.id}", {"role": "owner"})
    bob.user.is_active = False
    bob.user.save()
    assert problem(alice.delete(f"{STAFF}/{alice.id}")) == (409, "last_owner")


def test_two_owners_who_remove_each_other_at_once_leave_one(
    alice: Person, bob: Person, store: Store, at_once: AtOnce
) -> None:
    for _ in range(5):
        Staff.objects.update_or_create(store=store, user=alice.user, defaults={"role": Role.OWNER})
        Staff.objects.update_or_create(store=store, user=bob.user, defaults={"role": Role.OWNER})
        at_once(
            [
                lambda: alice.patch(f"{STAFF}/{alice.id}", {"role": "editor"}),
                lambda: bob.delete(f"{STAFF}/{bob.id}"),
            ]
        )
        assert list(roles(store).values()).count("owner") == 1


def test_a_store_has_a_limit_of_staff(alice: Person, newcomer: Newcomer, settings: Settings, store: Store) -> None:
    settings.LIMITS = replace(settings.LIMITS, staff_per_store=2)
    assert alice.post(STAFF, {"user_id": newcomer("Dora").id, "role": "editor"}).status_code == 201
    assert problem(alice.post(STAFF, {"user_id": newcomer("Emil").id, "role": "editor"})) == (409, "staff_limit")


def test_addresses_cannot_be_tried_out_in_bulk(alice: Person, settings: Settings, store: Store) -> None:
    settings.LIMITS = replace(settings.LIMITS, staff_adds_rate="3/hour")
    tried = [alice.post(STAFF, {"email": f"guess{n}@example.org", "role": "editor"}) for n in range(4)]
    assert [problem(answer)[1] for answer in tried] == ["no_such_person"] * 3 + ["rate_limited"]


def test_an_applicant_cannot_try_addresses(alice: Person, charlie: Person, store: Store) -> None:
    Store.objects.update(status=StoreStatus.APPLIED)
    answer = alice.post(STAFF, {"email": "charlie@example.org", "role": "editor"})
    assert problem(answer) == (403, "store_not_approved")


def test_a_removed_person_loses_the_role_on_the_next_request(alice: Person, bob: Person, store: Store) -> None:
    alice.patch(f"{STAFF}/{bob.id}", {"role": "owner"})
    assert bob.patch("/stores/teahouse", {"about": "Mine."}).status_code == 200
    alice.delete(f"{STAFF}/{bob.id}")
    assert problem(bob.patch("/stores/teahouse", {"about": "Still mine."})) == (403, "not_staff")
