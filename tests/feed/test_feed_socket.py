"""The feed socket: who may open it, and what it tells."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from accounts.models import Session
from accounts.services import ban
from core import notices, redis
from feed import modes
from feed.models import Mode
from stores.models import Store
from tests.conftest import Site
from tests.feed.conftest import Publish
from tests.people import Person, run_jobs


def address(site: Site) -> str:
    return f"ws://127.0.0.1:{site.port}/ws/feed"


def frame(socket: ClientConnection, kind: str, *, seconds: float = 6) -> dict[str, Any]:
    """The next frame of a type."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found: dict[str, Any] = json.loads(socket.recv(timeout=max(0.01, deadline - time.monotonic())))
        if found.get("type") == kind:
            return found
    raise AssertionError(f"no {kind} frame within {seconds} s")


def open_with_ticket(site: Site, person: Person) -> ClientConnection:
    """A native app's socket, welcomed."""
    socket = connect(address(site), close_timeout=1)
    ticket = person.post("/ws-tickets").json()["ticket"]
    socket.send(json.dumps({"type": "auth", "id": 1, "ticket": ticket}))
    frame(socket, "welcome")
    return socket


def test_a_connected_follower_is_told_of_new_posts(site: Site, mia: Person, publish: Publish) -> None:
    with open_with_ticket(site, mia) as socket:
        publish("One")
        publish("Two")
        run_jobs()
        told = frame(socket, "new_posts")
        assert told["stores"] == ["teahouse"]
        assert told["count"] in {1, 2}
        assert mia.get("/feed").json()["head"] >= told["head"]


def test_a_connected_follower_is_told_of_a_pull_stores_posts_too(
    site: Site, mia: Person, store: Store, publish: Publish
) -> None:
    modes.fix_mode(store=store, mode=Mode.PULL)
    run_jobs()
    with open_with_ticket(site, mia) as socket:
        post = publish("Pulled")
        run_jobs()
        told = frame(socket, "new_posts")
        assert (told["stores"], told["count"], told["head"]) == (["teahouse"], 1, str(post.feed_id))
    mia.delete(f"/stores/{store.handle}/follow")
    with open_with_ticket(site, mia) as socket:
        publish("Not for her")
        run_jobs()
        with pytest.raises((AssertionError, TimeoutError)):
            frame(socket, "new_posts", seconds=3)


def test_personal_notices_arrive(site: Site, mia: Person) -> None:
    with open_with_ticket(site, mia) as socket:
        time.sleep(0.3)
        notices.tell(user_id=mia.id, notice={"type": "comment_reply", "comment": 7})
        assert frame(socket, "comment_reply") == {"type": "comment_reply", "comment": 7}


def test_a_browser_may_use_its_cookie_from_an_allowed_origin_only(site: Site, mia: Person) -> None:
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={mia.token}"}
    with connect(address(site), origin=Origin(site.base_url), additional_headers=cookie) as socket:
        frame(socket, "welcome")
    for origin in (Origin("https://evil.example"), None):
        with pytest.raises(InvalidStatus) as refused:
            connect(address(site), origin=origin, additional_headers=cookie)
        assert refused.value.response.status_code == 403


def test_a_cookie_that_is_no_key_is_nobodys(site: Site) -> None:
    cookie = {"Cookie": f'{settings.SESSION_COOKIE_NAME}="a\\000b"'}
    with connect(address(site), origin=Origin(site.base_url), additional_headers=cookie) as socket:
        socket.send(json.dumps({"type": "auth", "id": 1, "ticket": "x" * 43}))
        assert frame(socket, "error")["error"]["code"] == "bad_ticket"


def test_a_ticket_opens_one_socket_once(site: Site, mia: Person) -> None:
    ticket = mia.post("/ws-tickets").json()["ticket"]
    with connect(address(site)) as socket:
        socket.send(json.dumps({"type": "auth", "id": 1, "ticket": ticket}))
        frame(socket, "welcome")
    for wrong in (ticket, "x" * 43, ""):
        assert closing_code(site, {"type": "auth", "id": 1, "ticket": wrong}) == 4500


