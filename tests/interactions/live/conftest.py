"""A live room of Alice's, people in front of it, and ways to get there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.redis import plain
from interactions.models import LiveRoom, RoomStatus
from tests.conftest import Newcomer, Site
from tests.interactions.live.screen import Screen, ticket_of
from tests.people import Person, make_order

Watch = Callable[..., Screen]


@pytest.fixture
def bob(newcomer: Newcomer, store: Any) -> Person:
    """Bought from Alice's store."""
    bob = newcomer("Bob")
    make_order(user=bob.user, store=store)
    return bob


@pytest.fixture
def room(store: Any, alice: Person) -> LiveRoom:
    """Alice's live room, without slow mode."""
    return LiveRoom.objects.create(
        store=store, host=alice.user, title="New harvest", slow_mode_s=0, status=RoomStatus.LIVE
    )


@pytest.fixture
def watch(site: Site, room: LiveRoom) -> Iterator[Watch]:
    """Opens screens on the room: `watch(bob)` with a ticket, `watch()` as nobody. Past their welcome, in `.welcome`."""
    opened: list[Screen] = []

    def open_screen(person: Person | None = None, *, at: int | None = None) -> Screen:
        screen = Screen(site.base_url, at or room.pk)
        opened.append(screen)
        if person is not None:
            screen.send({"type": "auth", "ticket": ticket_of(person)})
        else:
            screen.send({"type": "ping"})
        screen.welcome = screen.of_type("welcome")
        return screen

    yield open_screen
    for screen in opened:
        screen.close()


@pytest.fixture
def redis(world: None) -> Any:
    """The Redis that the room's log is in."""
    return plain().client()
