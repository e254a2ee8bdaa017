"""Idempotency-Key: a retried POST gets the first answer again, and its effect happens once.

The lock, the effect and the remembered answer live in one transaction. So a crash leaves nothing behind and the retry
starts afresh; two at once cannot both run; and only answers of success are kept, as a refusal has had no effect.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import async_only_middleware
from django.utils.module_loading import import_string

from core import clock
from core.http import Handler, problem_for
from core.models import RememberedAnswer
from core.problems import Conflict, Invalid, invalid

KEPT_HEADERS = ("Content-Type", "ETag", "Link", "Location")
MAX_KEY = 255


class IdempotencyMismatch(Invalid):
    """This Idempotency-Key was used with another body."""

    code = "idempotency_mismatch"


class IdempotencyInFlight(Conflict):
    """The first request with this Idempotency-Key is still running: try again shortly."""

    code = "idempotency_in_flight"


@async_only_middleware
def remember_answers(get_response: Handler) -> Handler:
    """Applies to every POST of the API that carries the header and a valid session."""

    async def answer(request: HttpRequest) -> HttpResponse:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        # No route has a NUL in its address, and no column can keep one.
        if request.method != "POST" or key is None or "\0" in request.path:
            return await get_response(request)
        try:
            return await sync_to_async(_answer_once)(get_response, request, key)
        except Exception as error:
            return problem_for(error).response()

    return answer


def _answer_once(get_response: Handler, request: HttpRequest, key: str) -> HttpResponse:
    if not 1 <= len(key) <= MAX_KEY or "\0" in key:
        raise invalid("Idempotency-Key", f"must have 1 to {MAX_KEY} characters")
    user_id = import_string(settings.IDEMPOTENCY_IDENTITY)(request)
    if user_id is None:
        return async_to_sync(get_response)(request)
    route = request.path[:200]
    body_hash = _body_hash(request)
    with transaction.atomic():
        _lock(user_id, route, key)
        kept = RememberedAnswer.objects.filter(user_id=user_id, route=route, key=key).first()
        if kept is not None and kept.created_at < clock.now() - timedelta(hours=settings.LIMITS.idempotency_hours):
            kept.delete()
            kept = None
        if kept is not None:
            if bytes(kept.body_sha256) != body_hash:
                raise IdempotencyMismatch
            return _again(kept)
        response = async_to_sync(get_response)(request)
        if response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            _remember(response, user_id=user_id, route=route, key=key, body_sha256=body_hash)
    return response


def _body_hash(request: HttpRequest) -> bytes:
    """Of the body as sent; a multipart body by its parts, since its boundary is drawn anew on each try."""
    digest = hashlib.sha256()
    if (request.content_type or "").startswith("multipart/"):
        for name, values in sorted(request.POST.lists()):
            digest.update(repr((name, values)).encode())
        for name, upload in sorted(request.FILES.items()):
            digest.update(repr((name, upload.name)).encode())  # type: ignore[union-attr]  # one file a field
            for chunk in upload.chunks():  # type: ignore[union-attr]
                digest.update(chunk)
            upload.seek(0)  # type: ignore[union-attr]
    else:
        digest.update(request.body)
    return digest.digest()


def _lock(user_id: int, route: str, key: str) -> None:
    number = int.from_bytes(hashlib.blake2b(f"{user_id} {route} {key}".encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not (cursor.fetchone() or (False,))[0]:
            raise IdempotencyInFlight(retry_after=1)


def _remember(response: HttpResponse, *, user_id: int, route: str, key: str, body_sha256: bytes) -> None:
    RememberedAnswer.objects.create(
        user_id=user_id,
        route=route,
        key=key,
        body_sha256=body_sha256,
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if response.has_header(name)},
        body=response.content,
    )


def _again(kept: RememberedAnswer) -> HttpResponse:
    response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    response["Idempotency-Replayed"] = "true"
    return response


def forget_old() -> int:
    """Deletes answers past their time; how many."""
    edge = clock.now() - timedelta(hours=settings.LIMITS.idempotency_hours)
    count, _ = RememberedAnswer.objects.filter(created_at__lt=edge).delete()
    return count
