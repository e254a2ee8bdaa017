"""The life of a room: opening, changing, starting, ending, and its totals.

A store may have several rooms live at a time: a big one hosts on several tables, and a room that somebody forgot to end
must not keep the next one from starting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Greatest

from accounts.models import User
from core import clock
from core.problems import Conflict, NotFound, invalid
from interactions.live import room as live_log
from interactions.live.changes import RoomText, Rules
from interactions.live.events import RoomEnded, RoomStarted
from interactions.live.policy import RoomHasEnded
from interactions.models import AskPolicy, LiveRoom, RoomProduct, RoomStatus
from interactions.services.access import hosted_room, require_not_ended
from interactions.services.room_log import tell
from interactions.services.room_settings import lay_down
from interactions.services.table import lay_table
from posts.models import Media, MediaPurpose, MediaStatus
from posts.problems import MediaNotReady
from posts.products import Product
from stores import roles
from stores.models import Store
from stores.roles import Action
from stores.selectors.stores import require_open, visible_store


class RoomHasStarted(Conflict):
    """This room has started already: its time cannot be moved."""

    code = "room_started"


@transaction.atomic
def create_room(
    *, user: User, handle: str, title: str, ask_policy: AskPolicy = AskPolicy.BUYERS, slow_mode_s: int = 10,
    premoderate: bool = False, starts_at: datetime | None = None, cover_id: int | None = None,
    products: Sequence[Product] = (),
) -> LiveRoom:  # fmt: skip
    """A scheduled room. Raises NotFound, NotStaff, StoreSuspended, StoreNotApproved, MediaNotReady, Invalid."""
    store = visible_store(handle=handle, viewer=user)
    roles.require(user=user, store=store, action=Action.HOST)
    require_open(store)
    room = LiveRoom.objects.create(
        store=store,
        host=user,
        title=title,
        ask_policy=ask_policy,
        slow_mode_s=slow_mode_s,
        premoderate=premoderate,
        starts_at=_time_ahead(starts_at),
        cover=_cover(store, cover_id),
    )
    RoomProduct.objects.bulk_create(lay_table(room, products))
    return room


@transaction.atomic
def update_room(*, user: User, room_id: int, about: RoomText, rules: Rules) -> LiveRoom:
    """Changes what is given, before the room ends; other rules are told to all in it.

    Raises NotFound, NotStaff, RoomHasEnded, RoomHasStarted, MediaNotReady, StoreSuspended, StoreNotApproved, Invalid,
    Unavailable.
    """
    room = hosted_room(user=user, room_id=room_id)
    require_open(room.store)
    require_not_ended(room)
    if "title" in about:
        room.title = about["title"]
    if "cover" in about and about["cover"] != room.cover_id:
        room.cover = _cover(room.store, about["cover"])
    if "starts_at" in about and about["starts_at"] != room.starts_at:
        if room.status != RoomStatus.SCHEDULED:
            raise RoomHasStarted
        room.starts_at = _time_ahead(about["starts_at"])
    room.save(update_fields=["title", "cover", "starts_at"])
    lay_down(room, rules)
    return room


def _time_ahead(starts_at: datetime | None) -> datetime | None:
    if starts_at is not None:
        now, days = clock.now(), settings.LIMITS.schedule_ahead_days
        if not now < starts_at <= now + timedelta(days=days):
            raise invalid("starts_at", f"must lie in the future, within {days} days")
    return starts_at


def _cover(store: Store, media_id: int | None) -> Media | None:
    if media_id is None:
        return None
    media = Media.objects.filter(id=media_id, store=store, purpose=MediaPurpose.POST).first()
    if media is None:
        raise NotFound(errors=[{"field": "cover", "code": "not_found", "message": "is not a picture of this store"}])
    if media.status != MediaStatus.READY:
        raise MediaNotReady
    return media


@transaction.atomic
def start_room(*, user: User, room_id: int) -> LiveRoom:
    """Goes live; again changes nothing. Raises NotFound, NotStaff, RoomHasEnded, StoreSuspended, Unavailable."""
    room = hosted_room(user=user, room_id=room_id)
    require_open(room.store)
    if room.status == RoomStatus.ENDED:
        raise RoomHasEnded
    if room.status == RoomStatus.SCHEDULED:
        live_log.require_log()
        room.status, room.started_at = RoomStatus.LIVE, clock.now()
        room.save(update_fields=["status", "started_at"])
        tell(room=room, event=RoomStarted(started_at=room.started_at))
    return room


@transaction.atomic
def end_room(*, user: User, room_id: int) -> LiveRoom:
    """Ends it for good and freezes its totals; again changes nothing. One that never started is called off by this.

    Raises NotFound, NotStaff, Unavailable.
    """
    room = hosted_room(user=user, room_id=room_id, ending=True)
    if room.status != RoomStatus.ENDED:
        live_log.require_log()
        _, totals = live_log.now_at(room.pk)
        room.status, room.ended_at = RoomStatus.ENDED, clock.now()
        room.likes = max(room.likes, totals.likes)
        room.peak_viewers = max(room.peak_viewers, totals.viewers)
        room.save(update_fields=["status", "ended_at", "likes", "peak_viewers"])
        tell(room=room, event=RoomEnded(ended_at=room.ended_at, likes=room.likes))
    return room


def save_totals(*, room_id: int, likes: int, viewers: int) -> None:
    """Keeps a live room's numbers, which live in Redis, for the time after it."""
    LiveRoom.objects.filter(id=room_id, status=RoomStatus.LIVE).update(
        likes=Greatest("likes", likes), peak_viewers=Greatest("peak_viewers", viewers)
    )
