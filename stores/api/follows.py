"""Routes of following."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import signed_in, the_user
from core import cursors
from core.api import Page, PageQuery, Router, link_next
from stores.schemas.follows import FollowEdit, FollowIn, FollowingOut, FollowOut
from stores.selectors import follows as selectors
from stores.selectors.stores import visible_store
from stores.services import follows as services

router = Router(tags=["follows"], auth=signed_in)
CURSOR = "following"


@router.put("/stores/{handle}/follow", response=FollowOut, operation_id="follow_store")
def follow_store(request: HttpRequest, handle: str, body: FollowIn | None = None) -> FollowOut:
    """Follows a store; again changes nothing."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    source = (body or FollowIn()).source
    return FollowOut.of(services.follow_store(user=user, store=store, source=source), store=store)


@router.delete("/stores/{handle}/follow", response=FollowOut, operation_id="unfollow_store")
def unfollow_store(request: HttpRequest, handle: str) -> FollowOut:
    """Stops following; again changes nothing."""
    store = selectors.followed_or_visible_store(handle=handle, user=the_user(request))
    services.unfollow_store(user=the_user(request), store=store)
    return FollowOut.of(None, store=store)


@router.patch("/stores/{handle}/follow", response=FollowOut, operation_id="change_follow")
def change_follow(request: HttpRequest, handle: str, body: FollowEdit) -> FollowOut:
    """Mutes a followed store or not, and how much it may tell."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    return FollowOut.of(services.change_follow(user=user, store=store, **body.dict()), store=store)


@router.get("/me/following", response=Page[FollowingOut], operation_id="list_following")
def list_following(request: HttpRequest, response: HttpResponse, query: Query[PageQuery]) -> Page[FollowingOut]:
    """The stores one follows, the latest follow first."""
    before = cursors.read(CURSOR, query.cursor)[0] if query.cursor else None
    rows, last = selectors.following(user=the_user(request), before=before, limit=query.limit)
    cursor = cursors.sign(CURSOR, last) if last else None
    link_next(request, response, cursor)
    return Page(items=[FollowingOut.of(follow) for follow in rows], next_cursor=cursor)
