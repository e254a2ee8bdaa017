"""Rooms that are live, for the feed's tests: opened and ended as a host does it."""

from __future__ import annotations

from typing import Any

from stores.models import Store
from tests.people import Person


def go_live(host: Person, store: Store, title: str = "New harvest", **fields: Any) -> int:
    """A room that has just been started; its number."""
    made = host.post(f"/stores/{store.handle}/rooms", {"title": title} | fields)
    assert made.status_code == 201, made.text
    room_id = int(made.json()["id"])
    started = host.post(f"/rooms/{room_id}/start")
    assert started.status_code == 200, started.text
    return room_id


def end(host: Person, room_id: int) -> None:
    """Ends it."""
    answer = host.post(f"/rooms/{room_id}/end")
    assert answer.status_code == 200, answer.text


def live(person: Person, **query: Any) -> list[dict[str, Any]]:
    """The rooms on top of somebody's feed."""
    answer = person.get("/feed", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["live"]
    return found


def titles(person: Person) -> list[str]:
    """What they are called, in their order."""
    return [room["title"] for room in live(person)]
