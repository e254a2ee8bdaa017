"""Notices that a store has gone live: on real sockets of two processes, and look by look without them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from websockets.sync.client import ClientConnection, connect

from core import clock, db
from core.problems import Unavailable
from feed import live_notices
from feed.live_notices import LiveNotices
from interactions.live.frames import StoreLive
from interactions.models import LiveRoom, RoomStatus
from stores.models import Follow, Store, StoreStatus
from tests.conftest import Newcomer, Site
from tests.faults.processes import web
from tests.feed.live_rooms import go_live
from tests.feed.test_feed_socket import frame
from tests.people import Person

Told = dict[str, Any]


def opened(stack: ExitStack, base_url: str, person: Person) -> ClientConnection:
    """A native app's feed socket, welcomed, for as long as the stack is open."""
    socket = stack.enter_context(connect(f"{base_url.replace('http', 'ws', 1)}/ws/feed", close_timeout=1))
    socket.send(json.dumps({"type": "auth", "id": 1, "ticket": person.post("/ws-tickets").json()["ticket"]}))
    frame(socket, "welcome")
    return socket


def heard(socket: ClientConnection, *, until: float) -> list[Told]:
    """The store_live frames that come until a monotonic time."""
    found: list[Told] = []
    while True:
        try:
            told = json.loads(socket.recv(timeout=max(0.0, until - time.monotonic())))
        except TimeoutError:
            return found
        if told["type"] == "store_live":
            found.append(told)


def test_connected_followers_are_told_within_two_seconds_once_a_socket_wherever_they_are(
    site: Site, mia: Person, newcomer: Newcomer, charlie: Person, alice: Person, store: Store, tmp_path: Path
) -> None:
    muted, quiet = newcomer("Muted"), newcomer("Quiet")
    for person, how in ((muted, {"muted": True}), (quiet, {"notify": "none"})):
        person.put(f"/stores/{store.handle}/follow", {"source": "search"})
        person.patch(f"/stores/{store.handle}/follow", how)
    with web(tmp_path / "web.log") as elsewhere, ExitStack() as sockets:
        hers = [opened(sockets, url, mia) for url in (site.base_url, site.base_url, elsewhere)]
        others = [opened(sockets, site.base_url, person) for person in (muted, quiet, charlie)]
        room_id, started = go_live(alice, store), time.monotonic()
        first = [frame(socket, "store_live") for socket in hers]
        assert time.monotonic() - started < 3.5, "a look is made every 1.5 s"
        StoreLive.model_validate(first[0])
        assert first == 3 * [
            {
                "type": "store_live",
                "room": room_id,
                "title": "New harvest",
                "store": {"handle": "teahouse", "name": "Tea House", "avatar": None},
                "started_at": mia.get(f"/rooms/{room_id}").json()["started_at"],
            }
        ]
        later = time.monotonic() + 2
        assert [heard(socket, until=later) for socket in (*hers, *others)] == 6 * [[]], "once, and nobody else"


