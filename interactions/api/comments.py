"""Routes of comments, reports and moderation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import maybe_signed_in, signed_in, the_user, user_or_none
from core import cursors
from core.api import Page, Router, Status, link_next, problems
from interactions import selectors
from interactions.schemas import (
    CommentEditIn,
    CommentIn,
    CommentOut,
    CommentsQuery,
    ReportIn,
    ReportOut,
    VisibilityIn,
    Waiting,
    WaitingCommentOut,
    WaitingQuery,
)
from interactions.services import comments, moderation

router = Router(tags=["comments"], auth=signed_in)


def _before(kind: str, cursor: str | None) -> int | None:
    return None if cursor is None else cursors.read(kind, cursor)[0]


def _cursor(kind: str, before: int | None) -> str | None:
    return None if before is None else cursors.sign(kind, before)


@router.get("/posts/{post_id}/comments", response=Page[CommentOut], auth=maybe_signed_in, operation_id="list_comments")
def list_comments(
    request: HttpRequest, response: HttpResponse, post_id: int, page: Query[CommentsQuery]
) -> Page[CommentOut]:
    """Comments under a post, newest first; with `?parent=` the replies to one of them."""
    viewer = user_or_none(request)
    kind = f"comments:{post_id}:{page.parent or ''}"
    shown, before = selectors.comment_page(
        post=selectors.shown_post(post_id=post_id, viewer=viewer),
        viewer=viewer,
        parent_id=page.parent,
        before=_before(kind, page.cursor),
        limit=page.limit,
    )
    cursor = _cursor(kind, before)
    link_next(request, response, cursor)
    return Page[CommentOut](items=[CommentOut.of(comment) for comment in shown], next_cursor=cursor)


@router.post("/posts/{post_id}/comments", response={201: CommentOut}, operation_id="write_comment")
def write_comment(request: HttpRequest, post_id: int, body: CommentIn) -> Status[CommentOut]:
    """Writes a comment or a reply: as a verified buyer, or in the store's name. A refusal's `code` says why."""
    shown = comments.write_comment(user=the_user(request), post_id=post_id, text=body.text, parent_id=body.parent)
    return Status(201, CommentOut.of(shown))


@router.patch("/comments/{comment_id}", response=CommentOut, operation_id="edit_comment")
def edit_comment(request: HttpRequest, comment_id: int, body: CommentEditIn) -> CommentOut:
    """Changes one's own comment."""
    return CommentOut.of(comments.edit_comment(user=the_user(request), comment_id=comment_id, text=body.text))


@router.delete("/comments/{comment_id}", response={204: None}, operation_id="delete_comment")
def delete_comment(request: HttpRequest, comment_id: int) -> Status[None]:
    """Deletes one's own comment; replies to it stay."""
    comments.delete_comment(user=the_user(request), comment_id=comment_id)
    return Status(204, None)


@router.post("/comments/{comment_id}/reports", response={201: ReportOut}, operation_id="report_comment")
def report_comment(request: HttpRequest, comment_id: int, body: ReportIn) -> Status[ReportOut]:
    """Asks moderators to look at a comment. Again: the first report is the answer."""
    report = moderation.report_comment(
        user=the_user(request), comment_id=comment_id, reason=body.reason, text=body.text
    )
    return Status(201, ReportOut.of(report))


@router.put("/comments/{comment_id}/visibility", response=CommentOut, operation_id="set_comment_visibility")
def set_visibility(request: HttpRequest, comment_id: int, body: VisibilityIn) -> CommentOut:
    """For the store's moderators and platform staff: shows, approves or hides a comment."""
    shown = moderation.set_visibility(user=the_user(request), comment_id=comment_id, visibility=body.status)
    return CommentOut.of(shown)


@router.get("/stores/{handle}/comments", response=Page[WaitingCommentOut], operation_id="list_waiting_comments")
@problems(403)
def list_waiting(
    request: HttpRequest, response: HttpResponse, handle: str, page: Query[WaitingQuery]
) -> Page[WaitingCommentOut]:
    """For the store's moderators and platform staff: held comments, or reported ones, newest first."""
    kind = f"waiting:{handle}:{page.status}"
    shown, before = selectors.waiting_comments(
        handle=handle,
        moderator=the_user(request),
        reported=page.status == Waiting.REPORTED,
        before=_before(kind, page.cursor),
        limit=page.limit,
    )
    cursor = _cursor(kind, before)
    link_next(request, response, cursor)
    return Page[WaitingCommentOut](items=[WaitingCommentOut.of(comment) for comment in shown], next_cursor=cursor)
