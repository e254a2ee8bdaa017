"""Errors people can act on: one class a rule, answered as problem+json (RFC 9457)."""

from __future__ import annotations

import math
from typing import Any

import orjson
from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """Something about this request cannot be done."""

    status = 400
    code = "bad_request"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: list[dict[str, Any]] | None = None,
        retry_after: float | None = None,
        **extra: Any,
    ) -> None:
        self.detail = detail or self.message()
        self.errors = errors
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))
        self.extra = extra
        super().__init__(self.detail)

    @classmethod
    def message(cls) -> str:
        """The rule in one sentence: the class's docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    def body(self) -> dict[str, Any]:
        """The members of the problem document."""
        members: dict[str, Any] = {
            "type": f"/api/v1/problems#{self.code}",
            "title": self.message(),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors is not None:
            members["errors"] = self.errors
        if self.retry_after is not None:
            members["retry_after"] = self.retry_after
        return members | self.extra

    def response(self) -> HttpResponse:
        """The problem as an HTTP answer."""
        response = HttpResponse(orjson.dumps(self.body()), content_type=CONTENT_TYPE, status=self.status)
        if self.retry_after is not None:
            response["Retry-After"] = str(self.retry_after)
        return response


class BadJson(Problem):
    """The body is not the JSON that this route reads."""

    code = "bad_json"


class NotSignedIn(Problem):
    """Sign in first: the session token is missing, wrong or ended."""

    status = 401
    code = "not_signed_in"


class Forbidden(Problem):
    """You may not do this."""

    status = 403
    code = "forbidden"


class CsrfFailed(Forbidden):
    """A browser's cookie needs the CSRF token beside it."""

    code = "csrf_failed"


class NotFound(Problem):
    """There is nothing here, or nothing that you may know of."""

    status = 404
    code = "not_found"


class MethodNotAllowed(Problem):
    """This address does not take this method."""

    status = 405
    code = "method_not_allowed"


class Conflict(Problem):
    """This does not fit the present state."""

    status = 409
    code = "conflict"


class PreconditionFailed(Problem):
    """Somebody changed this since you read it: fetch it anew, then try again."""

    status = 412
    code = "precondition_failed"


class PayloadTooLarge(Problem):
    """The body is larger than this route takes."""

    status = 413
    code = "payload_too_large"


class UnsupportedMediaType(Problem):
    """This route does not read that content type."""

    status = 415
    code = "unsupported_media_type"


class Invalid(Problem):
    """Some fields are missing or wrong; see errors."""

    status = 422
    code = "invalid"


class BadCursor(Invalid):
    """This cursor is not one that we gave: start again without it."""

    code = "bad_cursor"


class RateLimited(Problem):
    """Too many requests: wait, then try again."""

    status = 429
    code = "rate_limited"


class ServerError(Problem):
    """Something broke on our side; it is logged under the request id."""

    status = 500
    code = "server_error"


class Unavailable(Problem):
    """A part that we need is away for a moment: try again."""

    status = 503
    code = "unavailable"


BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        Problem, NotSignedIn, Forbidden, NotFound, MethodNotAllowed, Conflict, PreconditionFailed, PayloadTooLarge,
        UnsupportedMediaType, Invalid, RateLimited, ServerError, Unavailable,
    )
}  # fmt: skip


def invalid(field: str, message: str, *, code: str = "value_error") -> Invalid:
    """A 422 about one field, in the same form as the schema's own."""
    return Invalid(errors=[{"field": field, "code": code, "message": message}])
