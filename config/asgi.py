"""The ASGI application: the API on its short chain, pages on Django's, websockets beside them."""

from __future__ import annotations

import gc
import os
from typing import Any, Self

import django
from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections
from django.urls import get_resolver, set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config import bodies, inbound  # noqa: E402
from config.drain import drain  # noqa: E402
from config.routing import websockets  # noqa: E402  # models need django.setup() first
from core import db  # noqa: E402
from core.http import BodyLimits, is_api  # noqa: E402
from interactions.live.presence import presence  # noqa: E402


class OwnThread(ThreadSensitiveContext):
    """A thread for one request's database work, never another request's.

    After a long body uvicorn reads on in the context of the request that it paused, so that the next request of that
    connection begins in it. Sharing its thread, which ends with it, would lose the connections opened there.
    """

    async def __aenter__(self) -> Self:
        """Unlike the parent class, also within another one."""
        self.token = SyncToAsync.thread_sensitive_context.set(self)
        return self


class ApiHandler(ASGIHandler):
    """Django's handler with API_MIDDLEWARE: the classic middlewares cost a thread hop each, and the API needs none."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Builds the chain once, at start."""
        pages_chain = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = pages_chain

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Django's `handle` without what needs a thread: an async route of ours then runs in none from end to end.

        Django sends its request signals through a thread of the request's own, and waits for a disconnect in a task.
        Here a request that used threads closes its connections in them, and one whose client left runs to its end: no
        write is cut off in the middle.
        """
        async with OwnThread() as own:
            try:
                await self._answer(scope, receive, send)
            finally:
                if own in SyncToAsync.context_to_thread_executor:
                    await sync_to_async(close_old_connections)()

    async def _answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            set_script_prefix(get_script_prefix(scope))
            request, refusal = self.create_request(scope, body)
            response = refusal if request is None else await self.run_get_response(request)
            assert response is not None, "create_request gives a request or a refusal"
            await self.send_response(response, send)
            if request is not None:
                request.close()  # its uploaded files


class Application:
    """Sends each connection to the part that serves it."""

    def __init__(self) -> None:
        self.api = ApiHandler()
        self.pages = ASGIHandler()
        limits = settings.LIMITS
        self.http = BodyLimits(
            self._http,
            [
                (r"/api/v1/webhooks/", limits.webhook_body_bytes),
                (r"/api/v1/stores/[^/]+/orders/imports$", limits.csv_body_bytes),
                # Room for the multipart frame and the other fields.
                (r"/api/v1/(stores/[^/]+/(media|avatar|cover)|me/avatar)$", limits.media_bytes + 100_000),
                (r"/admin/", limits.media_bytes),
                (r"", limits.json_body_bytes),
            ],
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """ASGI's entry."""
        if scope["type"] == "websocket":
            # Each takes an open file, and so do requests and the database's connections.
            if len(presence().sockets) < settings.LIMITS.live_sockets_per_process:
                await websockets(scope, receive, send)
            else:
                await inbound.refuse(scope, receive, send)
        elif scope["type"] == "http":
            drain.requests += 1
            try:
                await self.http(scope, receive, send)
            finally:
                drain.requests -= 1
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if is_api(scope["path"]):
            await self.api(scope, receive, send)
        else:
            async with OwnThread():
                await self.pages(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            ending = message["type"] == "lifespan.shutdown"
            if ending:
                await db.close()
            else:
                drain.install()
            await send({"type": f"{message['type']}.complete"})
            if ending:
                return


application = Application()
# Every route is loaded now rather than by the first request. What then exists stays for good: the collector need not
# look through it again and again, which stopped a process for a tenth of a second at a time.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
# A websocket that was served leaves 15 KiB in circles of the server's own: the oldest are looked through often enough
# that some thousands of those do not pile up.
gc.set_threshold(10_000, 20, 1)
bodies.bound(application.http.limit_for)
inbound.bound(settings.LIMITS.live_frame_bytes)
drain.install_when_running()
