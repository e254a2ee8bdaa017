"""Muting a person in a room: they may watch, and not ask, until a time."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from accounts.models import User
from core import clock
from core.problems import Forbidden, NotFound
from interactions.live import policy
from interactions.models import LiveRoom, RoomMute
from interactions.services.access import person, refuse, require_not_ended, taking_part
from stores import roles
from stores.roles import Action


class CannotMuteStaff(Forbidden):
    """People who work for this store or for the platform cannot be muted."""

    code = "cannot_mute_staff"


@transaction.atomic
def mute(*, user_id: int | None, room_id: int, muted_id: int, seconds: int) -> RoomMute | None:
    """Keeps a person from asking for so many seconds from now; 0 ends that (None). The latest word counts.

    Not an event of the room: only the muted person is told. Raises NotFound (also when there is no such person),
    NotSignedIn, NotStaff, RoomHasEnded, CannotMuteStaff, StoreSuspended, StoreNotApproved.
    """
    by = person(user_id)
    joining = taking_part(room_id, by, moderating=True)
    refuse(policy.staff_refusal(joining.facts, Action.MODERATE))
    require_not_ended(joining.room)
    muted = User.objects.filter(id=muted_id).first()
    if muted is None:
        raise NotFound
    now = clock.now()
    if not seconds:
        RoomMute.objects.filter(room=joining.room, user=muted, until__gt=now).update(until=now, by=by)
        return None
    _require_shopper(muted, joining.room)
    row, _ = RoomMute.objects.update_or_create(
        room=joining.room, user=muted, defaults={"until": now + timedelta(seconds=seconds), "by": by}
    )
    return row


def _require_shopper(user: User, room: LiveRoom) -> None:
    if user.is_staff or roles.role_of(user=user, store=room.store) is not None:
        raise CannotMuteStaff
