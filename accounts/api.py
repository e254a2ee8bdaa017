"""Routes about oneself."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from accounts import services, tickets
from accounts.auth import session_key, signed_in, the_user
from accounts.schemas import MeIn, MeOut, TicketOut
from core.api import Router, Status
from core.problems import Unavailable
from core.redis import RedisAway

router = Router(tags=["me"], auth=signed_in)


@router.get("/me", response=MeOut, operation_id="get_me")
def get_me(request: HttpRequest) -> MeOut:
    """One's own profile."""
    return MeOut.of(the_user(request))


@router.patch("/me", response=MeOut, operation_id="update_me")
def update_me(request: HttpRequest, body: MeIn) -> MeOut:
    """Changes display name or language."""
    return MeOut.of(services.update_profile(user=the_user(request), **body.dict()))


@router.post("/ws-tickets", response={201: TicketOut}, operation_id="create_ws_ticket")
def create_ws_ticket(request: HttpRequest) -> Status[TicketOut]:
    """A ticket for one websocket connection, good for 30 seconds."""
    key, _ = session_key(request)
    try:
        ticket = tickets.issue(session_key=key)
    except RedisAway as error:
        raise Unavailable(retry_after=2) from error
    return Status(201, TicketOut(ticket=ticket, expires_in=settings.LIMITS.live_ticket_s))
