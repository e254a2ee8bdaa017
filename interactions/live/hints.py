"""Hints for a room's moderators: told over its channel to whoever may see them, and never part of its log."""

from __future__ import annotations

from collections.abc import Iterable

from core import logs
from core.redis import RedisAway
from interactions.live import room
from interactions.live.audience import Audience
from interactions.live.events import QuestionOut
from interactions.live.frames import Held
from interactions.live.outlet import Encoded
from interactions.live.presence import presence

log = logs.get(__name__)


def tell_held(*, room_id: int, question: QuestionOut) -> None:
    """Tells moderators on all processes of a question that waits for them; after its commit. It may be lost."""
    try:
        room.publish_unlogged(
            room_id=room_id, kind="held", json=Held(type="held", question=question).model_dump_json().encode()
        )
    except RedisAway:
        log.warning("moderators of room %s were not told that question %s is held", room_id, question.id)


def tell_moderators(audience: Audience, frames: Iterable[Encoded]) -> None:
    """Sends frames to those sockets of this audience that were told last that they may moderate."""
    for socket in presence().moderators(audience.room_id):
        if socket.outlet in audience.outlets:
            for frame in frames:
                socket.outlet.push(frame)
