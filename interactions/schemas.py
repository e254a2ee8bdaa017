"""What the API says and reads about likes, comments and shares."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from django.conf import settings
from pydantic import Field, StringConstraints

from accounts.models import User
from core.api import In, Out, PageQuery
from core.pictures import picture_url
from core.text import FilledText, PlainText
from interactions.counters import Counts
from interactions.models import CommentReport, CommentStatus, ReportReason, Share, ShareChannel
from interactions.selectors import ShownComment
from interactions.services.moderation import Visibility

CommentText = Annotated[FilledText, StringConstraints(max_length=settings.LIMITS.comment_chars)]


class CountsOut(Out):
    """The public numbers of a post; `comments` are the visible ones, replies included."""

    likes: int
    comments: int
    shares: int

    @staticmethod
    def of(counts: Counts) -> CountsOut:
        """The counts as a body."""
        return CountsOut(likes=counts.likes, comments=counts.comments, shares=counts.shares)


class ShareIn(In):
    """Where the link will be taken to."""

    channel: ShareChannel = ShareChannel.LINK


class ShareOut(Out):
    """A share link; visits by way of it are counted."""

    id: int
    post: int
    code: str
    url: str
    channel: ShareChannel
    visits: int
    created_at: datetime

    @staticmethod
    def of(share: Share) -> ShareOut:
        """The link as a body."""
        return ShareOut(
            id=share.pk,
            post=share.post_id,
            code=share.code,
            url=f"{settings.BASE_URL.rstrip('/')}/s/{share.code}",
            channel=ShareChannel(share.channel),
            visits=share.visits,
            created_at=share.created_at,
        )


class AuthorOut(Out):
    """Who wrote."""

    id: int
    name: str
    avatar: str | None

    @staticmethod
    def of(user: User) -> AuthorOut:
        """The public face of a person."""
        return AuthorOut(id=user.pk, name=user.display_name, avatar=picture_url(user.avatar))


class BuyerOut(Out):
    """The buyer's badge, as it was when they wrote."""

    since: datetime
    product: str


class CommentOut(Out):
    """A comment. Without an author only its place is shown, for the replies to it; `status` says what became of it."""

    id: int
    post: int
    author: AuthorOut | None
    text: str
    created_at: datetime
    edited_at: datetime | None
    buyer: BuyerOut | None
    by_store: bool
    parent: int | None
    replies: int = Field(description="how many visible ones; fetch them with `?parent=`")
    status: CommentStatus

    @staticmethod
    def of(shown: ShownComment) -> CommentOut:
        """The comment as this viewer sees it."""
        comment, gone = shown.comment, shown.gone
        return CommentOut(
            id=comment.pk,
            post=comment.post_id,
            author=None if gone else AuthorOut.of(comment.author),
            text="" if gone else comment.text,
            created_at=comment.created_at,
            edited_at=None if gone else comment.edited_at,
            buyer=BuyerOut(**comment.proof) if comment.proof and not gone else None,
            by_store=comment.by_store,
            parent=comment.parent_id,
            replies=shown.replies,
            status=CommentStatus(comment.status),
        )


class ReasonCountOut(Out):
    """How many people gave a reason."""

    reason: ReportReason
    count: int


class WaitingCommentOut(CommentOut):
    """A comment in the moderators' queue."""

    reports: list[ReasonCountOut]

    @staticmethod
    def of(shown: ShownComment) -> WaitingCommentOut:
        """The comment with what was said about it."""
        reports = [ReasonCountOut(reason=reason, count=count) for reason, count in sorted(shown.reports.items())]
        return WaitingCommentOut(**CommentOut.of(shown).model_dump(), reports=reports)


class CommentIn(In):
    """A comment, or with `parent` a reply to a comment under the same post."""

    text: CommentText
    parent: int | None = None


class CommentEditIn(In):
    """The new words."""

    text: CommentText


class CommentsQuery(PageQuery):
    """`?parent=` lists the replies to a comment; without it, the comments themselves."""

    parent: int | None = None


class Waiting(StrEnum):
    """Why a comment waits for a moderator."""

    HELD = "held"
    REPORTED = "reported"


class WaitingQuery(PageQuery):
    """Which queue."""

    status: Waiting = Waiting.HELD


class ReportIn(In):
    """Why this comment should be looked at."""

    reason: ReportReason
    text: Annotated[PlainText, StringConstraints(max_length=500)] = ""


class ReportOut(Out):
    """One's own report."""

    id: int
    comment: int
    reason: ReportReason
    text: str
    created_at: datetime

    @staticmethod
    def of(report: CommentReport) -> ReportOut:
        """The report as a body."""
        return ReportOut(
            id=report.pk,
            comment=report.comment_id,
            reason=ReportReason(report.reason),
            text=report.text,
            created_at=report.created_at,
        )


class VisibilityIn(In):
    """Show (or approve), or hide."""

    status: Visibility
