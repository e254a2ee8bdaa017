"""The application with one empty route beside its own: what a request costs before it does anything.

With BENCH_SEND_BUFFER the system keeps so many bytes at most for a client who does not read, as it does for one far
away. Over loopback it would grow to megabytes, and no server would notice within minutes.
"""

from __future__ import annotations

import os
import socket
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)  # before the models that routes import

from django.http import HttpRequest, HttpResponse  # noqa: E402

from accounts.auth import hot_signed_in  # noqa: E402
from config.api import api  # noqa: E402
from core.api import Router  # noqa: E402

SEND_BUFFER = int(os.environ.get("BENCH_SEND_BUFFER", "0"))


def _listen(listening: socket.socket, *arguments: Any) -> None:
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    _system_listen(listening, *arguments)


if SEND_BUFFER:  # what is accepted has what the listening socket has
    _system_listen = socket.socket.listen
    socket.socket.listen = _listen  # type: ignore[method-assign, assignment]  # both servers call it, neither has an option for it

router = Router(auth=hot_signed_in)


@router.get("/bench/empty", operation_id="bench_empty", include_in_schema=False)
async def empty(request: HttpRequest) -> HttpResponse:
    """The same sign-in and the same middleware as the feed, and an answer that is ready."""
    return HttpResponse(b'{"ok":true}', content_type="application/json")


api.add_router("", router)
api._routers.insert(0, api._routers.pop())  # as early among the addresses as the feed

from config import asgi  # noqa: E402  # the routes are complete: it loads them

application = asgi.application
