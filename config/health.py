"""Addresses for machines: alive, ready, metrics; and in development the uploaded pictures."""

from __future__ import annotations

import functools
import posixpath

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.static import serve
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from core import redis

PROCESSED = "media/"


class Readiness:
    """Whether this process wants traffic; shutdown turns it off before sockets are closed."""

    draining = False


async def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return JsonResponse({"status": "alive"})


@functools.cache
def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _NotMigrated
    return True


class _NotMigrated(Exception):
    """Raised instead of returned, so that only the good answer is remembered."""


def _state() -> tuple[int, dict[str, str]]:
    parts = {"postgresql": "ok", "migrations": "ok", "redis": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _migrated()
    except DatabaseError:
        parts["postgresql"] = "away"
    except _NotMigrated:
        parts["migrations"] = "missing: run manage.py migrate"
    if not redis.feed().ping():
        parts["redis"] = "degraded"
    if redis.plain() is not redis.feed():
        parts["redis_plain"] = "ok" if redis.plain().ping() else "degraded"
    if Readiness.draining:
        parts["process"] = "draining"
    ready = parts["postgresql"] == parts["migrations"] == "ok" and not Readiness.draining
    status = "not ready" if not ready else "degraded" if "degraded" in parts.values() else "ready"
    return (200 if ready else 503), {"status": status, **parts}


async def readyz(request: HttpRequest) -> HttpResponse:
    """PostgreSQL answers and is migrated; Redis may be degraded."""
    code, state = await sync_to_async(_state)()
    return JsonResponse(state, status=code)


async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def media_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """A processed picture from the local folder; names are never reused, so clients may keep it for good.

    Only those: what people sent, with all that it says of them, waits under another folder and is never served.
    """
    if not posixpath.normpath(name).startswith(PROCESSED):
        raise Http404
    try:
        response = serve(request, name, document_root=str(settings.MEDIA_ROOT))
    except (OSError, ValueError) as error:  # no name of a file: too long, or with a NUL in it
        raise Http404 from error
    if isinstance(response, FileResponse):
        # Whole: an ASGI server would wait for each piece of a synchronous stream, and these files are small.
        whole = HttpResponse(response.getvalue(), headers=dict(response.items()))
        response.close()
        response = whole
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
