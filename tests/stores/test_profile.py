"""Reading and editing a store's profile."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from stores.models import Store, StoreStatus
from stores.services import stores as services
from tests.people import Person, problem
from tests.stores.conftest import AtOnce, Deferred

PICTURE = {
    "width": 640,
    "height": 640,
    "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
    "variants": [
        {"name": "stores/1/a-320.webp", "width": 320, "height": 320, "format": "webp"},
        {"name": "stores/1/a-640.webp", "width": 640, "height": 640, "format": "webp"},
        {"name": "stores/1/a-320.jpg", "width": 320, "height": 320, "format": "jpeg"},
    ],
}


def test_anyone_reads_a_store_but_not_its_settings(anonymous: Person, charlie: Person, store: Store) -> None:
    told = anonymous.get("/stores/teahouse").json()
    assert (told["name"], told["viewer"], told["status"], told["settings"]) == ("Tea House", None, None, None)
    told = charlie.get("/stores/teahouse").json()
    assert told["viewer"] == {"following": False, "muted": False, "notify": None, "role": None}
    assert (told["status"], told["settings"]) == (None, None)


@pytest.mark.parametrize("handle", ["nosuchstore", "x", "tea%00house", "%F0%9F%8D%B5", "a" * 300])
def test_a_store_that_is_none_is_not_found(anonymous: Person, handle: str) -> None:
    assert problem(anonymous.get(f"/stores/{handle}")) == (404, "not_found")


def test_a_handle_is_read_in_any_case(anonymous: Person, store: Store) -> None:
    assert anonymous.get("/stores/TeaHouse").json()["handle"] == "teahouse"


def test_the_owner_changes_what_they_give_and_the_rest_stays(alice: Person, store: Store) -> None:
    given = {
        "name": "Cloud Tea",
        "category": "drinks",
        "about": "雲霧茶",
        "city": "台北",
        "language": "zh-hant",
        "time_zone": "Asia/Taipei",
        "buyers_within_days": 90,
        "hold_first_comments": True,
    }
    answer = alice.patch("/stores/teahouse", given)
    assert answer.status_code == 200, answer.text
    inner = {"time_zone", "buyers_within_days", "hold_first_comments"}
    told = alice.get("/stores/teahouse").json()
    assert told == answer.json()
    assert {field: (told["settings"] if field in inner else told)[field] for field in given} == given
    alice.patch("/stores/teahouse", {"city": "台中", "name": None})
    after = alice.get("/stores/teahouse").json()
    assert after == told | {"city": "台中"}


def test_buyers_of_any_age_are_let_in_again_with_null(alice: Person, store: Store) -> None:
    alice.patch("/stores/teahouse", {"buyers_within_days": 30})
    assert alice.patch("/stores/teahouse", {"hold_first_comments": True}).json()["settings"]["buyers_within_days"] == 30
    assert (
        alice.patch("/stores/teahouse", {"buyers_within_days": None}).json()["settings"]["buyers_within_days"] is None
    )


def test_only_the_owner_edits(everybody_but_the_owner: dict[str, Person], anonymous: Person, store: Store) -> None:
    for who, person in everybody_but_the_owner.items():
        assert problem(person.patch("/stores/teahouse", {"name": "Mine"})) == (403, "not_staff"), who
    assert problem(anonymous.patch("/stores/teahouse", {"name": "Mine"})) == (401, "not_signed_in")
    store.refresh_from_db()
    assert store.name == "Tea House"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("time_zone", "Nowhere/Else"),
        ("buyers_within_days", 0),
        ("buyers_within_days", -1),
        ("buyers_within_days", 10**12),
        ("category", "weapons"),
        ("handle", "newhandle"),
        ("verified", True),
        ("status", "approved"),
        ("follower_count", 10**6),
    ],
)
def test_what_cannot_be_changed_is_refused(alice: Person, store: Store, field: str, value: Any) -> None:
    before = alice.get("/stores/teahouse").json()
    assert problem(alice.patch("/stores/teahouse", {field: value, "about": "changed"})) == (422, "invalid")
    assert alice.get("/stores/teahouse").json() == before


def test_an_applicant_may_correct_the_profile_while_waiting(alice: Person, store: Store) -> None:
    store.status = StoreStatus.APPLIED
    store.save()
    assert alice.patch("/stores/teahouse", {"about": "Better words."}).status_code == 200


def test_readers_get_a_weak_tag_and_304(charlie: Person, alice: Person, store: Store) -> None:
    tag = charlie.get("/stores/teahouse").headers["ETag"]
    assert tag.startswith('W/"')
    unchanged = charlie.get("/stores/teahouse", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    alice.patch("/stores/teahouse", {"about": "New."})
    assert charlie.get("/stores/teahouse", headers={"If-None-Match": tag}).status_code == 200
    fresh = charlie.get("/stores/teahouse").headers["ETag"]
    charlie.put("/stores/teahouse/follow")
    assert charlie.get("/stores/teahouse", headers={"If-None-Match": fresh}).status_code == 200


def test_an_edit_of_what_somebody_else_changed_is_refused(alice: Person, store: Store) -> None:
    tag = alice.get("/stores/teahouse").headers["ETag"]
    assert tag.startswith('"')
    assert alice.get("/stores/teahouse", headers={"If-None-Match": tag}).status_code == 304
    changed = alice.patch("/stores/teahouse", {"about": "First."}, headers={"If-Match": tag})
    assert changed.status_code == 200
    refused = alice.patch("/stores/teahouse", {"about": "Second."}, headers={"If-Match": tag})
    assert problem(refused) == (412, "precondition_failed")
    assert alice.get("/stores/teahouse").json()["about"] == "First."
    again = alice.patch("/stores/teahouse", {"about": "Second."}, headers={"If-Match": changed.headers["ETag"]})
    assert again.status_code == 200
    assert alice.patch("/stores/teahouse", {"about": "Third."}, headers={"If-Match": "*"}).status_code == 200


def test_of_many_edits_at_once_of_the_same_version_one_is_taken(alice: Person, store: Store, at_once: AtOnce) -> None:
    for number in range(6):
        seen = {"If-Match": alice.get("/stores/teahouse").headers["ETag"]}
        edits = [{"about": f"Round {number}, edit {n}."} for n in range(8)]
        answers = at_once([partial(alice.patch, "/stores/teahouse", edit, headers=seen) for edit in edits])
        assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


def test_a_weak_tag_is_no_ground_for_an_edit(alice: Person, store: Store) -> None:
    weak = "W/" + alice.get("/stores/teahouse").headers["ETag"]
    assert problem(alice.patch("/stores/teahouse", {"about": "!"}, headers={"If-Match": weak}))[0] == 412


def test_a_new_follower_is_no_conflict(alice: Person, charlie: Person, store: Store) -> None:
    tag = alice.get("/stores/teahouse").headers["ETag"]
    charlie.put("/stores/teahouse/follow")
    assert alice.get("/stores/teahouse", headers={"If-None-Match": tag}).status_code == 200
    assert alice.patch("/stores/teahouse", {"about": "New."}, headers={"If-Match": tag}).status_code == 200


def test_cards_are_made_anew_when_what_they_show_changes(alice: Person, store: Store, deferred: Deferred) -> None:
    alice.patch("/stores/teahouse", {"about": "Not on cards."})
    alice.patch("/stores/teahouse", {"name": "Tea House"})
    services.set_picture(store_id=store.pk, field="cover", picture=PICTURE)
    assert deferred("feed.refresh_store_cards") == []
    alice.patch("/stores/teahouse", {"name": "Cloud Tea"})
    services.set_picture(store_id=store.pk, field="avatar", picture=PICTURE)
    services.set_verified(store=store, verified=True)
    assert deferred("feed.refresh_store_cards") == [{"store_id": store.pk}] * 3


def test_every_change_of_the_profile_moves_its_time_and_a_follow_does_not(
    alice: Person, charlie: Person, store: Store
) -> None:
    def stamp() -> Any:
        store.refresh_from_db()
        return store.updated_at

    first = stamp()
    charlie.put("/stores/teahouse/follow")
    assert stamp() == first
    alice.patch("/stores/teahouse", {"name": "Cloud Tea"})
    renamed = stamp()
    services.set_picture(store_id=store.pk, field="avatar", picture=PICTURE)
    pictured = stamp()
    services.set_verified(store=store, verified=True)
    assert first < renamed < pictured < stamp()


def test_pictures_are_shown_with_their_addresses(anonymous: Person, store: Store) -> None:
    services.set_picture(store_id=store.pk, field="avatar", picture=PICTURE)
    services.set_picture(store_id=store.pk, field="cover", picture=PICTURE)
    told = anonymous.get("/stores/teahouse").json()
    assert told["avatar"].endswith("/media/stores/1/a-320.webp")
    assert told["avatar"].startswith("http")
    assert [(v["width"], v["format"]) for v in told["cover"]["variants"]] == [
        (320, "webp"),
        (640, "webp"),
        (320, "jpeg"),
    ]
    services.set_picture(store_id=store.pk, field="avatar", picture=None)
    assert anonymous.get("/stores/teahouse").json()["avatar"] is None


def test_a_picture_for_a_store_that_is_gone_is_dropped(world: None, deferred: Deferred) -> None:
    services.set_picture(store_id=12345, field="avatar", picture=PICTURE)
    assert deferred("feed.refresh_store_cards") == []
