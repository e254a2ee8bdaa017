"""Who is asking: one statement turns a session token or cookie into a person."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import NamedTuple, cast

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from accounts.models import User
from accounts.sessions import SessionStore
from core import clock, db
from core.problems import CsrfFailed, NotSignedIn


def session_sql(key: str) -> str:
    """SQL of at most one row: the session under a key (an SQL expression) and its active person, for `viewer_of`."""
    return f"""
SELECT s.session_data, u.id, u.password, u.is_staff, u.language, u.display_name
FROM accounts_session s JOIN accounts_user u ON u.id = s.user_id
WHERE s.session_key = {key} AND s.expire_date > now() AND u.is_active
"""  # noqa: S608  # an expression of our own


_VIEWER_SQL = session_sql("%(key)s")

# Others are nobody's, and some, with a NUL, no text that PostgreSQL takes.
_KEY = re.compile("[A-Za-z0-9]{1,40}")


def is_key(text: str) -> bool:
    """Whether a text can be a session's key, so that it is worth asking for."""
    return _KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person on the hot path: what a page needs to know, and no model."""

    id: int
    is_staff: bool
    language: str
    name: str


class SessionRow(NamedTuple):
    """What session_sql gives, in its order of columns. All is None where it is put beside what is there anyway."""

    session_data: str | None
    user_id: int | None
    password_hash: str | None
    is_staff: bool | None
    language: str | None
    name: str | None


def session_key(request: HttpRequest) -> tuple[str, bool]:
    """The session key that the request carries and whether it came as a cookie; "" when there is none."""
    token = request.META.get("HTTP_X_SESSION_TOKEN", "")
    return (token, False) if token else (request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""), True)


@functools.lru_cache(maxsize=10_000)
def _made_under(password_hash: str, session_data: str) -> bool:
    """Whether a session was made under the present password; changing it ends the others.

    Remembered, as the same two texts always give the same answer and the check costs more than the rest of a sign-in.
    """
    data = SessionStore().decode(session_data)
    user = User(password=password_hash)
    return constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def user_of_session(key: str) -> User | None:
    """The active person signed in under a session key, or None. One statement."""
    if not is_key(key):
        return None
    user = (
        User.objects.filter(sessions__session_key=key, sessions__expire_date__gt=clock.now(), is_active=True)
        .annotate(session_data=F("sessions__session_data"))
        .first()
    )
    return user if user is not None and _made_under(user.password, user.session_data) else None


async def viewer_of_session(key: str) -> Viewer | None:
    """The same on the hot path's connections, without a model."""
    row = await db.fetch_one(_VIEWER_SQL, {"key": key}) if is_key(key) else None
    return viewer_of(SessionRow(*row)) if row is not None else None


def viewer_of(row: SessionRow) -> Viewer | None:
    """The person of a living session, unless their password was changed since."""
    if row.user_id is None or row.session_data is None or row.password_hash is None:
        return None
    if not _made_under(row.password_hash, row.session_data):
        return None
    return Viewer(row.user_id, bool(row.is_staff), row.language or "", row.name or "")


def _guard_cookie(request: HttpRequest, from_cookie: bool) -> None:
    if from_cookie and request.method not in {"GET", "HEAD", "OPTIONS"} and check_csrf(request) is not None:
        raise CsrfFailed


def current_user(request: HttpRequest) -> User | None:
    """The person behind a request, looked up once; raises CsrfFailed for a cookie's write without its token."""
    if not hasattr(request, "_backyard_user"):
        key, from_cookie = session_key(request)
        user = user_of_session(key)
        if user is not None:
            _guard_cookie(request, from_cookie)
        request._backyard_user = user  # type: ignore[attr-defined]  # remembered for this request alone
    return cast(User | None, request._backyard_user)  # type: ignore[attr-defined]


def person_id(request: HttpRequest) -> int | None:
    """Whose Idempotency-Key this is (settings.IDEMPOTENCY_IDENTITY)."""
    user = current_user(request)
    return user.id if user else None


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody signed in, on a route that anyone may read. Truthy, as ninja wants of an accepted caller."""

    user: None = None


class SignedIn(AuthBase):
    """X-Session-Token, or a browser's session cookie."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "X-Session-Token"

    def __call__(self, request: HttpRequest) -> User:
        """The user, as `request.auth`."""
        user = current_user(request)
        if user is None:
            raise NotSignedIn
        return user


class MaybeSignedIn(SignedIn):
    """Public, but told apart when signed in. A token that is wrong is refused, never ignored."""

    def __call__(self, request: HttpRequest) -> User | Anonymous:  # type: ignore[override]  # wider on purpose
        """The user or Anonymous, as `request.auth`."""
        key, from_cookie = session_key(request)
        if not key:
            return Anonymous()
        user = current_user(request)
        if user is None and not from_cookie:
            raise NotSignedIn
        return user or Anonymous()


class HotSignedIn(SignedIn):
    """SignedIn for async routes: gives a Viewer."""

    async def __call__(self, request: HttpRequest) -> Viewer:  # type: ignore[override]  # ninja awaits it
        """The viewer, as `request.auth`."""
        key, from_cookie = session_key(request)
        viewer = await viewer_of_session(key)
        if viewer is None:
            raise NotSignedIn
        _guard_cookie(request, from_cookie)
        return viewer


class HotMaybeSignedIn(SignedIn):
    """MaybeSignedIn for async routes: gives a Viewer or Anonymous."""

    async def __call__(self, request: HttpRequest) -> Viewer | Anonymous:  # type: ignore[override]  # ninja awaits it
        """The viewer or Anonymous, as `request.auth`."""
        key, from_cookie = session_key(request)
        if not key:
            return Anonymous()
        viewer = await viewer_of_session(key)
        if viewer is None and not from_cookie:
            raise NotSignedIn
        return viewer or Anonymous()


signed_in = SignedIn()
maybe_signed_in = MaybeSignedIn()
hot_signed_in = HotSignedIn()
hot_maybe_signed_in = HotMaybeSignedIn()


def user_or_none(request: HttpRequest) -> User | None:
    """`request.auth` of a MaybeSignedIn route as a user or None."""
    auth = request.auth  # type: ignore[attr-defined]  # set by ninja
    return auth if isinstance(auth, User) else None


def the_user(request: HttpRequest) -> User:
    """`request.auth` of a SignedIn route."""
    return cast(User, request.auth)  # type: ignore[attr-defined]  # set by ninja
