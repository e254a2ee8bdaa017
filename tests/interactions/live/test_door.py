"""Who is let in at a room's socket, and how; what is refused before anything is told."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import InvalidStatus

from accounts.models import User
from core import redis as door_to_redis
from interactions.live import consumers
from interactions.models import LiveRoom, RoomStatus
from stores.models import Store, StoreStatus
from tests.conftest import Site
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Screen, ticket_of
from tests.people import Person


def _cookie(person: Person) -> dict[str, str]:
    return {"Cookie": f"sessionid={person.token}"}


def test_a_browser_signs_in_with_its_cookie(site: Site, room: LiveRoom, bob: Person) -> None:
    with Screen(site.base_url, room.pk, headers=_cookie(bob), origin=site.base_url) as screen:
        assert screen.next()["you"]["id"] == bob.id


def test_a_foreign_origin_is_refused_with_and_without_cookie(site: Site, room: LiveRoom, bob: Person) -> None:
    for headers in (_cookie(bob), {}):
        for origin in ("http://evil.example", site.base_url + ".evil.example", "null", site.base_url + "/"):
            with pytest.raises(InvalidStatus) as refused:
                Screen(site.base_url, room.pk, headers=headers, origin=origin)
            assert refused.value.response.status_code == 403


def test_a_cookie_without_an_origin_is_refused(site: Site, room: LiveRoom, bob: Person) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Screen(site.base_url, room.pk, headers=_cookie(bob))
    assert refused.value.response.status_code == 403


def test_a_ticket_signs_in_once(site: Site, room: LiveRoom, bob: Person) -> None:
    ticket = ticket_of(bob)
    with Screen(site.base_url, room.pk) as first:
        first.send({"type": "auth", "id": "a", "ticket": ticket})
        assert first.next() == {"reply": "a", "ok": True}
        assert first.next()["you"]["id"] == bob.id
    with Screen(site.base_url, room.pk) as second:
        second.send({"type": "auth", "id": "a", "ticket": ticket})
        assert second.next()["error"]["code"] == "bad_ticket"
        assert second.closed() == 4500
        assert not any(frame.get("type") == "welcome" for frame in second.seen)


def test_an_invented_ticket_is_refused(site: Site, room: LiveRoom) -> None:
    for ticket in ("x" * 43, "", "茶" * 43):
        with Screen(site.base_url, room.pk) as screen:
            screen.send({"type": "auth", "ticket": ticket})
            assert screen.next()["error"]["code"] == "bad_ticket"
            assert screen.closed() == 4500


def test_an_expired_ticket_is_refused(site: Site, room: LiveRoom, bob: Person, redis: Any) -> None:
    ticket = ticket_of(bob)
    (key,) = redis.keys("ticket:*")
    assert 25 <= redis.ttl(key) <= 30
    redis.pexpire(key, 1)
    while redis.exists(key):
        time.sleep(0.001)
    with Screen(site.base_url, room.pk) as screen:
        screen.send({"type": "auth", "ticket": ticket})
        assert screen.closed() == 4500


def test_a_ticket_of_an_ended_session_is_refused(site: Site, room: LiveRoom, bob: Person) -> None:
    ticket = ticket_of(bob)
    User.objects.filter(id=bob.id).update(is_active=False)
    with Screen(site.base_url, room.pk) as screen:
        screen.send({"type": "auth", "ticket": ticket})
        assert screen.next()["error"]["code"] == "not_signed_in"
        assert screen.closed() == 4500


def test_a_ticket_comes_within_ten_seconds_or_not_at_all(
    watch: Watch, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = watch()
    monkeypatch.setattr(consumers, "TICKET_S", 0.0)
    screen.send({"type": "auth", "ticket": ticket_of(bob)})
    assert screen.closed() == 4500


def test_who_stays_silent_is_welcomed_as_a_viewer_and_may_still_sign_in(
    site: Site, room: LiveRoom, bob: Person
) -> None:
    with Screen(site.base_url, room.pk) as screen:
        assert screen.next()["you"]["id"] is None
        assert screen.do("auth", ticket=ticket_of(bob))["ok"]
        assert screen.of_type("welcome")["you"]["id"] == bob.id
        assert screen.do("ask", text="Is it organic?", client_id="1")["ok"]
        assert screen.refusal("auth", ticket=ticket_of(bob)) == "already_signed_in"


def test_a_room_that_is_not_there_is_closed_for_good(site: Site, room: LiveRoom, redis: Any) -> None:
    for room_id in (room.pk + 1, 999_999_999_999_999):
        with Screen(site.base_url, room_id) as screen:
            assert screen.next()["error"]["code"] == "not_found"
            assert screen.closed() == 4503
    assert redis.keys("live:*") == []


def test_no_other_path_opens_a_socket(site: Site, room: LiveRoom) -> None:
    for path in ("", "x", f"{room.pk}/more", "9" * 16):
        with pytest.raises(InvalidStatus) as refused:
            Screen(site.base_url, path)  # type: ignore[arg-type]  # what no client of ours would send
        assert refused.value.response.status_code == 403


def test_a_suspended_stores_room_is_not_there_but_for_its_staff(
    site: Site, watch: Watch, room: LiveRoom, alice: Person, bob: Person
) -> None:
    screen = watch(bob)
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert screen.refusal("ask", text="Hello?", client_id="1") == "not_found"
    with Screen(site.base_url, room.pk) as outside:
        assert outside.next()["error"]["code"] == "not_found"
        assert outside.closed() == 4503
    host = watch(alice)
    assert host.refusal("ask", text="Hello?", client_id="1") == "store_suspended"


def test_a_room_that_has_ended_is_closed_for_good(site: Site, room: LiveRoom) -> None:
    LiveRoom.objects.update(status=RoomStatus.ENDED)
    with Screen(site.base_url, room.pk) as screen:
        assert screen.next()["error"]["code"] == "room_ended"
        assert screen.closed() == 4501


def test_a_person_has_only_so_many_screens(site: Site, room: LiveRoom, watch: Watch, bob: Person) -> None:
    for _ in range(settings.LIMITS.live_sockets_per_person):
        watch(bob)
    with Screen(site.base_url, room.pk) as one_more:
        one_more.send({"type": "auth", "ticket": ticket_of(bob)})
        assert one_more.next()["error"]["code"] == "too_many_sockets"
        assert one_more.closed() == 4008


def test_without_redis_writes_are_refused_and_the_room_is_still_shown(
    site: Site, watch: Watch, room: LiveRoom, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = watch(bob)
    question_id = screen.do("ask", text="Is it organic?", client_id="1")["question"]
    # What the breaker does when Redis fails, held for this test.
    monkeypatch.setattr(door_to_redis.plain().breaker, "open_until", float("inf"))
    reply = screen.do("ask", text="And vegan?", client_id="2")
    assert (reply["error"]["code"], reply["error"]["retry_after"]) == ("unavailable", 2)
    assert screen.refusal("tap", count=1) == "unavailable"
    with Screen(site.base_url, room.pk, headers=_cookie(bob), origin=site.base_url) as late:
        assert [question["id"] for question in late.next()["questions"]] == [question_id]
    shown = bob.get(f"/rooms/{room.pk}").json()
    assert [question["id"] for question in shown["questions"]] == [question_id]
    monkeypatch.undo()
    assert screen.do("ask", text="And vegan?", client_id="2")["ok"]
