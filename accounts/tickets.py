"""One-time websocket tickets: 32 random bytes that stand for a session for 30 seconds, once."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings

from core.redis import RedisAway, plain


def _key(ticket: str) -> str:
    # Hashed, so that reading Redis does not give usable tickets.
    return "ticket:" + hashlib.sha256(ticket.encode()).hexdigest()


def issue(*, session_key: str) -> str:
    """A ticket for this session. Raises RedisAway when it cannot be kept."""
    ticket = secrets.token_urlsafe(32)
    with plain().guard():
        plain().client().set(_key(ticket), session_key, ex=settings.LIMITS.live_ticket_s)
    return ticket


async def redeem(ticket: str) -> str | None:
    """The session key behind a ticket, once; None for used, expired or invented ones."""
    if not 20 <= len(ticket) <= 100:
        return None
    try:
        with plain().guard():
            found = await plain().async_client().getdel(_key(ticket))
    except RedisAway:
        return None
    return bytes(found).decode() if isinstance(found, bytes) else None
