"""Who is at a socket's door: the exact allowlist of origins, the browser's cookie, the one-time ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import parse_cookie

from accounts import tickets
from core.http import client_ip
from core.problems import Forbidden, NotSignedIn, Unavailable
from core.redis import RedisAway


class ForeignOrigin(Forbidden):
    """Pages from there may not open this socket."""

    code = "foreign_origin"


class CookieWithoutOrigin(Forbidden):
    """A cookie counts only from a browser, which says its Origin: use a ticket."""

    code = "cookie_without_origin"


class BadTicket(NotSignedIn):
    """This ticket was used, has expired or was never given: fetch a new one."""

    code = "bad_ticket"


def _header(scope: Mapping[str, Any], name: bytes) -> str:
    found = [value for key, value in scope["headers"] if key == name]
    return b"; ".join(found).decode("latin-1")


def key_by_cookie(scope: Mapping[str, Any]) -> str:
    """The session key in a browser's cookie, "" without one. Raises ForeignOrigin, CookieWithoutOrigin."""
    origin = _header(scope, b"origin")
    if origin and origin not in settings.ALLOWED_ORIGINS:
        raise ForeignOrigin
    session_key = parse_cookie(_header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")[:40]
    if session_key and not origin:
        raise CookieWithoutOrigin
    return session_key


def address_of(scope: Mapping[str, Any]) -> str:
    """The client's address, by the rule for requests."""
    forwarded = b",".join(value for key, value in scope["headers"] if key == b"x-forwarded-for").decode("latin-1")
    client = scope.get("client") or ("",)
    return client_ip({"REMOTE_ADDR": client[0], "HTTP_X_FORWARDED_FOR": forwarded})


async def key_by_ticket(ticket: str) -> str:
    """The session key that a ticket stands for, once. Raises BadTicket, Unavailable."""
    try:
        session_key = await tickets.redeem(ticket)
    except RedisAway as error:
        raise Unavailable(retry_after=2) from error
    if session_key is None:
        raise BadTicket
    return session_key
