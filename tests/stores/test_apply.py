"""Applying for a store."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from stores.models import Role, Staff, Store, StoreStatus
from tests.conftest import Newcomer
from tests.people import Person, problem
from tests.stores.conftest import AtOnce

TEAHOUSE = {"handle": "teahouse", "name": "Tea House"}


def test_who_applies_owns_a_store_that_waits(alice: Person) -> None:
    answer = alice.post(
        "/stores",
        TEAHOUSE
        | {
            "category": "drinks",
            "about": "武夷山茶",
            "city": "福州",
            "language": "zh-hans",
            "time_zone": "Asia/Shanghai",
            "application": "We sell tea since 1998.",
        },
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told | {"created_at": ""} == {
        "handle": "teahouse",
        "name": "Tea House",
        "category": "drinks",
        "about": "武夷山茶",
        "city": "福州",
        "language": "zh-hans",
        "avatar": None,
        "cover": None,
        "verified": False,
        "followers": 0,
        "created_at": "",
        "viewer": {"following": False, "muted": False, "notify": None, "role": "owner"},
        "status": "applied",
        "settings": {
            "time_zone": "Asia/Shanghai",
            "buyers_within_days": None,
            "hold_first_comments": False,
            "application": "We sell tea since 1998.",
        },
    }
    assert Staff.objects.get().user == alice.user
    assert alice.get("/stores/teahouse").json() == told


def test_the_language_is_ones_own_when_left_out(newcomer: Newcomer) -> None:
    assert newcomer("Lin", language="zh-hant").post("/stores", TEAHOUSE).json()["language"] == "zh-hant"


def test_nobody_cannot_apply(anonymous: Person) -> None:
    assert problem(anonymous.post("/stores", TEAHOUSE)) == (401, "not_signed_in")
    assert not Store.objects.exists()


@pytest.mark.parametrize("status", [StoreStatus.APPLIED, StoreStatus.REJECTED, StoreStatus.SUSPENDED])
def test_a_store_that_is_not_approved_exists_only_for_its_staff_and_the_platform(
    store: Store, alice: Person, ann: Person, charlie: Person, paula: Person, anonymous: Person, status: StoreStatus
) -> None:
    store.status = status
    store.save()
    assert problem(charlie.get("/stores/teahouse")) == (404, "not_found")
    assert problem(anonymous.get("/stores/teahouse")) == (404, "not_found")
    for insider in (alice, ann, paula):
        assert insider.get("/stores/teahouse").json()["status"] == status


def test_a_handle_is_given_once(alice: Person, charlie: Person) -> None:
    assert alice.post("/stores", TEAHOUSE).status_code == 201
    assert problem(charlie.post("/stores", TEAHOUSE | {"name": "Mine"})) == (409, "handle_taken")
    assert Store.objects.get().name == "Tea House"


def test_one_of_many_who_want_a_handle_at_once_gets_it(newcomer: Newcomer, at_once: AtOnce) -> None:
    people = [newcomer(f"Person {n}") for n in range(12)]
    answers = at_once([partial(person.post, "/stores", TEAHOUSE) for person in people])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert Store.objects.count() == Staff.objects.filter(role=Role.OWNER).count() == 1


@pytest.mark.parametrize("handle", ["admin", "stores", "backyard", "me"])
def test_the_platforms_own_names_are_not_given_away(alice: Person, handle: str) -> None:
    status, _ = problem(answer := alice.post("/stores", TEAHOUSE | {"handle": handle}))
    assert status == 422
    assert answer.json()["errors"][0]["field"] == "handle"
    assert not Store.objects.exists()


def test_a_reserved_handle_is_told_apart(alice: Person) -> None:
    assert problem(alice.post("/stores", TEAHOUSE | {"handle": "official"})) == (422, "handle_reserved")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("handle", "no"),
        ("handle", "x" * 31),
        ("handle", "Tea"),
        ("handle", "tea house"),
        ("handle", "teahouse\n"),
        ("handle", "茶馆茶馆"),
        ("name", ""),
        ("name", " \u202e \n"),
        ("name", "x" * 81),
        ("about", "x" * 2001),
        ("category", "weapons"),
        ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Asia"),
        ("verified", True),
        ("status", "approved"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(alice: Person, field: str, value: Any) -> None:
    answer = alice.post("/stores", TEAHOUSE | {field: value})
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == field
    assert not Store.objects.exists()


def test_texts_are_stored_plain(alice: Person) -> None:
    told = alice.post(
        "/stores", TEAHOUSE | {"name": " Tea\u202e \t House ", "about": "<b>Cafe\u0301</b>\r\nopen"}
    ).json()
    assert told["name"] == "Tea House"
    assert told["about"] == "<b>Café</b>\nopen"


def test_applications_are_counted_but_not_the_search_for_a_free_handle(
    alice: Person, charlie: Person, settings: Settings
) -> None:
    settings.LIMITS = replace(settings.LIMITS, applications_rate="2/day")
    charlie.post("/stores", TEAHOUSE)
    for _ in range(4):
        assert problem(alice.post("/stores", TEAHOUSE)) == (409, "handle_taken")
    for number in (1, 2):
        assert alice.post("/stores", TEAHOUSE | {"handle": f"tea_{number}"}).status_code == 201
    refused = alice.post("/stores", TEAHOUSE | {"handle": "tea_3"})
    assert problem(refused) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert Store.objects.filter(staff__user=alice.user).count() == 2


def test_a_retried_application_is_one(alice: Person) -> None:
    first, again = (alice.post("/stores", TEAHOUSE, headers={"Idempotency-Key": "apply-1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Store.objects.count() == 1
