"""Routes of share links; what a visitor of one gets is in interactions.views."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.auth import signed_in, the_user
from core.api import Router, Status
from interactions.schemas import ShareIn, ShareOut
from interactions.services import shares

router = Router(tags=["shares"], auth=signed_in)


@router.post("/posts/{post_id}/shares", response={201: ShareOut}, operation_id="share_post")
def share(request: HttpRequest, post_id: int, body: ShareIn) -> Status[ShareOut]:
    """A link to the post with a code of its own; visits by way of it are counted."""
    made = shares.share_post(user=the_user(request), post_id=post_id, channel=body.channel)
    return Status(201, ShareOut.of(made))
