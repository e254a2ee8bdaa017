"""The chat of the Channels tutorial, its layer the pub/sub one, and a consumer that does nothing.

It gets what the room gets: the same server with the same options, the same Redis, the same messages, a collector that
was told what stays. It is spared what a room does beside: sign-in, history, order, bounds for who reads slowly.
"""

from __future__ import annotations

import gc
import json
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels comes without types
    """Somebody in a chat room."""

    async def connect(self) -> None:
        """Joins the room's group."""
        self.room_group_name = f"chat_{self.scope['url_route']['kwargs']['room_name']}"
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept()
        await self.send(text_data=json.dumps({"type": "welcome"}))

    async def disconnect(self, code: int) -> None:
        """Leaves it."""
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Says something to the room."""
        message = json.loads(text_data or "{}")["message"]
        await self.channel_layer.group_send(self.room_group_name, {"type": "chat.message", "message": message})

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Hears something."""
        await self.send(text_data=json.dumps({"message": event["message"]}))


class BareConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # as above
    """Accepts, and that is all: what a socket costs at least under Channels."""

    async def connect(self) -> None:
        """Welcome."""
        await self.accept()
        await self.send(text_data=json.dumps({"type": "welcome"}))


_websockets = URLRouter(
    [
        re_path(r"^ws/chat/(?P<room_name>\w+)/$", ChatConsumer.as_asgi()),
        re_path(r"^ws/bare/$", BareConsumer.as_asgi()),
    ]
)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Websockets; any HTTP request is answered that the process is ready."""
    if scope["type"] == "websocket":
        await _websockets(scope, receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ready"})
    elif scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


# As the real application does.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
