"""Routes of the feed. The two page routes are the hot path: async, without models, sent as prepared bytes."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import Viewer, hot_maybe_signed_in, hot_signed_in, signed_in, the_user
from core import clock, cursors
from core.api import PageQuery, Router, Status, json_answer, link_next
from core.ids import feed_id as make_feed_id
from core.problems import NotFound, invalid
from feed import home, selectors, services
from feed.discovery.pages import discover_page
from feed.packing import TOP
from feed.schemas import FeedOut, NewPostsOut, SeenIn, SeenOut
from posts.selectors import visible_post

# How far the clocks of web processes may be apart: a head from one is shown to another.
CLOCKS_APART = timedelta(minutes=1)
hot = Router(tags=["feed"], auth=hot_signed_in)
router = Router(tags=["feed"], auth=signed_in)
public = Router(tags=["feed"], auth=hot_maybe_signed_in)


def _viewer(request: HttpRequest) -> Viewer:
    return cast(Viewer, request.auth)  # type: ignore[attr-defined]  # set by ninja


def _viewer_id(request: HttpRequest) -> int | None:
    viewer = request.auth  # type: ignore[attr-defined]  # set by ninja
    return viewer.id if isinstance(viewer, Viewer) else None


def _before(kind: str, cursor: str | None) -> int | None:
    return None if cursor is None else cursors.read(kind, cursor)[0]


def _answer(request: HttpRequest, kind: str, page: home.FeedPage) -> HttpResponse:
    answer = json_answer(request, page.body(kind), etag=page.etag)
    link_next(request, answer, page.cursor(kind))
    return answer


@hot.get("/feed", response=FeedOut, operation_id="get_feed")
async def get_feed(request: HttpRequest, page: Query[PageQuery]) -> HttpResponse:
    """The home feed: posts of followed stores, newest first."""
    found = await home.home_page(
        viewer_id=_viewer(request).id, before=_before("home", page.cursor) or TOP, limit=page.limit
    )
    return _answer(request, "home", found)


@hot.get("/feed/new", response=NewPostsOut, operation_id="get_new_posts")
async def get_new_posts(request: HttpRequest) -> NewPostsOut:
    """How many posts are newer than the seen mark, at most 99."""
    new = await home.new_posts(_viewer(request).id)
    return NewPostsOut(count=new.count, stores=new.stores, head=new.head)


@public.get("/feed/discover", response=FeedOut, operation_id="discover_posts")
async def discover_posts(request: HttpRequest, page: Query[PageQuery]) -> HttpResponse:
    """Recent posts of stores that one does not follow, the most promising first; for everybody. `head` is null."""
    found = await discover_page(viewer_id=_viewer_id(request), cursor=page.cursor, limit=page.limit)
    answer = json_answer(request, found.body())
    link_next(request, answer, found.cursor)
    return answer


@router.put("/feed/seen", response=SeenOut, operation_id="mark_feed_seen")
def mark_feed_seen(request: HttpRequest, body: SeenIn) -> SeenOut:
    """Moves the seen mark forward, never back."""
    feed_id = int(body.head)
    if feed_id > make_feed_id(at=clock.now() + CLOCKS_APART, sequence=-1):
        raise invalid("head", "is not a head that we gave")
    return SeenOut(head=str(services.mark_seen(user=the_user(request), feed_id=feed_id)))


@router.put("/posts/{post_id}/hidden", response={204: None}, operation_id="hide_post")
def hide_post(request: HttpRequest, post_id: int) -> Status[None]:
    """Takes a post out of one's own feed."""
    user = the_user(request)
    services.hide_post(user=user, post=visible_post(post_id=post_id, viewer=user))
    return Status(204, None)


@router.delete("/posts/{post_id}/hidden", response={204: None}, operation_id="unhide_post")
def unhide_post(request: HttpRequest, post_id: int) -> Status[None]:
    """Lets it appear again."""
    user = the_user(request)
    services.unhide_post(user=user, post=visible_post(post_id=post_id, viewer=user))
    return Status(204, None)


@public.get("/stores/{handle}/posts", response=FeedOut, operation_id="list_store_posts")
async def list_store_posts(request: HttpRequest, handle: str, page: Query[PageQuery]) -> HttpResponse:
    """A store's own posts; a pinned one comes first."""
    store_id = await selectors.approved_store_id(handle)
    if store_id is None:
        raise NotFound
    found = await home.store_page(
        viewer_id=_viewer_id(request),
        store_id=store_id,
        before=_before(f"store{store_id}", page.cursor),
        limit=page.limit,
    )
    return _answer(request, f"store{store_id}", found)


ROUTERS = (hot, router, public)
