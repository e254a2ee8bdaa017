"""The application with one empty route beside its own: what a request costs before it does anything."""

from __future__ import annotations

from config import asgi  # isort: skip  # sets Django up, and must come first
from django.http import HttpRequest, HttpResponse

from accounts.auth import hot_signed_in
from config.api import api
from core.api import Router

router = Router(auth=hot_signed_in)


@router.get("/bench/empty", operation_id="bench_empty", include_in_schema=False)
async def empty(request: HttpRequest) -> HttpResponse:
    """The same sign-in and the same middleware as the feed, and an answer that is ready."""
    return HttpResponse(b'{"ok":true}', content_type="application/json")


api.add_router("", router)
api._routers.insert(0, api._routers.pop())  # as early among the addresses as the feed
application = asgi.application
