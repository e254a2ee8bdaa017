"""A process knows who is here, and sends everybody home without a stampede when it must stop."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from interactions.live.presence import Presence, presence
from interactions.models import LiveRoom, RoomStatus
from stores.models import Role
from tests.conftest import Site
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Screen, ticket_of
from tests.people import Person, make_staff

RESTART = 4000


def on(site: Site, work: Coroutine[Any, Any, Any]) -> Future[Any]:
    """Runs something where the sockets are served."""
    return asyncio.run_coroutine_threadsafe(work, site.loop)


@pytest.fixture
def here(site: Site) -> Iterator[Presence]:
    """The site's presence, which takes sockets again afterwards."""

    async def find() -> Presence:
        return presence()

    found: Presence = on(site, find()).result()
    yield found
    found.draining = False


def until_nobody_is_here(here: Presence) -> None:
    deadline = time.monotonic() + 5
    while here.sockets:
        assert time.monotonic() < deadline, here.sockets
        time.sleep(0.01)


def open_feed(site: Site) -> Any:
    return connect(f"ws://127.0.0.1:{site.port}/ws/feed", close_timeout=1)


def test_every_socket_is_known_until_it_goes(
    site: Site, watch: Watch, room: LiveRoom, bob: Person, here: Presence
) -> None:
    until_nobody_is_here(here)
    signed_in, nobody = watch(bob), watch()
    with open_feed(site) as feed:
        feed.send(json.dumps({"type": "auth", "id": 1, "ticket": ticket_of(bob)}))
        feed.recv(timeout=5)
        feed.recv(timeout=5)
        known = sorted((str(socket.user_id), str(socket.room_id)) for socket in here.sockets)
        assert known == sorted([(str(bob.id), str(room.pk)), ("None", str(room.pk)), (str(bob.id), "None")])
        assert {socket.session_key for socket in here.sockets} == {bob.token, None}
    signed_in.close()
    nobody.close()
    until_nobody_is_here(here)


def test_moderators_are_known_by_their_room_for_as_long_as_they_are(
    watch: Watch, room: LiveRoom, alice: Person, bob: Person, here: Presence
) -> None:
    other = LiveRoom.objects.create(store=room.store, host=alice.user, title="Next", status=RoomStatus.LIVE)
    until_nobody_is_here(here)
    staff = make_staff(user=bob.user, store=room.store, role=Role.MODERATOR)
    screens = [watch(alice), watch(alice, at=other.pk), watch(bob), watch()]

    def known(at: LiveRoom) -> list[int]:
        return sorted(socket.user_id or 0 for socket in here.moderators(at.pk))

    assert (known(room), known(other)) == (sorted([alice.id, bob.id]), [alice.id])
    staff.delete()
    assert not screens[2].of_type("you")["can"]["moderate"]
    assert known(room) == [alice.id]
    for screen in screens:
        screen.close()
    until_nobody_is_here(here)
    assert (known(room), known(other)) == ([], [])


def test_a_process_that_drains_closes_its_sockets_one_after_the_other(
    site: Site, watch: Watch, bob: Person, here: Presence
) -> None:
    screens = [watch() for _ in range(12)] + [watch(bob)]
    with open_feed(site) as feed:
        began = time.monotonic()
        drained = on(site, here.drain(1.0))
        assert {screen.closed() for screen in screens} == {RESTART}
        with pytest.raises(ConnectionClosed) as closed:
            feed.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == RESTART
        drained.result(5)
    assert 0.3 < time.monotonic() - began < 3
    assert not here.sockets


def test_the_closing_is_spread_over_the_time(site: Site, watch: Watch, here: Presence) -> None:
    screens = [watch() for _ in range(10)]
    on(site, here.drain(1.0))
    time.sleep(0.5)
    open_still = 0
    for screen in screens:
        try:
            while True:
                screen.next(timeout=0)
        except TimeoutError:
            open_still += 1
        except ConnectionClosed:
            pass
    assert 1 <= open_still <= 9


def test_who_comes_while_the_process_drains_is_told_to_go_elsewhere(
    site: Site, room: LiveRoom, bob: Person, here: Presence
) -> None:
    here.draining = True
    cookie = {"Cookie": f"sessionid={bob.token}"}
    ways: tuple[dict[str, Any], ...] = ({}, {"headers": cookie, "origin": site.base_url})
    for options in ways:
        with Screen(site.base_url, room.pk, **options) as screen:
            assert screen.closed() == RESTART
            assert screen.seen == []
    with open_feed(site) as feed, pytest.raises(ConnectionClosed) as closed:
        feed.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == RESTART
    until_nobody_is_here(here)


def test_draining_an_empty_process_takes_no_time(site: Site, here: Presence) -> None:
    until_nobody_is_here(here)
    began = time.monotonic()
    on(site, here.drain(5.0)).result(5)
    assert time.monotonic() - began < 1
