"""Routes of posts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import maybe_signed_in, signed_in, the_user, user_or_none
from core import cursors
from core.api import Page, PageQuery, Router, Status, etag_of, json_answer, link_next, problems, require_match, to_json
from posts import selectors
from posts.models import Post
from posts.schemas import PostIn, PostOut, PostPatch
from posts.services import posts as service
from posts.services.posts import Precondition
from stores.selectors.stores import visible_store

router = Router(tags=["posts"], auth=signed_in)

DRAFTS = "drafts"


def tag_of(post: Post) -> str:
    """The strong ETag of a post for staff: its version, which fan-out and pictures becoming ready leave alone."""
    return etag_of("post", post.id, post.version, weak=False)


def _if_match(request: HttpRequest) -> Precondition:
    return lambda post: require_match(request, tag_of(post))


def _for_staff(response: HttpResponse, post: Post) -> PostOut:
    response["ETag"] = tag_of(post)
    response["Cache-Control"] = "private, no-cache"
    return PostOut.of(post, staff=True)


@router.post("/stores/{handle}/posts", response={201: PostOut}, operation_id="create_post")
def create_post(request: HttpRequest, response: HttpResponse, handle: str, body: PostIn) -> Status[PostOut]:
    """A new post: a draft, published at once, or scheduled."""
    user = the_user(request)
    post = service.create_post(
        user=user,
        store=visible_store(handle=handle, viewer=user),
        content=body.content(),
        status=body.wanted_status(),
        publish_at=body.publish_at,
    )
    response["Location"] = f"/api/v1/posts/{post.id}"
    return Status(201, _for_staff(response, post))


@router.get("/stores/{handle}/drafts", response=Page[PostOut], operation_id="list_drafts")
@problems(403)
def list_drafts(request: HttpRequest, response: HttpResponse, handle: str, page: Query[PageQuery]) -> Page[PostOut]:
    """Drafts and scheduled posts, newest first; for the store's staff."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    before = cursors.read(DRAFTS, page.cursor)[0] if page.cursor else None
    found = selectors.waiting_posts(user=user, store=store, before=before, limit=page.limit + 1)
    items = found[: page.limit]
    cursor = cursors.sign(DRAFTS, items[-1].id) if len(found) > page.limit else None
    link_next(request, response, cursor)
    return Page[PostOut](items=[PostOut.of(post, staff=True) for post in items], next_cursor=cursor)


@router.get("/posts/{post_id}", response=PostOut, operation_id="get_post", auth=maybe_signed_in)
def get_post(request: HttpRequest, response: HttpResponse, post_id: int) -> PostOut | HttpResponse:
    """A published post of an approved store; its staff see it in every state and with more about it."""
    viewer = user_or_none(request)
    post = selectors.visible_post(post_id=post_id, viewer=viewer)
    if selectors.is_staff(viewer=viewer, store=post.store):
        return _for_staff(response, post)  # never 304: progress moves without the version
    return json_answer(request, to_json(PostOut.of(post, staff=False).model_dump()))


@router.patch("/posts/{post_id}", response=PostOut, operation_id="update_post")
@problems(412)
def update_post(request: HttpRequest, response: HttpResponse, post_id: int, body: PostPatch) -> PostOut:
    """Changes what is given. Schedules, moves, withdraws with `status` and `publish_at`."""
    post = service.update_post(
        user=the_user(request),
        post_id=post_id,
        content=body.content(),
        status=body.wanted_status(),
        publish_at=body.publish_at,
        precondition=_if_match(request),
    )
    return _for_staff(response, post)


@router.delete("/posts/{post_id}", response={204: None}, operation_id="delete_post")
@problems(412)
def delete_post(request: HttpRequest, post_id: int) -> Status[None]:
    """Takes the post away for good; again, it changes nothing."""
    service.delete_post(user=the_user(request), post_id=post_id, precondition=_if_match(request))
    return Status(204, None)


@router.post("/posts/{post_id}/publish", response=PostOut, operation_id="publish_post")
@problems(412)
def publish_post(request: HttpRequest, response: HttpResponse, post_id: int) -> PostOut:
    """Publishes now; again, it gives the same post."""
    post = service.publish_post(user=the_user(request), post_id=post_id, precondition=_if_match(request))
    return _for_staff(response, post)


@router.put("/posts/{post_id}/pin", response=PostOut, operation_id="pin_post")
@problems(412)
def pin_post(request: HttpRequest, response: HttpResponse, post_id: int) -> PostOut:
    """Puts a published post at the top of its store's page."""
    post = service.pin_post(user=the_user(request), post_id=post_id, precondition=_if_match(request))
    return _for_staff(response, post)


@router.delete("/posts/{post_id}/pin", response=PostOut, operation_id="unpin_post")
@problems(412)
def unpin_post(request: HttpRequest, response: HttpResponse, post_id: int) -> PostOut:
    """Takes the post from the top of its store's page."""
    post = service.unpin_post(user=the_user(request), post_id=post_id, precondition=_if_match(request))
    return _for_staff(response, post)