def closing_code(site: Site, first: dict[str, Any]) -> int:
    """How a socket ends whose first frame is this."""
    with connect(address(site)) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.send(json.dumps(first))
        while True:
            socket.recv(timeout=5)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_a_client_that_cannot_be_served_now_is_told_to_come_back(
    site: Site, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = mia.post("/ws-tickets").json()["ticket"]
    assert closing_code(site, {"type": "ping", "id": 1}) == 4504, "it does not know how to begin"
    monkeypatch.setattr(settings, "REDIS_BREAKER_S", 60)
    with pytest.raises(redis.RedisAway), redis.plain().guard():
        raise TimeoutError
    assert closing_code(site, {"type": "auth", "id": 1, "ticket": ticket}) == 4000
    redis.close_breaker()


def test_who_sends_too_many_frames_is_closed(site: Site, mia: Person) -> None:
    with open_with_ticket(site, mia) as socket, pytest.raises(ConnectionClosed) as closed:
        for n in range(5 * settings.LIMITS.live_frames_per_s):
            socket.send(json.dumps({"type": "ping", "id": n}))
        while True:
            socket.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4008


def test_a_person_has_so_many_sockets_and_no_more(
    site: Site, mia: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "LIMITS", replace(settings.LIMITS, live_sockets_per_person=2))
    ticket = mia.post("/ws-tickets").json()["ticket"]
    with open_with_ticket(site, mia), open_with_ticket(site, mia), open_with_ticket(site, charlie):
        assert closing_code(site, {"type": "auth", "id": 1, "ticket": ticket}) == 4008
    time.sleep(0.2)  # their going is noticed
    with open_with_ticket(site, mia):
        pass


@pytest.mark.parametrize("junk", ["{", "[]", "null", '{"type": "nothing"}', b"\x00\x01", "[" * 5000])
def test_junk_is_refused_and_the_socket_closed_for_good(site: Site, mia: Person, junk: str | bytes) -> None:
    with open_with_ticket(site, mia) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(20):
                socket.send(junk)
                json.loads(socket.recv(timeout=5))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4504
    assert mia.get("/me").status_code == 200


@pytest.mark.parametrize("revoke", ["session", "ban"])
def test_who_is_signed_out_or_banned_loses_the_socket_for_good(
    site: Site, mia: Person, charlie: Person, revoke: str
) -> None:
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={mia.token}"}
    with (
        open_with_ticket(site, mia) as app,
        connect(address(site), origin=Origin(site.base_url), additional_headers=cookie) as browser,
        open_with_ticket(site, charlie) as other,
    ):
        frame(browser, "welcome")
        began = time.monotonic()
        if revoke == "ban":
            ban(user=mia.user)
        else:
            Session.objects.filter(user=mia.user).delete()
        for socket in (app, browser):
            assert frame(socket, "error")["error"]["code"] == "not_signed_in"
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=5)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4500
        assert time.monotonic() - began < 5
        other.send(json.dumps({"type": "ping", "id": 1}))
        assert json.loads(other.recv(timeout=5)) == {"reply": 1, "ok": True}


def test_a_rare_mistake_is_forgiven(site: Site, mia: Person) -> None:
    with open_with_ticket(site, mia) as socket:
        for n in range(7):
            socket.send("nonsense")
            assert json.loads(socket.recv(timeout=5))["error"]["code"] == "bad_frame"
            socket.send(json.dumps({"type": "ping", "id": n}))
            assert json.loads(socket.recv(timeout=5)) == {"reply": n, "ok": True}


def test_a_few_frames_too_many_are_refused_first(site: Site, mia: Person) -> None:
    with open_with_ticket(site, mia) as socket:
        for n in range(25):
            socket.send(json.dumps({"type": "ping", "id": n}))
        replies = [json.loads(socket.recv(timeout=5)) for _ in range(25)]
        assert {reply["error"]["code"] for reply in replies if "error" in reply} == {"rate_limited"}
