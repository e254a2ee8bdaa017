"""Drills 16 and 17: nobody comes in who may not, and whoever may not stay is sent away, in processes of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, cast

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from core.redis import plain
from interactions.models import LiveRoom
from stores.models import Order, OrderStatus, Store, StoreStatus
from tests.faults.conftest import Held
from tests.faults.processes import SERVERS_IF_IN_FULL, Web
from tests.interactions.live.screen import Frame, ticket_of
from tests.people import Person, make_order, make_person

pytestmark = pytest.mark.fault
GONE_WITHIN_S = 5.0
Open = Callable[..., ClientConnection]
# Servers differ in how one comes in; who has to go is ours alone to say.
EITHER_SERVER = pytest.mark.parametrize("standing", SERVERS_IF_IN_FULL, indirect=True)


@pytest.fixture
def open_socket(standing: Web) -> Iterator[Open]:
    """`open_socket("/ws/feed", ticket="…")`; headers and origin as `connect` takes them."""
    with ExitStack() as opened:

        def open_one(path: str, *, ticket: str = "", **options: Any) -> ClientConnection:
            url = standing.url.replace("http", "ws", 1) + path
            connection: ClientConnection = opened.enter_context(
                connect(url, open_timeout=10, close_timeout=1, **options)
            )
            if ticket:
                connection.send(json.dumps({"type": "auth", "id": "t", "ticket": ticket}))
            return connection

        yield open_one


@pytest.fixture
def dora(standing: Web, room: LiveRoom) -> Iterator[Person]:
    """Bought from Alice's store; a client of the process under test."""
    dora = make_person(standing.url, "Dora")
    make_order(user=dora.user, store=room.store)
    yield dora
    dora.close()


def paths(room: LiveRoom) -> list[str]:
    """Both doors."""
    return [f"/ws/rooms/{room.pk}", "/ws/feed"]


def welcome(connection: ClientConnection) -> Frame:
    """The frame that says one is in."""
    while True:
        frame: Frame = json.loads(connection.recv(timeout=8))
        assert "error" not in frame, frame
        if frame.get("type") == "welcome":
            return frame


def ending(connection: ClientConnection, *, within: float = 8) -> tuple[list[str], int]:
    """The codes of errors that were told, and the code that the socket was closed with."""
    errors, deadline = [], time.monotonic() + within
    try:
        while (left := deadline - time.monotonic()) > 0:
            frame = json.loads(connection.recv(timeout=left))
            errors += [frame["error"]["code"]] if "error" in frame else []
    except ConnectionClosed as closed:
        return errors, closed.rcvd.code if closed.rcvd else 1006
    except TimeoutError:
        pass
    raise AssertionError(f"still open after {within} s; errors: {errors}")


def refused(open_socket: Open, path: str, **options: Any) -> int:
    """The HTTP status of a handshake that fails."""
    with pytest.raises(InvalidStatus) as refusal:
        open_socket(path, **options)
    return int(refusal.value.response.status_code)


# --- 16: coming in ---------------------------------------------------------------------------------------------------


def test_drill_16_origins_and_cookies(
    standing: Web, open_socket: Open, room: LiveRoom, dora: Person, held: Held
) -> None:
    cookie = {"Cookie": f"sessionid={dora.token}"}
    foreign = ("http://evil.example", f"{standing.url}.evil.example", "null", f"{standing.url}/", standing.url.upper())
    for path in paths(room):
        for origin in foreign:
            for headers in (cookie, {}):
                # daphne itself answers 400 to an Origin that is no address.
                assert refused(open_socket, path, additional_headers=headers, origin=origin) in {403, 400}, origin
        assert refused(open_socket, path, additional_headers=cookie) == 403, "no Origin"
        two = [("Origin", standing.url), ("Origin", "http://evil.example"), ("Cookie", cookie["Cookie"])]
        assert refused(open_socket, path, additional_headers=two) in {400, 403}, "one of two is not ours"
        welcome(open_socket(path, additional_headers=cookie, origin=standing.url))
    held("drill 16", f"{len(foreign)} foreign origins, none, and two at once, at both doors: refused")


def test_drill_16_a_ticket_lets_one_in_once(
    standing: Web, open_socket: Open, room: LiveRoom, dora: Person, held: Held
) -> None:
    for path in paths(room):
        ticket = ticket_of(dora)
        welcome(open_socket(path, ticket=ticket))
        assert ending(open_socket(path, ticket=ticket)) == (["bad_ticket"], 4500)

    def try_it(ticket: str) -> bool:
        connection = open_socket(paths(room)[0], ticket=ticket)
        return "error" not in json.loads(connection.recv(timeout=8))

    with ThreadPoolExecutor(8) as thieves:
        assert sum(thieves.map(try_it, [ticket_of(dora)] * 8)) == 1
    held("drill 16", "a ticket that is used again, and one that eight use at once: one comes in")


def test_drill_16_tickets_that_are_none(
    standing: Web, open_socket: Open, room: LiveRoom, dora: Person, held: Held
) -> None:
    late, redis = ticket_of(dora), cast(Any, plain().client())
    (key,) = redis.keys("ticket:*")
    redis.pexpire(key, 1)
    time.sleep(0.01)
    # Another kind of secret is no ticket, however good it is elsewhere; nor is the hash that Redis keeps.
    none = (late, dora.token, "x" * 43, key.decode().partition(":")[2], f"{dora.token}{'x' * 11}")
    for ticket in none:
        for path in paths(room):
            assert ending(open_socket(path, ticket=ticket)) == (["bad_ticket"], 4500), ticket
    held("drill 16", f"{len(none)} tickets that are late or none, at both doors: sent away")


