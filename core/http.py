"""What every answer has in common: request ids, problem+json for every failure, and who is calling from where."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.decorators import async_only_middleware
from psycopg import OperationalError

from core import logs
from core.problems import BY_STATUS, CONTENT_TYPE, BadJson, PayloadTooLarge, Problem, ServerError, Unavailable

log = logs.get(__name__)
Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]
Scope = Mapping[str, Any]
NO_BODY = {204, 304}
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def is_api(path: str) -> bool:
    """Whether this address belongs to the JSON API, whose every answer is JSON."""
    return path.startswith("/api/")


def speaks_json(path: str) -> bool:
    """Whether callers here expect JSON even of failures: the API, and allauth's."""
    return path.startswith(("/api/", "/_allauth/"))


def _is_json(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").partition(";")[0] in {CONTENT_TYPE, "application/json"}


def client_ip(meta: Mapping[str, Any]) -> str:
    """The caller's address: the socket's, or what the outermost of our own proxies saw. Nobody else is believed."""
    address = str(meta.get("REMOTE_ADDR") or "")
    forwarded = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    if settings.TRUSTED_PROXIES and len(forwarded) >= settings.TRUSTED_PROXIES:
        address = forwarded[-settings.TRUSTED_PROXIES]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return "unknown"


def problem_for(error: BaseException) -> Problem:
    """The problem that stands for an exception: itself, a bad form, PostgreSQL that is away, else a server error."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, SuspiciousOperation | MultiPartParserError):
        return Problem("The form cannot be read: it is broken, or has too many parts.")
    if isinstance(error, RecursionError) and _while_reading_json(error):
        return BadJson()
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OperationalError):
            log.error("PostgreSQL is away", exc_info=error)
            return Unavailable(retry_after=1)
        cause = cause.__cause__
    log.error("a request failed", exc_info=error)
    return ServerError(request_id=logs.request_id.get())


def _while_reading_json(error: BaseException) -> bool:
    """Whether the last of our frames was the JSON decoder's: the body was nested deeper than Python goes."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "json.decoder"


def _on_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """For views that are not ninja's, before Django makes its own page of what they raised."""
    return problem_for(error).response() if speaks_json(request.path) else None


@async_only_middleware
def api_answers(get_response: Handler) -> Handler:
    """Outermost: gives each request an id, and turns whatever is not yet a problem document into one."""

    async def answer(request: HttpRequest) -> HttpResponse:
        offered = request.META.get("HTTP_X_REQUEST_ID", "")
        identifier = offered if _REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)
        token = logs.request_id.set(identifier)
        try:
            response = await get_response(request)
        except Exception as error:
            response = problem_for(error).response()
        finally:
            logs.request_id.reset(token)
        if response.status_code >= 400 and speaks_json(request.path) and not _is_json(response):
            kept = response.get("Allow")
            kind = BY_STATUS.get(response.status_code, ServerError if response.status_code >= 500 else Problem)
            response = kind().response()
            if kept:
                response["Allow"] = kept
        response["X-Request-Id"] = identifier
        if not response.streaming and response.status_code not in NO_BODY:
            # Servers cut an answer of unknown length into chunks.
            response["Content-Length"] = str(len(response.content))
        return response

    answer.process_exception = _on_exception  # type: ignore[attr-defined]  # where Django looks for it
    return answer


class BodyLimits:
    """ASGI: refuses a body larger than its route takes, by its announced length or as it arrives, before it is read.

    `limits` are (pattern of the path, bytes), first match wins.
    """

    def __init__(self, app: Any, limits: list[tuple[str, int]]) -> None:
        self.app = app
        self.limits = [(re.compile(pattern), size) for pattern, size in limits]

    def limit_for(self, path: str) -> int:
        """How many bytes this path takes."""
        return next(size for pattern, size in self.limits if pattern.match(path))

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass the request on with a counting `receive`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_for(scope["path"])
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > limit:
            await self._refuse(send, limit)
            return
        seen = 0

        async def counted() -> Any:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _TooLarge
            return message

        try:
            await self.app(scope, counted, send)
        except _TooLarge:
            await self._refuse(send, limit)

    async def _refuse(self, send: Any, limit: int) -> None:
        answer = PayloadTooLarge(max_bytes=limit).response()
        headers = [(b"content-type", CONTENT_TYPE.encode()), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})


class _TooLarge(Exception):
    """The body grew past its limit while it arrived."""