class Sockets:
    """What sockets of a process without a network were told, by name."""

    def __init__(self) -> None:
        self.notices = LiveNotices()
        self.told: dict[str, list[int]] = {}
        self._tells: dict[str, Callable[[Told], Coroutine[Any, Any, None]]] = {}

    def open(self, name: str, user_id: int) -> None:
        """One more."""
        self.told[name] = []

        async def tell(frame: Told) -> None:
            self.told[name].append(frame["room"])

        self._tells[name] = tell
        self.notices.add(user_id, tell)

    def close(self, name: str) -> None:
        """One less."""
        self.notices.remove(self._tells[name])

    async def look(self) -> dict[str, list[int]]:
        """One look, and all that was told so far."""
        await self.notices.look()
        return self.told


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs a scene on a loop of its own, whose connections end with it; looks are made by the scene alone."""
    monkeypatch.setattr(live_notices, "EVERY_S", 3600)

    async def closing(scene: Coroutine[Any, Any, None]) -> None:
        try:
            await scene
        finally:
            await db.close()

    return lambda scene: asyncio.run(closing(scene))


Run = Callable[[Coroutine[Any, Any, None]], None]


def room_of(store: Store, host: Person, *, age_s: float = 0, status: RoomStatus = RoomStatus.LIVE) -> int:
    """A room that started so long ago."""
    started = clock.now() - timedelta(seconds=age_s)
    return LiveRoom.objects.create(store=store, host=host.user, title="Tea", status=status, started_at=started).pk


async def meanwhile(change: Callable[[], object]) -> Any:
    """Something that happens in the database while the loop runs."""

    def closing() -> object:
        try:
            return change()
        finally:
            connection.close()

    return await asyncio.to_thread(closing)


def test_a_late_socket_is_told_of_what_it_may_have_missed_and_of_nothing_older(
    mia: Person, alice: Person, store: Store, run: Run
) -> None:
    just, missed = room_of(store, alice, age_s=8), room_of(store, alice, age_s=1)
    for age_s, status in ((13, RoomStatus.LIVE), (90, RoomStatus.LIVE), (1, RoomStatus.ENDED)):
        room_of(store, alice, age_s=age_s, status=status)

    async def scene() -> None:
        sockets = Sockets()
        sockets.open("first", mia.id)
        assert await sockets.look() == {"first": [just, missed]}
        sockets.open("second", mia.id)
        assert await sockets.look() == {"first": [just, missed], "second": [just, missed]}

    run(scene())


def test_who_was_here_is_told_however_late_it_is_found_out(mia: Person, alice: Person, store: Store, run: Run) -> None:
    async def scene() -> None:
        sockets = Sockets()
        sockets.open("here", mia.id)
        here = sockets.notices._sockets
        for tell, socket in here.items():
            here[tell] = live_notices._Socket(socket.number, socket.user_id, tell, socket.opened_at - 50)
        sockets.open("new", mia.id)
        room = await meanwhile(lambda: room_of(store, alice, age_s=40))
        assert await sockets.look() == {"here": [room], "new": []}

    run(scene())


def test_sockets_have_their_turn_in_slices_and_what_failed_goes_on_where_it_was(
    mia: Person, charlie: Person, alice: Person, store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_notices, "AT_ONCE", 2)
    fetch_all, asked = db.fetch_all, []

    async def failing(sql: str, parameters: dict[str, Any]) -> Any:
        if "people" in parameters:
            asked.append(parameters["people"])
            if len(asked) == 2:
                raise Unavailable
        return await fetch_all(sql, parameters)

    monkeypatch.setattr(db, "fetch_all", failing)

    async def scene() -> None:
        sockets = Sockets()
        for name, person in (("a", mia), ("b", charlie), ("c", mia), ("d", mia), ("e", charlie)):
            sockets.open(name, person.id)
        room = await meanwhile(lambda: room_of(store, alice))
        with pytest.raises(Unavailable):
            await sockets.look()
        assert sockets.told == {"a": [room], "b": [], "c": [], "d": [], "e": []}
        sockets.close("d")
        both = sorted([mia.id, charlie.id])
        assert await sockets.look() == {"a": [room], "b": [], "c": [room], "d": [], "e": []}
        assert asked == [both, [mia.id], both]
        sockets.open("f", mia.id)
        other = await meanwhile(lambda: room_of(store, alice))
        assert (await sockets.look())["c"] == [room, other]
        assert sockets.told["f"] == [room, other]
        await sockets.look()
        assert sockets.told["a"] == [room, other]
        assert len(asked) == 6, "two slices and the newcomer, and nobody a second time"

    run(scene())


def test_who_leaves_while_followers_are_asked_for_is_not_told(
    mia: Person, alice: Person, store: Store, run: Run
) -> None:
    room_of(store, alice)

    async def scene() -> None:
        sockets = Sockets()
        sockets.open("hers", mia.id)
        (room,) = await live_notices._just_started()
        sockets.notices._told[room.room_id] = live_notices._Told(until=room.at + 100)
        serving = asyncio.create_task(sockets.notices._serve([room], list(sockets.notices._sockets.values())))
        await asyncio.sleep(0)  # now it waits for PostgreSQL
        sockets.close("hers")
        await serving
        assert sockets.told == {"hers": []}

    run(scene())


def test_a_shop_where_nothing_starts_pays_one_statement_a_look(
    mia: Person, alice: Person, store: Store, run: Run
) -> None:
    before = db.STATEMENTS._value.get()

    async def scene() -> None:
        sockets = Sockets()
        sockets.open("one", mia.id)
        await sockets.look()
        await sockets.look()
        assert db.STATEMENTS._value.get() - before == 2
        await meanwhile(lambda: room_of(store, alice))
        for _ in range(5):
            await sockets.look()
        assert db.STATEMENTS._value.get() - before == 2 + 5 + 1, "its followers are asked for once"

    run(scene())


def test_a_suspended_stores_room_is_told_when_the_store_is_back_and_once(
    mia: Person, alice: Person, store: Store, run: Run
) -> None:
    room = room_of(store, alice)

    def have(status: StoreStatus) -> Callable[[], object]:
        return lambda: Store.objects.update(status=status)

    async def scene() -> None:
        sockets = Sockets()
        sockets.open("hers", mia.id)
        for status, told in (
            (StoreStatus.SUSPENDED, []),
            (StoreStatus.APPROVED, [room]),
            (StoreStatus.SUSPENDED, [room]),
            (StoreStatus.APPROVED, [room]),
        ):
            await meanwhile(have(status))
            assert await sockets.look() == {"hers": told}

    run(scene())


def test_no_look_tells_a_socket_of_more_rooms_than_may_wait_before_it(
    mia: Person, alice: Person, store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_notices, "ROOMS_MOST", 2)
    rooms = [room_of(store, alice, age_s=5 - number) for number in range(5)]

    async def scene() -> None:
        sockets = Sockets()
        sockets.open("hers", mia.id)
        for told in (rooms[:2], rooms[:4], rooms, rooms):
            assert await sockets.look() == {"hers": told}

    run(scene())


def test_rooms_are_forgotten_when_nobody_can_be_told_any_more(
    mia: Person, alice: Person, store: Store, run: Run
) -> None:
    room = room_of(store, alice)

    async def scene() -> None:
        sockets = Sockets()
        sockets.open("hers", mia.id)
        await sockets.look()
        assert list(sockets.notices._told) == [room]
        sockets.notices._forget(time.monotonic() + 2 * live_notices.LOOK_BACK_S - 5)
        assert list(sockets.notices._told) == [room], "while its row may still be found"
        sockets.notices._forget(time.monotonic() + 2 * live_notices.LOOK_BACK_S)
        assert not sockets.notices._told
        sockets.close("hers")
        assert not sockets.notices._sockets

    run(scene())


def test_five_thousand_sockets_are_told_in_little_time(alice: Person, store: Store, run: Run) -> None:
    with connection.cursor() as sql:
        sql.execute(
            "INSERT INTO accounts_user (email, display_name, language, phone, password, is_active, is_staff,"
            " is_superuser, date_joined)"
            " SELECT 'p' || n || '@example.org', 'P', 'en', '', '!', true, false, false, now()"
            " FROM generate_series(1, 5000) AS n RETURNING id"
        )
        people = [row[0] for row in sql.fetchall()]
        sql.execute(
            "INSERT INTO stores_follow (user_id, store_id, source, muted, notify, created_at)"
            " SELECT unnest(%s), %s, 'other', false, 'live', now()",
            [people, store.pk],
        )
    Follow.objects.filter(user_id=people[0]).delete()
    room_of(store, alice)

    async def scene() -> None:
        sockets, longest = Sockets(), 0.0
        for user_id in people:
            sockets.open(str(user_id), user_id)
        looking = asyncio.create_task(sockets.look())
        began = time.perf_counter()
        while not looking.done():
            turn = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - turn)
        took = time.perf_counter() - began
        assert sum(map(len, (await looking).values())) == 4999
        assert took < 2, f"{took * 1000:.0f} ms"
        assert longest < 0.25, f"the loop stood still for {longest * 1000:.0f} ms"

    run(scene())