def test_drill_16_nothing_in_an_address_signs_in(
    standing: Web, open_socket: Open, room: LiveRoom, dora: Person, held: Held
) -> None:
    ticket = ticket_of(dora)
    query = f"?ticket={ticket}&token={dora.token}&sessionid={dora.token}"
    as_nobody = open_socket(f"/ws/rooms/{room.pk}{query}", additional_headers={"X-Session-Token": dora.token})
    as_nobody.send('{"type":"ping"}')
    assert welcome(as_nobody)["you"]["id"] is None
    feed = open_socket(f"/ws/feed{query}")
    feed.send('{"type":"ping"}')
    assert ending(feed)[1] == 4504, "the feed wants a ticket first"
    welcome(open_socket("/ws/feed", ticket=ticket))  # it was not used up
    held("drill 16", "tickets, tokens and sessions in an address: nobody signed in, no ticket used up")


# --- 17: having to go ------------------------------------------------------------------------------------------------


@EITHER_SERVER
def test_drill_17_who_signs_out_leaves_every_socket_at_once(
    standing: Web, open_socket: Open, room: LiveRoom, dora: Person, held: Held
) -> None:
    elsewhere = make_person(standing.url, "Elsewhere")
    mine = [open_socket(path, ticket=ticket_of(dora)) for path in paths(room)]
    theirs = [open_socket(path, ticket=ticket_of(elsewhere)) for path in paths(room)]
    for connection in (*mine, *theirs):
        welcome(connection)
    assert dora.delete("/_allauth/app/v1/auth/session").status_code == 401
    began = time.monotonic()
    assert [ending(connection, within=GONE_WITHIN_S)[1] for connection in mine] == [4500, 4500]
    assert time.monotonic() - began < GONE_WITHIN_S
    for connection in theirs:
        connection.send('{"type":"ping","id":1}')
        while "reply" not in json.loads(connection.recv(timeout=5)):
            pass
    elsewhere.close()
    held("drill 17", f"who signed out was away within {GONE_WITHIN_S:.0f} s, from both doors")


@EITHER_SERVER
def test_drill_17_who_is_banned_is_sent_away(open_socket: Open, room: LiveRoom, dora: Person, held: Held) -> None:
    mine = [open_socket(path, ticket=ticket_of(dora)) for path in paths(room)]
    for connection in mine:
        welcome(connection)
    User.objects.filter(id=dora.id).update(is_active=False)
    began = time.monotonic()
    assert [ending(connection, within=GONE_WITHIN_S)[1] for connection in mine] == [4500, 4500]
    assert time.monotonic() - began < GONE_WITHIN_S
    held("drill 17", f"who was banned was away within {GONE_WITHIN_S:.0f} s, from both doors")


@EITHER_SERVER
def test_drill_17_the_rooms_of_a_suspended_store_are_emptied(
    open_socket: Open, room: LiveRoom, dora: Person, held: Held
) -> None:
    mine, nobodys = open_socket(f"/ws/rooms/{room.pk}", ticket=ticket_of(dora)), open_socket(f"/ws/rooms/{room.pk}")
    feed = open_socket("/ws/feed", ticket=ticket_of(dora))
    for connection in (mine, nobodys, feed):
        welcome(connection)
    Store.objects.filter(id=room.store_id).update(status=StoreStatus.SUSPENDED)
    began = time.monotonic()
    assert [ending(connection, within=GONE_WITHIN_S)[1] for connection in (mine, nobodys)] == [4503, 4503]
    assert time.monotonic() - began < GONE_WITHIN_S
    feed.send('{"type":"ping","id":1}')
    assert json.loads(feed.recv(timeout=5))["ok"], "the feed is of more than one store"
    held("drill 17", f"a suspended store's room was empty within {GONE_WITHIN_S:.0f} s, and feeds went on")


@EITHER_SERVER
def test_drill_17_who_is_no_buyer_any_more_cannot_ask(
    open_socket: Open, room: LiveRoom, dora: Person, held: Held
) -> None:
    mine = open_socket(f"/ws/rooms/{room.pk}", ticket=ticket_of(dora))
    assert welcome(mine)["you"]["can"]["ask"]
    Order.objects.update(status=OrderStatus.REFUNDED)
    began = time.monotonic()
    while (frame := json.loads(mine.recv(timeout=GONE_WITHIN_S))).get("type") != "you":
        pass
    assert time.monotonic() - began < GONE_WITHIN_S
    assert (frame["can"]["ask"], frame["why_not"]["ask"]) == (False, "purchase_refunded")
    mine.send('{"type":"ask","id":1,"text":"And now?","client_id":"1"}')
    while (reply := json.loads(mine.recv(timeout=5))).get("reply") != 1:
        pass
    assert reply["error"]["code"] == "purchase_refunded"
    held("drill 17", f"who was refunded was told within {GONE_WITHIN_S:.0f} s that asking is over, and refused")


def test_drill_16_and_17_left_nothing_in_the_log(standing: Web) -> None:
    assert standing.tracebacks() == []
