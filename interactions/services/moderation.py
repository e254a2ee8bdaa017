"""Reports, and what moderators make of them."""

from __future__ import annotations

from enum import StrEnum

from django.db import transaction

from accounts.models import User
from core import clock
from core.problems import Forbidden, NotFound
from interactions import counters, selectors
from interactions.models import Comment, CommentReport, CommentStatus, ModerationAction, ReportReason
from interactions.selectors import ShownComment
from interactions.services.comments import became_visible
from stores.roles import NotStaff
from stores.selectors.stores import require_open


class HiddenByPlatform(Forbidden):
    """The platform's staff have hidden this comment: the store cannot show it again."""

    code = "hidden_by_platform"


class Visibility(StrEnum):
    """What a moderator can make of a comment; `visible` also approves a held one."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


@transaction.atomic
def report_comment(*, user: User, comment_id: int, reason: ReportReason, text: str = "") -> CommentReport:
    """One person's report of a comment they can read. Again: the first one stands."""
    comment = selectors.shown_comment(comment_id=comment_id, viewer=user).comment
    report, _ = CommentReport.objects.get_or_create(comment=comment, by=user, defaults={"reason": reason, "text": text})
    return report


@transaction.atomic
def set_visibility(*, user: User, comment_id: int, visibility: Visibility) -> ShownComment:
    """Shows, approves or hides a comment, and closes the reports about it. Logged, unless nothing changed.

    For the store's moderators and platform staff (NotStaff); what the platform has hidden, only the platform shows
    again (HiddenByPlatform).
    """
    shown = selectors.shown_comment(comment_id=comment_id, viewer=user)
    store = shown.comment.post.store
    if not selectors.may_moderate(user=user, store=store):
        raise NotStaff
    if not user.is_staff:
        require_open(store)
    comment = Comment.objects.select_for_update(of=("self",)).select_related("author", "parent").get(id=comment_id)
    if comment.status == CommentStatus.DELETED:
        raise NotFound
    if comment.status == CommentStatus.HIDDEN and not user.is_staff and _platform_hid(comment):
        raise HiddenByPlatform
    before, after = CommentStatus(comment.status), CommentStatus(visibility)
    closed = comment.reports.filter(resolved_at=None).update(resolved_at=clock.now())
    if before != after:
        comment.status = after
        comment.save(update_fields=["status"])
        _count(comment, before)
    if before != after or closed:
        ModerationAction.objects.create(comment=comment, by=user, before=before, after=after)
    return ShownComment(comment, shown.replies)


def _count(comment: Comment, before: CommentStatus) -> None:
    if comment.status == CommentStatus.VISIBLE:
        if before == CommentStatus.HELD:
            became_visible(comment)
        else:  # whom it answers was told when it was first shown
            counters.bump(post_id=comment.post_id, field="comments", by=1)
    elif before == CommentStatus.VISIBLE:
        counters.bump(post_id=comment.post_id, field="comments", by=-1)


def _platform_hid(comment: Comment) -> bool:
    last = ModerationAction.objects.filter(comment=comment, after=CommentStatus.HIDDEN).order_by("-id").first()
    return last is not None and last.by.is_staff
