"""The application with one empty route beside its own: what a request costs before it does anything."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)  # before the models that routes import

from django.http import HttpRequest, HttpResponse  # noqa: E402

from accounts.auth import hot_signed_in  # noqa: E402
from config.api import api  # noqa: E402
from core.api import Router  # noqa: E402

router = Router(auth=hot_signed_in)


@router.get("/bench/empty", operation_id="bench_empty", include_in_schema=False)
async def empty(request: HttpRequest) -> HttpResponse:
    """The same sign-in and the same middleware as the feed, and an answer that is ready."""
    return HttpResponse(b'{"ok":true}', content_type="application/json")


api.add_router("", router)
api._routers.insert(0, api._routers.pop())  # as early among the addresses as the feed

from config import asgi  # noqa: E402  # the routes are complete: it loads them

application = asgi.application
