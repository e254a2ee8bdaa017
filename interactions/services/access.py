"""Who stands before a room and may act there: the checks that every verb of live rooms begins with."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from core.problems import NotFound, NotSignedIn, Problem
from interactions.live import selectors
from interactions.live.policy import RoomHasEnded
from interactions.live.selectors import Joining
from interactions.models import LiveRoom, RoomStatus
from stores import roles
from stores.models import StoreStatus
from stores.roles import ALLOWED, Action, NotStaff
from stores.selectors.stores import require_open


def person(user_id: int | None, people: QuerySet[User] | None = None) -> User:
    """The active user with this id, out of `people` when given. Raises NotSignedIn."""
    found = User.objects.all() if people is None else people
    user = None if user_id is None else found.filter(id=user_id, is_active=True).first()
    if user is None:
        raise NotSignedIn
    return user


def taking_part(room_id: int, user: User, *, moderating: bool = False) -> Joining:
    """The person in a room of an open store; platform staff who are `moderating` may be in another's.

    Raises NotFound, StoreSuspended, StoreNotApproved.
    """
    joining = selectors.join(room_id=room_id, viewer=user)
    if not (moderating and joining.facts.platform_staff):
        require_open(joining.room.store)
    return joining


def refuse(problem: Problem | None) -> None:
    """Raises the problem, if there is one."""
    if problem is not None:
        raise problem


def require_not_ended(room: LiveRoom) -> None:
    """Raises RoomHasEnded."""
    if room.status == RoomStatus.ENDED:
        raise RoomHasEnded


def require_still_live(room: LiveRoom) -> None:
    """Within a transaction that is about to add to the room: raises RoomHasEnded if it ended meanwhile (has_ended)."""
    if has_ended(room):
        raise RoomHasEnded


def has_ended(room: LiveRoom) -> bool:
    """Within a transaction: whether the room has ended by now.

    If not, keeps it from ending (hosted_room) until all is committed, so that nothing comes after the end. Writers of
    questions do not wait for each other, nor for changes of the room's settings and totals.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM interactions_liveroom WHERE id = %s FOR KEY SHARE", [room.pk])
        found = cursor.fetchone()
    if found is None:
        raise NotFound
    return bool(found[0] == RoomStatus.ENDED)


def hosted_room(*, user: User, room_id: int, ending: bool = False) -> LiveRoom:
    """Within a transaction: the room with its store, locked, for somebody who may host it. Raises NotFound, NotStaff.

    The lock keeps others from changing the room's own row; asking and voting go on meanwhile. Not for one that is
    `ending`: it waits for questions and answers that are being written, and those that come then wait for it.
    """
    room = LiveRoom.objects.select_related("store").filter(id=room_id).first()
    if room is None:
        raise NotFound
    role = roles.role_of(user=user, store=room.store)
    if room.store.status != StoreStatus.APPROVED and role is None and not user.is_staff:
        raise NotFound
    if role is None or Action.HOST not in ALLOWED[role]:
        raise NotStaff
    locked = LiveRoom.objects.select_for_update(of=("self",), no_key=not ending).select_related("store")
    room = locked.filter(id=room_id).first()
    if room is None:
        raise NotFound
    return room
