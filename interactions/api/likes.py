"""Routes of likes."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.auth import signed_in, the_user
from core.api import Router
from interactions.schemas import CountsOut
from interactions.services import likes

router = Router(tags=["likes"], auth=signed_in)


@router.put("/posts/{post_id}/like", response=CountsOut, operation_id="like_post")
def like(request: HttpRequest, post_id: int) -> CountsOut:
    """Likes a post; again changes nothing."""
    return CountsOut.of(likes.like_post(user=the_user(request), post_id=post_id))


@router.delete("/posts/{post_id}/like", response=CountsOut, operation_id="unlike_post")
def unlike(request: HttpRequest, post_id: int) -> CountsOut:
    """Takes the like back; without one nothing changes."""
    return CountsOut.of(likes.unlike_post(user=the_user(request), post_id=post_id))
