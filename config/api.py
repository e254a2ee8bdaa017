"""The API: every app's routes under one roof, one renderer, one form of failure."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.openapi.docs import Redoc
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import BaseRenderer

from accounts.api import router as accounts
from config.instance import router as instance
from core.api import JsonBody, joined, to_json
from core.http import problem_for
from core.problems import BY_STATUS, CONTENT_TYPE, BadJson, Forbidden, Invalid, NotFound, NotSignedIn, Problem
from feed.api import ROUTERS as feed
from interactions.api import ROUTERS as interactions
from posts.api import ROUTERS as posts
from stores.api import ROUTERS as stores


class Renderer(BaseRenderer):
    """The JSON of core.api.to_json."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The bytes of an answer."""
        return to_json(data)


class Api(NinjaAPI):
    """ninja's, whose document gives problems the content type that they are sent with."""

    _document: OpenAPISchema | None = None

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The OpenAPI document, made once: that takes most of a second, and the routes do not change."""
        if self._document is None:
            self._document = self._make_document(**options)
        return self._document

    def _make_document(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        for methods in document["paths"].values():
            for operation in methods.values():
                for answer in operation["responses"].values():
                    content = answer.get("content", {})
                    if content.get("application/json", {}).get("schema", {}).get("$ref", "").endswith("/ProblemOut"):
                        answer["content"] = {CONTENT_TYPE: content["application/json"]}
        return document


api = Api(
    title="Backyard",
    version=settings.VERSION,
    description="A store-follow social feed. Errors are problem+json with a stable `code`; lists are paged by cursor.",
    renderer=Renderer(),
    parser=JsonBody(),
    docs=Redoc(),
    openapi_url="/openapi.json",
    docs_url="/docs",
)


@api.exception_handler(Problem)
def on_problem(request: HttpRequest, error: Problem) -> HttpResponse:
    """A rule said no."""
    return error.response()


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The schema said no: which fields, and why."""
    errors = [
        {
            "field": _field(row["loc"]),
            "code": row["type"],
            "message": row["msg"],
        }
        for row in error.errors[:50]
    ]
    return Invalid(errors=errors).response()


def _field(place: tuple[str | int, ...]) -> str:
    """Where in the request; cut, as a client's own names occur in it."""
    return (".".join(str(part) for part in place[1:] if part != "body") or str(place[-1]))[:100]


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """ninja's own refusals."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__.response()
    if isinstance(error, AuthenticationError):
        return NotSignedIn().response()
    if isinstance(error, AuthorizationError):
        return Forbidden().response()
    if error.status_code == 400:
        return BadJson().response()
    return BY_STATUS.get(error.status_code, Problem)().response()


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """Nothing here."""
    return NotFound().response()


@api.exception_handler(PermissionDenied)
def on_denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    """Django's own refusal."""
    return Forbidden().response()


@api.exception_handler(Exception)
def on_crash(request: HttpRequest, error: Exception) -> HttpResponse:
    """A defect of ours, or PostgreSQL away: logged here, a problem without inner words for the client."""
    return problem_for(error).response()


# Addresses are tried in this order, and each that does not fit costs: the pages that are read most come first.
api.add_router("", joined([*feed, instance, accounts, *stores, *posts, *interactions]))
