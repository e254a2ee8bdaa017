"""What is taken away is taken from open sockets within five seconds, whatever took it; what is given, is given."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from prometheus_client import REGISTRY

from accounts import services as people
from accounts.models import Session, User
from core import clock
from interactions.live import revocation, seats
from interactions.live.events import SettingsChanged
from interactions.live.frames import YouChanged
from interactions.live.seats import Place, Sitting
from interactions.models import AskPolicy, LiveRoom, RoomMute, RoomStatus
from interactions.services.room_log import tell
from stores.models import Order, OrderStatus, Role, Staff, Store, StoreStatus
from stores.services import follows, staff
from tests.conftest import Newcomer, Site
from tests.faults.processes import allowed, wait_for
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Frame, Screen
from tests.people import Person, make_order, make_staff, sign_in

AUTH = "/_allauth/app/v1"
WITHIN_S = 5.0


@pytest.fixture
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what takes several rounds: the others are made at their real pace."""
    monkeypatch.setattr(revocation, "EVERY_S", 0.5)


@contextmanager
def within_five_seconds() -> Iterator[None]:
    """What happens here is found in time."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < allowed(WITHIN_S)


def closed_for(screen: Screen) -> tuple[str, int]:
    """The error and the code that a screen was closed with."""
    code = screen.closed()
    assert screen.seen[-1]["type"] == "error", screen.seen
    return screen.seen[-1]["error"]["code"], code


def you(screen: Screen) -> Frame:
    """The next frame `you`, which is as documented."""
    frame = screen.of_type("you")
    YouChanged.model_validate(frame)
    return frame


def sign_out(person: Person) -> None:
    person.delete(f"{AUTH}/auth/session")


def change_password(person: Person) -> None:
    other = {"X-Session-Token": sign_in(person.user)}
    name = person.user.display_name
    body = {"current_password": f"correct horse {name}", "new_password": "an other battery staple"}
    changed = person.post(f"{AUTH}/account/password/change", body, headers=other)
    assert changed.status_code == 200, changed.text


def set_password(person: Person) -> None:
    person.user.set_password("an other battery staple")
    person.user.save()


def delete_row(person: Person) -> None:
    Session.objects.filter(session_key=person.token).delete()


def expire(person: Person) -> None:
    Session.objects.filter(session_key=person.token).update(expire_date=clock.now())


def ban(person: Person) -> None:
    people.ban(user=person.user)


def ban_by_hand(person: Person) -> None:
    User.objects.filter(id=person.id).update(is_active=False)


def test_who_is_signed_out_or_banned_is_sent_away_for_good(watch: Watch, newcomer: Newcomer, charlie: Person) -> None:
    ways = (sign_out, change_password, set_password, delete_row, expire, ban, ban_by_hand)
    people = [newcomer(revoke.__name__) for revoke in ways]
    theirs = [(watch(person), watch(person)) for person in people]
    other, nobody = watch(charlie), watch()
    with within_five_seconds():  # all of them together, as each needs no more than a round
        for revoke, person in zip(ways, people, strict=True):
            revoke(person)
        for revoke, screens in zip(ways, theirs, strict=True):
            assert [closed_for(screen) for screen in screens] == [("not_signed_in", 4500)] * 2, revoke.__name__
    assert other.do("ping")["ok"]
    assert nobody.do("ping")["ok"]


def test_a_device_that_another_one_signs_out_is_sent_away(anonymous: Person, watch: Watch, bob: Person) -> None:
    login = {"email": bob.user.email, "password": "correct horse Bob"}
    tokens = [anonymous.post(f"{AUTH}/auth/login", login).json()["meta"]["session_token"] for _ in range(2)]
    phone, laptop = (Person(base_url=str(bob.http.base_url), user=bob.user, token=token) for token in tokens)
    lost, kept = watch(phone), watch(laptop)
    with within_five_seconds():
        rows = laptop.get(f"{AUTH}/auth/sessions").json()["data"]
        ids = [row["id"] for row in rows if not row["is_current"]]
        assert laptop.call("DELETE", f"{AUTH}/auth/sessions", json={"sessions": ids}).status_code == 200
        assert closed_for(lost) == ("not_signed_in", 4500)
    assert kept.do("ping")["ok"]
    phone.close()
    laptop.close()


def test_a_suspended_stores_room_goes_dark_but_for_its_staff_and_the_platforms(
    watch: Watch, store: Store, alice: Person, bob: Person, paula: Person
) -> None:
    host, platform, buyer, nobody = watch(alice), watch(paula), watch(bob), watch()
    with within_five_seconds():
        Store.objects.filter(id=store.pk).update(status=StoreStatus.SUSPENDED)
        assert closed_for(buyer) == ("not_found", 4503)
        assert closed_for(nobody) == ("not_found", 4503)
    assert host.do("ping")["ok"]
    assert platform.do("ping")["ok"]


@pytest.mark.usefixtures("quick_rounds")
def test_staff_of_a_suspended_store_who_lose_their_role_lose_the_room(
    watch: Watch, store: Store, charlie: Person
) -> None:
    make_staff(user=charlie.user, store=store, role=Role.MODERATOR)
    screen = watch(charlie)
    Store.objects.filter(id=store.pk).update(status=StoreStatus.SUSPENDED)
    time.sleep(revocation.EVERY_S)
    with within_five_seconds():
        Staff.objects.filter(user=charlie.user).delete()
        assert closed_for(screen) == ("not_found", 4503)


def test_a_room_that_is_deleted_is_closed_for_good(watch: Watch, room: LiveRoom, bob: Person) -> None:
    buyer, nobody = watch(bob), watch()
    with within_five_seconds():
        room.delete()
        assert closed_for(buyer) == ("not_found", 4503)
        assert closed_for(nobody) == ("not_found", 4503)


@pytest.mark.usefixtures("quick_rounds")
def test_a_role_given_and_taken_is_told(watch: Watch, store: Store, alice: Person, charlie: Person) -> None:
    screen, other = watch(charlie), watch()
    with within_five_seconds():
        staff.add_staff(by=alice.user, store=store, role=Role.MODERATOR, user_id=charlie.id)
        told = you(screen)
    assert (told["role"], told["can"]["moderate"], told["can"]["host"]) == ("moderator", True, False)
    with within_five_seconds():
        staff.remove_staff(by=alice.user, store=store, user_id=charlie.id)
        told = you(screen)
    assert (told["role"], told["can"]["moderate"], told["why_not"]["moderate"]) == (None, False, "not_staff")
    assert not any(frame.get("type") == "you" for frame in other.quiet(0.2))


def test_a_refund_takes_the_right_to_ask_and_a_purchase_gives_it(
    watch: Watch, store: Store, bob: Person, charlie: Person
) -> None:
    buyer, stranger = watch(bob), watch(charlie)
    with within_five_seconds():
        Order.objects.filter(user=bob.user).update(status=OrderStatus.REFUNDED)
        make_order(user=charlie.user, store=store)
        lost, won = you(buyer), you(stranger)
    assert (lost["can"]["ask"], lost["why_not"]["ask"]) == (False, "purchase_refunded")
    assert buyer.refusal("ask", text="Hello?", client_id="1") == "purchase_refunded"
    assert (won["can"]["ask"], won["why_not"]["ask"], won["retry_after"]) == (True, None, None)
    assert stranger.do("ask", text="Hello?", client_id="1")["ok"]


def test_a_stores_own_narrowing_of_who_is_a_buyer_is_told(watch: Watch, store: Store, bob: Person) -> None:
    Order.objects.update(paid_at=clock.now() - timedelta(days=40))
    screen = watch(bob)
    assert screen.welcome["you"]["can"]["ask"]
    with within_five_seconds():
        Store.objects.update(buyers_within_days=30)
        assert you(screen)["why_not"]["ask"] == "purchase_too_old"


@pytest.mark.usefixtures("quick_rounds")
def test_following_counts_where_followers_ask(watch: Watch, room: LiveRoom, charlie: Person) -> None:
    LiveRoom.objects.update(ask_policy=AskPolicy.FOLLOWERS)
    follows.follow_store(user=charlie.user, store=room.store)
    screen = watch(charlie)
    assert screen.welcome["you"]["can"]["ask"]
    with within_five_seconds():
        follows.unfollow_store(user=charlie.user, store=room.store)
        assert you(screen)["why_not"]["ask"] == "not_a_follower"
    with within_five_seconds():
        follows.follow_store(user=charlie.user, store=room.store)
        assert you(screen)["can"]["ask"]


def mute(person: Person, room: LiveRoom, *, seconds: float) -> None:
    until = clock.now() + timedelta(seconds=seconds)
    RoomMute.objects.update_or_create(room=room, user=person.user, defaults={"until": until})


@pytest.mark.usefixtures("quick_rounds")
def test_a_mute_is_told_refuses_and_ends_by_itself(watch: Watch, room: LiveRoom, bob: Person, charlie: Person) -> None:
    screen, other = watch(bob), watch(charlie)
    with within_five_seconds():
        mute(bob, room, seconds=600)
        told = you(screen)
    assert (told["can"]["ask"], told["why_not"]["ask"], told["can"]["upvote"]) == (False, "muted", True)
    assert 590 < told["retry_after"] <= 600
    error = screen.do("ask", text="Hello?", client_id="1")["error"]
    assert (error["code"], 590 < error["retry_after"] <= 600) == ("muted", True)
    with within_five_seconds():
        mute(bob, room, seconds=1)
        screen.until(lambda frame: frame.get("type") == "you" and frame["can"]["ask"])
    assert screen.do("ask", text="Hello?", client_id="1")["ok"]
    assert not any(frame.get("type") == "you" for frame in other.quiet(0.2))


def test_who_comes_while_muted_is_told_for_how_long(watch: Watch, room: LiveRoom, bob: Person) -> None:
    mute(bob, room, seconds=600)
    screen = watch(bob)
    assert screen.welcome["you"]["why_not"]["ask"] == "muted"
    assert 590 < screen.welcome["you"]["retry_after"] <= 600


def test_nobody_mutes_a_moderator(watch: Watch, room: LiveRoom, alice: Person, ann: Person) -> None:
    for person in (alice, ann):
        mute(person, room, seconds=600)
    assert watch(alice).do("ask", text="Hello?", client_id="1")["ok"]
    assert watch(ann).refusal("ask", text="Hello?", client_id="1") == "muted", "who reads numbers is no moderator"


def test_other_rules_are_told_at_once_to_those_whom_they_concern(
    watch: Watch, room: LiveRoom, bob: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A round that has begun ends; the next ones are a minute apart, so whatever is told now is not theirs.
    monkeypatch.setattr(revocation, "EVERY_S", 60.0)
    buyer, stranger = watch(bob), watch(charlie)
    took = []
    for policy, can in [(AskPolicy.EVERYONE, True), (AskPolicy.BUYERS, False)] * 2:
        began = time.monotonic()
        with transaction.atomic():
            LiveRoom.objects.update(ask_policy=policy)
            tell(room=room, event=SettingsChanged(ask_policy=policy, slow_mode_s=0, premoderate=False))
        assert you(stranger)["can"]["ask"] is can
        took.append(time.monotonic() - began)
    assert median(took) < 0.8, took
    assert not any(frame.get("type") == "you" for frame in buyer.quiet(0.2))


def test_a_room_that_goes_live_says_what_one_may_do_now(
    watch: Watch, room: LiveRoom, alice: Person, bob: Person
) -> None:
    LiveRoom.objects.update(status=RoomStatus.SCHEDULED)
    screen = watch(bob)
    assert screen.welcome["you"]["why_not"]["ask"] == "room_not_live"
    assert alice.post(f"/rooms/{room.pk}/start").status_code == 200
    assert you(screen)["can"] == {
        "tap": True, "upvote": True, "ask": True, "answer": False, "moderate": False, "host": False
    }  # fmt: skip


@pytest.mark.usefixtures("quick_rounds")
def test_nothing_is_told_twice(watch: Watch, room: LiveRoom, bob: Person) -> None:
    screen = watch(bob)
    mute(bob, room, seconds=600)
    you(screen)
    assert not any(frame.get("type") == "you" for frame in screen.quiet(revocation.EVERY_S * 1.5))


def test_a_viewer_who_signs_in_later_is_looked_after_as_well(site: Site, watch: Watch, bob: Person) -> None:
    screen = watch()
    ticket = bob.post("/ws-tickets").json()["ticket"]
    assert screen.do("auth", ticket=ticket)["ok"]
    with within_five_seconds():
        delete_row(bob)
        assert closed_for(screen) == ("not_signed_in", 4500)


def failed(of: str) -> float:
    """How many looks have failed so far."""
    return REGISTRY.get_sample_value("backyard_live_looks_failed_total", {"of": of}) or 0.0


def test_a_seat_that_cannot_be_judged_keeps_nobody_elses(
    watch: Watch, store: Store, bob: Person, charlie: Person
) -> None:
    strange, buyer = watch(charlie), watch(bob)
    before = failed("seat")
    make_staff(user=charlie.user, store=store, role=Role.MODERATOR)
    Staff.objects.filter(user=charlie.user).update(role="gardener")  # as a later release may know
    with within_five_seconds():
        ban(bob)
        assert closed_for(buyer) == ("not_signed_in", 4500)
    assert failed("seat") > before
    assert strange.do("ping")["ok"]


@pytest.mark.usefixtures("quick_rounds")
def test_a_look_that_fails_keeps_nobody_from_the_looks_after_it(
    watch: Watch, bob: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch()
    screens = [watch(person) for person in (bob, charlie)]
    read, before = seats.read, failed("slice")

    async def read_if_signed_in(places: Sequence[Place]) -> list[Sitting | Exception]:
        if not all(place.session_key for place in places):
            raise ValueError("no look at nobody")
        return await read(places)

    monkeypatch.setattr(revocation, "AT_A_LOOK", 1)
    monkeypatch.setattr(seats, "read", read_if_signed_in)
    wait_for(lambda: failed("slice") > before, seconds=allowed(10))
    with within_five_seconds():
        ban(bob)
        ban(charlie)
        assert {closed_for(screen) for screen in screens} == {("not_signed_in", 4500)}


@contextmanager
def postgresql_away() -> Iterator[None]:
    """Nobody but this test gets a connection, and the open ones are cut."""
    name = connection.settings_dict["NAME"]
    known = connection.get_connection_params()
    address = {key: known[key] for key in ("host", "port", "user", "password") if key in known}
    with psycopg.connect(**address, dbname="postgres", autocommit=True) as link:
        link.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        try:
            link.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])
            connection.close()
            yield
        finally:
            link.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
            connection.pool.check()  # type: ignore[attr-defined]  # PostgreSQL's has one, of cut connections by now


def test_without_postgresql_nobody_is_sent_away_and_who_comes_is_told_to_come_later(
    site: Site, watch: Watch, room: LiveRoom, bob: Person
) -> None:
    screens = [watch(bob), watch()]
    cookie: dict[str, Any] = {"headers": {"Cookie": f"sessionid={bob.token}"}, "origin": site.base_url}
    with postgresql_away():
        with Screen(site.base_url, room.pk, **cookie) as late, Screen(site.base_url, room.pk) as nobody:
            assert closed_for(late) == ("unavailable", 4000)
            assert closed_for(nobody) == ("unavailable", 4000)
        for screen in screens:
            assert screen.do("ping")["ok"]
    with within_five_seconds():
        delete_row(bob)
        assert closed_for(screens[0]) == ("not_signed_in", 4500)
    assert {frame["type"] for frame in screens[1].quiet(0.1)} <= {"tick"}, "one viewer less is all they hear"
