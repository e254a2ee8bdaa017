"""What can be changed about a room: the shapes that requests and frames bring to the services."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from interactions.models import AskPolicy


class RoomText(TypedDict, total=False):
    """What people read of a room; what is left out stays. `cover` is the id of a picture, None for none."""

    title: str
    starts_at: datetime | None
    cover: int | None


class Rules(TypedDict, total=False):
    """The room's rules; what is left out stays. `slow_mode_s`: seconds between two questions of one person."""

    ask_policy: AskPolicy
    slow_mode_s: int
    premoderate: bool
