"""A crowd is seated in a few trips to PostgreSQL, each with their own rights, and by the same rules as everybody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from accounts import tickets
from accounts.models import Session, User
from core import clock, db
from core.problems import Problem
from interactions.live import seats, selectors
from interactions.live.frames import Welcome
from interactions.live.seats import Place, Sitting
from interactions.live.standing import welcome_you
from interactions.models import AskPolicy, LiveRoom, RoomMute, RoomStatus
from stores.models import Follow, OrderStatus, Role, Store, StoreStatus
from tests.conftest import Newcomer, Site
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Frame
from tests.people import Person, make_order, make_staff, sign_in

EACH = 100
STATEMENTS = 20


@contextmanager
def counted_statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """All that this process sends to PostgreSQL meanwhile, by whatever connection: the driver is asked."""
    sent: list[str] = []
    execute, execute_async = psycopg.Cursor.execute, psycopg.AsyncCursor.execute

    def counted(self: Any, query: Any, *rest: Any, **options: Any) -> Any:
        sent.append(str(query))
        return execute(self, query, *rest, **options)

    async def counted_async(self: Any, query: Any, *rest: Any, **options: Any) -> Any:
        sent.append(str(query))
        return await execute_async(self, query, *rest, **options)

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", counted)
        patched.setattr(psycopg.AsyncCursor, "execute", counted_async)
        yield sent


def make_crowd(number: int) -> list[tuple[User, str]]:
    """People with a session each."""
    users = User.objects.bulk_create(
        User(email=f"fan{each}@example.org", display_name=f"Fan {each}", password="!") for each in range(number)
    )
    return [(user, sign_in(user)) for user in users]


async def welcome_of(url: str, first: Frame | None, **options: Any) -> Frame:
    """Opens a socket, is welcomed, and stays until the others are, too."""
    async with connect(url, compression=None, open_timeout=30, **options) as socket:
        if first is not None:
            await socket.send(json.dumps(first))
        while True:
            frame: Frame = json.loads(await socket.recv())
            assert "error" not in frame, frame
            if frame.get("type") == "welcome":
                Welcome.model_validate(frame)
                return frame


async def all_at_once(site: Site, room: LiveRoom, cookies: list[str], by_ticket: list[str], nobodies: int) -> list[Any]:
    """The welcomes of so many sockets, by cookie, by ticket and of nobody, in this order."""
    url = f"ws://127.0.0.1:{site.port}/ws/rooms/{room.pk}"
    browser: dict[str, Any] = {"origin": Origin(site.base_url)}
    return await asyncio.gather(
        *(welcome_of(url, None, additional_headers={"Cookie": f"sessionid={key}"}, **browser) for key in cookies),
        *(welcome_of(url, {"type": "auth", "ticket": ticket}) for ticket in by_ticket),
        *(welcome_of(url, {"type": "ping"}) for _ in range(nobodies)),
    )


def test_a_crowd_that_comes_at_once_costs_few_statements(
    site: Site, room: LiveRoom, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = make_crowd(2 * EACH)
    for user, _ in crowd[::2]:
        make_order(user=user, store=store, external_id=f"fan-{user.pk}")
    cookies = [key for _, key in crowd[:EACH]]
    by_ticket = [tickets.issue(session_key=key) for _, key in crowd[EACH:]]
    with counted_statements(monkeypatch) as sent:
        welcomes = asyncio.run(all_at_once(site, room, cookies, by_ticket, EACH))
    assert len(sent) <= STATEMENTS, "\n".join(statement[:80] for statement in sent)
    known = [welcome["you"] for welcome in welcomes[: 2 * EACH]]
    assert [(you["id"], you["name"]) for you in known] == [(user.pk, user.display_name) for user, _ in crowd]
    assert [you["can"]["ask"] for you in known] == [True, False] * EACH
    assert {welcome["you"]["id"] for welcome in welcomes[2 * EACH :]} == {None}


def test_nobody_costs_no_statement_beyond_the_rooms_own(
    site: Site, room: LiveRoom, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch()
    with counted_statements(monkeypatch) as sent:
        asyncio.run(all_at_once(site, room, [], [], EACH))
    asked = [statement for statement in sent if "unnest" in statement]
    assert len(asked) <= 2, "the rounds look at the room, for all of them"


Case = dict[str, Any]
LONG_AGO = clock.now() - timedelta(days=40)
CASES: dict[str, Case] = {
    "a stranger": {},
    "a buyer": {"order": {}},
    "a buyer of a test": {"order": {"test": True}},
    "who was given the money back": {"order": {"status": OrderStatus.REFUNDED}},
    "who bought too long ago": {"order": {"paid_at": LONG_AGO}, "store": {"buyers_within_days": 30}},
    "a follower among buyers": {"follows": True},
    "a follower": {"follows": True, "room": {"ask_policy": AskPolicy.FOLLOWERS}},
    "a stranger among followers": {"room": {"ask_policy": AskPolicy.FOLLOWERS}},
    "anybody": {"room": {"ask_policy": AskPolicy.EVERYONE}},
    "who is muted": {"order": {}, "muted_s": 600},
    "whose mute is over": {"order": {}, "muted_s": -1},
    "a moderator who is muted": {"role": Role.MODERATOR, "muted_s": 600},
    "an analyst": {"role": Role.ANALYST},
    "an editor of a suspended store": {"role": Role.EDITOR, "store": {"status": StoreStatus.SUSPENDED}},
    "platform staff": {"user": {"is_staff": True}},
    "platform staff in a suspended store": {"user": {"is_staff": True}, "store": {"status": StoreStatus.SUSPENDED}},
    "who is early": {"order": {}, "room": {"status": RoomStatus.SCHEDULED}},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_batch_judges_as_every_other_request_does(room: LiveRoom, newcomer: Newcomer, case: Case) -> None:
    mia = arrange(room, newcomer, case)
    (sitting,) = asyncio.run(read_alone(Place(mia.token, room.pk)))
    assert sitting.person is not None
    assert sitting.standing is not None
    expected = selectors.you(selectors.join(room_id=room.pk, viewer=User.objects.get(id=mia.id)))
    assert json.loads(welcome_you(sitting.person, sitting.standing)) == expected.model_dump(mode="json")


async def read_alone(*asked: Place) -> list[Sitting]:
    """What the batch says, on a loop that ends here."""
    try:
        return [sitting for sitting in await seats.read(asked) if isinstance(sitting, Sitting)]
    finally:
        await db.close()


def arrange(room: LiveRoom, newcomer: Newcomer, case: Case) -> Person:
    mia = newcomer("Mia", **case.get("user", {}))
    LiveRoom.objects.update(**{"title": "New harvest"} | case.get("room", {}))
    Store.objects.update(**{"name": "Tea House"} | case.get("store", {}))
    if "order" in case:
        make_order(user=mia.user, store=room.store, **case["order"])
    if "follows" in case:
        Follow.objects.create(user=mia.user, store=room.store)
    if "role" in case:
        make_staff(user=mia.user, store=room.store, role=case["role"])
    if "muted_s" in case:
        until = clock.now() + timedelta(seconds=case["muted_s"])
        RoomMute.objects.create(room=room, user=mia.user, until=until)
    return mia


def test_a_session_that_does_not_hold_is_nobodys(room: LiveRoom, bob: Person, newcomer: Newcomer) -> None:
    banned, expired, changed = newcomer("Ban"), newcomer("Expired"), newcomer("Changed")
    User.objects.filter(id=banned.id).update(is_active=False)
    Session.objects.filter(user=expired.user).update(expire_date=clock.now())
    changed.user.set_password("an other battery staple")
    changed.user.save()
    keys = [banned.token, expired.token, changed.token, "", "x" * 32, "a\0b", "' OR true --"]
    asked = [Place(key, place) for key in [*keys, bob.token] for place in (room.pk, None)]
    found = asyncio.run(read_alone(*asked))
    assert [sitting.person.id if sitting.person else None for sitting in found] == [None] * 14 + [bob.id] * 2
    assert [sitting.standing is not None for sitting in found] == [False] * 14 + [True, False]


def test_a_room_that_is_not_for_them_says_so(room: LiveRoom, alice: Person, bob: Person, paula: Person) -> None:
    keys = [bob.token, alice.token, paula.token, ""]
    assert refusals(*(Place(key, room.pk + 1) for key in keys)) == ["not_found"] * 4
    assert refusals(*(Place(key, room.pk) for key in keys)) == [None] * 4
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert refusals(*(Place(key, room.pk) for key in keys)) == ["not_found", None, None, "not_found"]
    LiveRoom.objects.update(status=RoomStatus.ENDED)
    Store.objects.update(status=StoreStatus.APPROVED)
    assert refusals(*(Place(key, room.pk) for key in keys)) == ["room_ended"] * 4


def refusals(*asked: Place) -> list[str | None]:
    """Why each of these seats cannot be taken."""
    found: list[str | None] = []
    for sitting in asyncio.run(read_alone(*asked)):
        try:
            sitting.admit()
            found.append(None)
        except Problem as problem:
            found.append(problem.code)
    return found
