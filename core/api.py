"""The API's manners: strict inputs, declared problems, pages, conditional answers; and the router that keeps them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import ninja
import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja.constants import NOT_SET
from ninja.parser import Parser
from ninja.responses import Status as Status
from pydantic import ConfigDict, Field

from core.problems import PreconditionFailed, UnsupportedMediaType

JSON = "application/json"
T = TypeVar("T")


class In(ninja.Schema):
    """A body that a client sends: unknown fields are refused, so that a typing error never passes as done."""

    model_config = ConfigDict(extra="forbid")


class Out(ninja.Schema):
    """A body that we send."""


class FieldError(Out):
    """One wrong field of a 422."""

    field: str
    code: str
    message: str


class ProblemOut(Out):
    """RFC 9457 problem document; `code` is stable and meant for programs."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] | None = None
    retry_after: int | None = None


class Page(Out, Generic[T]):
    """A page of a list; `next_cursor` is null at the end, and only there."""

    items: list[T]
    next_cursor: str | None = None


class PageQuery(ninja.Schema):
    """`?limit=&cursor=` of every list."""

    limit: int = Field(default_factory=lambda: settings.LIMITS.page_default, ge=1, le=settings.LIMITS.page_max)
    cursor: str | None = Field(default=None, min_length=1, max_length=200)


class JsonBody(Parser):
    """Reads JSON as RFC 8259 and I-JSON have it: UTF-8, each name once, numbers that are numbers."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value. Raises UnsupportedMediaType for a body that says it is something else, else ValueError."""
        kind = request.content_type or JSON
        if kind != JSON and not kind.endswith("+json"):
            raise UnsupportedMediaType
        text = request.body.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_each_name_once, parse_constant=_no_number)


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


class Router(ninja.Router):
    """A router whose routes declare their 4xx answers: the usual ones, and those named with `problems`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.declared: list[tuple[str, list[str], Callable[..., Any], dict[str, Any]]] = []

    def add_api_operation(self, path: str, methods: list[str], view_func: Callable[..., Any], **options: Any) -> None:
        """ninja's registration, with the problems added to the declared responses."""
        options = {key: value for key, value in options.items() if value is not NOT_SET}
        options = {key: value for key, value in options.items() if value is not None or key == "auth"}
        options.setdefault("tags", self.tags)
        if self.auth is not NOT_SET:
            options.setdefault("auth", self.auth)
        self.declared.append((path, methods, view_func, options))
        named: Sequence[int] = getattr(view_func, "problem_statuses", ())
        response = options.get("response")
        answers = dict(response) if isinstance(response, dict) else {200: response}
        for status in sorted({*named, *_usual_problems(path, methods)}):
            answers.setdefault(status, ProblemOut)
        super().add_api_operation(path, methods, view_func, **(options | {"response": answers}))


def joined(routers: Iterable[Router]) -> Router:
    """One router with all their routes. ninja gives an address to one router alone; here apps share some of them."""
    whole = Router()
    for router in routers:
        for path, methods, view_func, options in router.declared:
            whole.add_api_operation(path, methods, view_func, **options)
    return whole


def _usual_problems(path: str, methods: list[str]) -> set[int]:
    usual = {400, 401, 422, 429, 503}
    if "{" in path:
        usual.add(404)
    if set(methods) & {"POST", "PUT", "PATCH", "DELETE"}:
        usual |= {403, 409, 413, 415}
    return usual


def problems(*statuses: int) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Declares further 4xx answers of a route, beside the usual ones."""

    def mark(view: Callable[..., T]) -> Callable[..., T]:
        view.problem_statuses = statuses  # type: ignore[attr-defined]  # read by Router.add_api_operation
        return view

    return mark


def link_next(request: HttpRequest, response: HttpResponse, cursor: str | None) -> None:
    """Sets `Link: rel="next"` when there is a next page."""
    if cursor is not None:
        query = request.GET.dict() | {"cursor": cursor}
        response["Link"] = f'<{settings.BASE_URL}{request.path}?{urlencode(query)}>; rel="next"'


def etag_of(*parts: object, weak: bool) -> str:
    """An entity tag from whatever makes the resource what it is."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
    return f'W/"{digest}"' if weak else f'"{digest}"'


def is_fresh(request: HttpRequest, etag: str) -> bool:
    """Whether the client's If-None-Match names this tag (weak comparison, RFC 9110)."""
    bare = etag.removeprefix("W/")
    offered = [tag.strip().removeprefix("W/") for tag in request.META.get("HTTP_IF_NONE_MATCH", "").split(",")]
    return bare in offered or "*" in offered


def to_json(value: Any) -> bytes:
    """The one way our JSON is written: times in UTC with Z, decimals as text, so that money stays exact."""
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)


def json_answer(request: HttpRequest, body: bytes, *, etag: str | None = None) -> HttpResponse:
    """Prepared JSON bytes, or 304 when the client has them already. The tag is weak and of the bytes unless given."""
    tag = etag or f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    answer = HttpResponse(status=304) if is_fresh(request, tag) else HttpResponse(body, content_type="application/json")
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    return answer


def require_match(request: HttpRequest, etag: str) -> None:
    """Raises PreconditionFailed when If-Match names another version (strong comparison)."""
    wanted = request.headers.get("If-Match")
    if wanted is not None and wanted.strip() != "*" and etag not in [tag.strip() for tag in wanted.split(",")]:
        raise PreconditionFailed
