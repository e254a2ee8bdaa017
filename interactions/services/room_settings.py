"""A room's rules: who may ask, how often, and whether the host reads first."""

from __future__ import annotations

from django.db import transaction

from interactions.live import room as live_log
from interactions.live.changes import Rules
from interactions.live.events import SettingsChanged
from interactions.models import AskPolicy, LiveRoom
from interactions.services.access import hosted_room, person, require_not_ended
from interactions.services.room_log import tell
from stores.selectors.stores import require_open


@transaction.atomic
def change_settings(*, user_id: int | None, room_id: int, rules: Rules) -> LiveRoom:
    """Gives the room other rules and tells all in it; the same ones again change nothing and tell nobody.

    Raises NotFound, NotSignedIn, NotStaff, RoomHasEnded, StoreSuspended, StoreNotApproved, Unavailable.
    """
    room = hosted_room(user=person(user_id), room_id=room_id)
    require_open(room.store)
    require_not_ended(room)
    lay_down(room, rules)
    return room


def lay_down(room: LiveRoom, rules: Rules) -> None:
    """Within a transaction that holds the room's lock: as change_settings, for who has looked at the room already."""
    changed = [name for name, value in rules.items() if getattr(room, name) != value]
    if not changed:
        return
    live_log.require_log()
    for name, value in rules.items():
        setattr(room, name, value)
    room.save(update_fields=changed)
    tell(
        room=room,
        event=SettingsChanged(
            ask_policy=AskPolicy(room.ask_policy), slow_mode_s=room.slow_mode_s, premoderate=room.premoderate
        ),
    )
