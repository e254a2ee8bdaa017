"""One-time websocket tickets: 32 random bytes that stand for a session for 30 seconds, once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from django.conf import settings

from core.batching import Joined
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
    """The session key behind a ticket, once; None for used, expired or invented ones. Raises RedisAway."""
    return await _redeem(_key(ticket)) if 20 <= len(ticket) <= 100 else None


async def _take(ticket_keys: Sequence[str]) -> list[str | None]:
    with plain().guard():
        pipeline = plain().async_client().pipeline(transaction=False)
        for key in ticket_keys:
            pipeline.getdel(key)
        found = await pipeline.execute()
    return [bytes(session_key).decode() if session_key else None for session_key in found]


# Everybody comes back at once after a restart, and each with a ticket.
_redeem: Joined[str, str | None] = Joined(_take, at_most=250, late=RedisAway)
