"""A room as a newcomer is welcomed with it, read once for all who come at about the same time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

from pydantic import TypeAdapter

from core.api import to_json
from core.problems import NotFound
from interactions.live import selectors
from interactions.live.events import QuestionOut, RoomProductOut
from interactions.live.policy import NOBODY
from interactions.live.room import Position
from interactions.live.schemas import RoomInfo, You
from interactions.live.selectors import Joining
from interactions.models import LiveRoom, RoomStatus
from stores.models import StoreStatus

_QUESTIONS = TypeAdapter(list[QuestionOut])
_PRODUCTS = TypeAdapter(list[RoomProductOut])


@dataclass(frozen=True)
class Snapshot:
    """A room at a position of its log, or a little after: hearing of something twice is harmless."""

    position: Position
    read_at: float
    status: RoomStatus
    public: bool
    likes: int
    room: bytes
    questions: bytes
    products: bytes
    you_as_nobody: bytes

    @cached_property
    def welcome(self) -> bytes:
        """The part of the welcome that is the same for all who get it."""
        position = self.position
        return b'{"type":"welcome","room":%s,"epoch":%s,"offset":%d,"questions":%s,"products":%s,' % (
            self.room,
            b'"%s"' % position.epoch.encode() if position.epoch else b"null",
            position.offset,
            self.questions,
            self.products,
        )

    @property
    def age_s(self) -> float:
        """Seconds since it was read."""
        return time.monotonic() - self.read_at


def read(*, room_id: int, position: Position) -> Snapshot:
    """The room now, whose log was at `position` before this call. Raises NotFound. Three statements."""
    read_at = time.monotonic()
    room = LiveRoom.objects.select_related("store", "cover").filter(id=room_id).first()
    if room is None:
        raise NotFound
    return Snapshot(
        position=position,
        read_at=read_at,
        status=RoomStatus(room.status),
        public=room.store.status == StoreStatus.APPROVED,
        likes=room.likes,
        room=RoomInfo.of(room).model_dump_json().encode(),
        questions=_QUESTIONS.dump_json(selectors.table(room)),
        products=_PRODUCTS.dump_json([RoomProductOut.of(product) for product in room.products.all()]),
        you_as_nobody=encode_you(selectors.you(Joining(room, None, NOBODY))),
    )


def encode_you(you: You) -> bytes:
    """What the welcome says of its reader."""
    return to_json(you.model_dump(mode="json"))
