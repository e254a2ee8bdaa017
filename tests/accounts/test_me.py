"""One's own profile."""

from __future__ import annotations

from accounts.models import Language, User
from accounts.services import update_profile
from tests.conftest import Newcomer
from tests.people import Person, problem


def test_a_person_reads_and_changes_their_profile(charlie: Person) -> None:
    assert charlie.get("/me").json()["display_name"] == "Charlie"
    changed = charlie.patch("/me", {"display_name": "  Charlie   Chen ", "language": "zh-hant"})
    assert changed.status_code == 200, changed.text
    assert charlie.get("/me").json() | {"id": 0} == {
        "id": 0,
        "email": "charlie@example.org",
        "display_name": "Charlie Chen",
        "avatar": None,
        "language": "zh-hant",
        "phone": None,
        "phone_verified": False,
        "is_platform_staff": False,
    }


def test_nobody_has_no_profile(anonymous: Person) -> None:
    assert problem(anonymous.get("/me")) == (401, "not_signed_in")


def test_a_wrong_token_is_nobody(anonymous: Person) -> None:
    assert problem(anonymous.get("/me", headers={"X-Session-Token": "x" * 32})) == (401, "not_signed_in")


def test_unknown_fields_are_refused(charlie: Person) -> None:
    answer = charlie.patch("/me", {"displayname": "Typo"})
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "displayname"


def test_a_banned_person_is_signed_out(newcomer: Newcomer) -> None:
    dora = newcomer("Dora")
    dora.user.is_active = False
    dora.user.save()
    assert problem(dora.get("/me")) == (401, "not_signed_in")


def test_a_changed_password_ends_the_session(newcomer: Newcomer) -> None:
    dora = newcomer("Dora")
    dora.user.set_password("another secret word")
    dora.user.save()
    assert problem(dora.get("/me")) == (401, "not_signed_in")


def test_two_devices_that_change_different_things_keep_both_changes(charlie: Person) -> None:
    phone, laptop = User.objects.get(id=charlie.id), User.objects.get(id=charlie.id)
    update_profile(user=phone, display_name="Charles")
    update_profile(user=laptop, language=Language.TRADITIONAL_CHINESE)
    me = charlie.get("/me").json()
    assert (me["display_name"], me["language"]) == ("Charles", "zh-hant")
