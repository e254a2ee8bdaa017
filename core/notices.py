"""Personal notices to open feed sockets: hints through the channel layer, which may lose them."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from core import logs, redis

log = logs.get(__name__)


def group(user_id: int) -> str:
    """The channel-layer group of one person's feed sockets."""
    return f"person.{user_id}"


def tell(*, user_id: int, notice: dict[str, Any]) -> None:
    """Sends a notice ({"type": "comment_reply", …}) to the sockets this person has open; without any it is lost."""
    if redis.plain().is_open():
        return  # it would only wait for a Redis that does not answer

    async def send() -> None:
        await asyncio.wait_for(
            get_channel_layer().group_send(group(user_id), {"type": "notice", "notice": notice}), timeout=1
        )

    try:
        async_to_sync(send)()
    except Exception as error:  # the layer raises whatever its driver raises, and a hint must never fail its sender
        log.warning("a notice was lost: %s", error)
