"""Rate limits: moving windows in Redis for writes, a process's own count for reads; one place, one form of refusal."""

from __future__ import annotations

import functools
import hashlib
import time

import limits as library
from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import async_only_middleware
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from core.http import Handler, client_ip
from core.problems import RateLimited
from core.redis import RedisAway, plain

Window = tuple[int, int, float]  # limit, remaining, seconds to the reset


@functools.cache
def _shared() -> MovingWindowRateLimiter:
    pool = plain().client().connection_pool
    return MovingWindowRateLimiter(RedisStorage(settings.REDIS_PLAIN_URL, connection_pool=pool, key_prefix="limit"))


@functools.cache
def _local() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(MemoryStorage())


@functools.cache
def _rate(text: str) -> library.RateLimitItem:
    return library.parse(text)


def _hit(limiter: MovingWindowRateLimiter | FixedWindowRateLimiter, rate: str, *key: str) -> tuple[bool, Window]:
    item = _rate(rate)
    allowed = limiter.hit(item, *key)
    stats = limiter.get_window_stats(item, *key)
    return allowed, (item.amount, stats.remaining, max(0.0, stats.reset_time - time.time()))


def take(rate: str, *key: str) -> tuple[bool, Window]:
    """Counts one event against a rate shared by all processes; by this process alone while Redis is away."""
    try:
        with plain().guard():
            return _hit(_shared(), rate, *key)
    except RedisAway:
        return _hit(_local(), rate, *key)


def spend(scope: str, key: object) -> None:
    """Counts one event of a scope ("comments" -> LIMITS.comments_rate) for a key; raises RateLimited when used up."""
    allowed, (_, _, reset) = take(getattr(settings.LIMITS, f"{scope}_rate"), scope, str(key))
    if not allowed:
        raise RateLimited(retry_after=reset)


def spend_here(scope: str, key: object) -> None:
    """The same as counted by this process alone, without waiting for anything: for what is frequent and costs little.

    Raises RateLimited.
    """
    allowed, (_, _, reset) = _hit(_local(), getattr(settings.LIMITS, f"{scope}_rate"), scope, str(key))
    if not allowed:
        raise RateLimited(retry_after=reset)


def forget_local() -> None:
    """Forgets this process's own counts; for tests."""
    _local().storage.reset()


def _stamp(response: HttpResponse, window: Window) -> HttpResponse:
    limit, remaining, reset = window
    response["RateLimit-Limit"] = str(limit)
    response["RateLimit-Remaining"] = str(remaining)
    response["RateLimit-Reset"] = str(int(reset) + 1)
    return response


def credential(request: HttpRequest) -> str:
    """What the caller identifies with, unverified: a hash of the session token, else of the cookie, else nothing.

    Hashed, so that reading Redis does not give usable tokens, and a long one costs no memory.
    """
    offered = request.META.get("HTTP_X_SESSION_TOKEN") or request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return hashlib.blake2b(offered.encode(), digest_size=16).hexdigest() if offered else ""


def _is_known(request: HttpRequest) -> bool:
    """Whether a route found a person behind the credential; ninja keeps them as `request.auth`."""
    return getattr(getattr(request, "auth", None), "id", None) is not None


@async_only_middleware
def api_budget(get_response: Handler) -> Handler:
    """Each session has a budget of reads and of writes, each address one without a session.

    A credential that nobody was found behind costs its address, so that inventing some brings no fresh budgets.
    """

    async def answer(request: HttpRequest) -> HttpResponse:
        address = client_ip(request.META)
        who = credential(request)
        allowed, window = await _charge(request, who, address)
        if not allowed:
            return _stamp(RateLimited(retry_after=window[2]).response(), window)
        response = await get_response(request)
        if who and not _is_known(request) and not _is_webhook(request):
            allowed, window = _hit(_local(), settings.LIMITS.anonymous_rate, "anonymous", address)
            if not allowed:
                response = RateLimited(retry_after=window[2]).response()
        return _stamp(response, window)

    return answer


def _is_webhook(request: HttpRequest) -> bool:
    return request.path.startswith("/api/v1/webhooks/")


async def _charge(request: HttpRequest, who: str, address: str) -> tuple[bool, Window]:
    limits = settings.LIMITS
    if _is_webhook(request):
        return _hit(_local(), limits.webhooks_rate, "webhooks", request.path, address)
    if not who:
        return _hit(_local(), limits.anonymous_rate, "anonymous", address)
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return _hit(_local(), limits.reads_rate, "reads", who)
    return await sync_to_async(take)(limits.writes_rate, "writes", who)
