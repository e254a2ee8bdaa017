"""A room's rules change while it is live: who may, what all hear, and what holds from then on."""

from __future__ import annotations

from typing import Any

import pytest

from interactions.live.policy import RoomHasEnded
from interactions.models import LiveRoom, RoomEvent, RoomStatus
from interactions.services import room_settings
from stores.models import Role, Store, StoreStatus
from tests.conftest import Newcomer
from tests.interactions.live.conftest import Watch
from tests.people import Person, make_staff, problem


def test_other_rules_are_told_to_all_and_hold(watch: Watch, room: LiveRoom, alice: Person, charlie: Person) -> None:
    host, shopper = watch(alice), watch(charlie)
    assert shopper.refusal("ask", text="Hello?", client_id="1") == "not_a_buyer"
    reply = host.do("settings", ask_policy="everyone", slow_mode_s=60)
    assert reply | {"reply": ""} == {
        "reply": "", "ok": True, "ask_policy": "everyone", "slow_mode_s": 60, "premoderate": False
    }  # fmt: skip
    told = shopper.event("settings")
    assert (told["ask_policy"], told["slow_mode_s"], told["premoderate"]) == ("everyone", 60, False)
    assert shopper.do("ask", text="Hello?", client_id="1")["ok"]
    assert shopper.refusal("ask", text="Hello again?", client_id="2") == "slow_mode"
    host.do("settings", slow_mode_s=0, premoderate=True)
    assert shopper.do("ask", text="Hello again?", client_id="2")["status"] == "held"
    room.refresh_from_db()
    assert (room.ask_policy, room.slow_mode_s, room.premoderate) == ("everyone", 0, True)


def test_the_same_rules_again_tell_nobody(watch: Watch, alice: Person) -> None:
    host, viewer = watch(alice), watch()
    for _ in range(2):
        assert host.do("settings", premoderate=True, slow_mode_s=0)["premoderate"] is True
    host.do("settings", premoderate=False)
    viewer.event("settings")
    assert viewer.event("settings")["premoderate"] is False
    assert RoomEvent.objects.filter(type="settings").count() == 2


def test_rules_are_the_hosts_to_change(watch: Watch, room: LiveRoom, store: Store, bob: Person, mona: Person) -> None:
    assert watch(bob).refusal("settings", premoderate=True) == "not_staff"
    assert watch(mona).refusal("settings", premoderate=True) == "not_staff"
    assert watch().refusal("settings", premoderate=True) == "not_signed_in"
    assert problem(mona.patch(f"/rooms/{room.pk}", {"premoderate": True})) == (403, "not_staff")
    room.refresh_from_db()
    assert room.premoderate is False


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "invalid"), ({"slow_mode_s": 121}, "bad_frame"), ({"slow_mode_s": -1}, "bad_frame"),
        ({"ask_policy": "nobody"}, "bad_frame"), ({"premoderate": 1}, "bad_frame"),
        ({"ask_policy": None, "slow_mode_s": None}, "invalid"),
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(watch: Watch, alice: Person, fields: dict[str, Any], code: str) -> None:
    assert watch(alice).refusal("settings", **fields) == code
    assert not RoomEvent.objects.exists()


def test_a_room_is_changed_over_http_before_it_ends(
    alice: Person, newcomer: Newcomer, store: Store, room: LiveRoom, watch: Watch
) -> None:
    editor = newcomer("Ed")
    make_staff(user=editor.user, store=store, role=Role.EDITOR)
    viewer = watch()
    changed = editor.patch(f"/rooms/{room.pk}", {"title": " Autumn  harvest", "slow_mode_s": 30})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["title"], changed.json()["slow_mode_s"]) == ("Autumn harvest", 30)
    assert viewer.event("settings")["slow_mode_s"] == 30
    assert alice.patch(f"/rooms/{room.pk}", {}).status_code == 200
    assert alice.patch(f"/rooms/{room.pk}", {"title": "Tea"}).json()["slow_mode_s"] == 30
    assert RoomEvent.objects.count() == 1
    LiveRoom.objects.update(status=RoomStatus.ENDED)
    assert problem(alice.patch(f"/rooms/{room.pk}", {"title": "Late"})) == (409, "room_ended")
    assert problem(alice.patch(f"/rooms/{room.pk}", {"slow_mode_s": 3})) == (409, "room_ended")


def test_an_ended_room_has_the_rules_it_ended_with(room: LiveRoom, alice: Person) -> None:
    LiveRoom.objects.update(status=RoomStatus.ENDED)
    with pytest.raises(RoomHasEnded):
        room_settings.change_settings(user_id=alice.id, room_id=room.pk, rules={"premoderate": True})
    assert not RoomEvent.objects.exists()


def test_a_suspended_store_changes_nothing(alice: Person, room: LiveRoom) -> None:
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert problem(alice.patch(f"/rooms/{room.pk}", {"title": "Tea"})) == (403, "store_suspended")
    assert problem(alice.put(f"/rooms/{room.pk}/products", {"products": []})) == (403, "store_suspended")
