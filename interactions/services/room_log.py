"""Telling what happened in a room: a row of the lasting log in the transaction, the live log after its commit."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from interactions.live import room as live_log
from interactions.live.events import Event
from interactions.models import LiveRoom, RoomEvent


def tell(*, room: LiveRoom, event: Event) -> None:
    """Within a transaction: keeps the event for good, and appends it to the live log once all is committed.

    When Redis goes away in between, the caller gets Unavailable although the row is there; saying the same again
    (services repeat with `tell_again`) tells it.
    """
    row = RoomEvent.objects.create(
        room=room, type=event.type, payload=event.model_dump(mode="json", exclude={"id", "type"})
    )
    told = event.model_copy(update={"id": row.pk})
    transaction.on_commit(partial(live_log.append, room_id=room.pk, event=told))


def tell_again(*, room: LiveRoom, event: Event, about: dict[str, object]) -> None:
    """Within a transaction that changes nothing, because it was done before: makes sure that the live log has it.

    `about` finds the event among the room's, by its payload.
    """
    row = RoomEvent.objects.filter(room=room, type=event.type, payload__contains=about).order_by("-id").first()
    if row is not None:
        told = event.model_copy(update={"id": row.pk})
        transaction.on_commit(partial(live_log.append_once, room_id=room.pk, event=told))
