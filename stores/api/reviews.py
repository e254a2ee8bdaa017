"""Routes of the platform's decisions about stores."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import signed_in, the_user
from core import cursors
from core.api import Page, PageQuery, Router, Status, link_next, problems
from stores.schemas.staff import ReviewIn, ReviewOut
from stores.selectors.stores import reviews_of, visible_store
from stores.services import reviews as services

router = Router(tags=["stores"], auth=signed_in)
CURSOR = "reviews"


@router.post("/stores/{handle}/reviews", response={201: ReviewOut}, operation_id="review_store")
def review_store(request: HttpRequest, handle: str, body: ReviewIn) -> Status[ReviewOut]:
    """Approves, rejects, suspends or restores a store; platform staff only. Acts at once."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    review = services.review_store(by=user, store=store, decision=body.decision, reason=body.reason)
    return Status(201, ReviewOut.of(review, viewer=user))


@router.get("/stores/{handle}/reviews", response=Page[ReviewOut], operation_id="list_reviews")
@problems(403)
def list_reviews(request: HttpRequest, response: HttpResponse, handle: str, query: Query[PageQuery]) -> Page[ReviewOut]:
    """Decisions and their reasons, newest first; for platform staff and the store's owners."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    before = cursors.read(CURSOR, query.cursor)[0] if query.cursor else None
    rows, last = reviews_of(by=user, store=store, before=before, limit=query.limit)
    cursor = cursors.sign(CURSOR, last) if last else None
    link_next(request, response, cursor)
    return Page(items=[ReviewOut.of(row, viewer=user) for row in rows], next_cursor=cursor)
