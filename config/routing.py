"""Websocket addresses, in a table of our own: Channels' URLRouter raises for an unknown path and copies each scope."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from feed.consumers import feed_socket
from interactions.live.consumers import room_socket

ROUTES: tuple[tuple[re.Pattern[str], Callable[..., Awaitable[None]]], ...] = (
    (re.compile(r"/ws/feed"), feed_socket),
    (re.compile(r"/ws/rooms/(?P<room_id>[0-9]{1,15})"), room_socket),
)


async def websockets(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Sends a socket to the application of its path, with the path's names under `url_route` as Channels has them."""
    for pattern, application in ROUTES:
        found = pattern.fullmatch(scope["path"])
        if found is not None:
            scope["url_route"] = {"args": (), "kwargs": found.groupdict()}
            await application(scope, receive, send)
            return
    await receive()
    await send({"type": "websocket.close"})
