"""Reading interactions: which posts take them, which comments a viewer is shown, what waits for moderators."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from core.problems import NotFound
from interactions.models import Comment, CommentReport, CommentStatus, ReportReason, Share
from posts.models import Post, PostStatus
from posts.problems import PostNotPublished
from posts.selectors import complete_posts, is_visible
from stores import roles
from stores.models import Store
from stores.roles import Action, NotStaff
from stores.selectors.stores import require_open, visible_store

# What its author and moderators see, and nobody else.
WITHHELD = (CommentStatus.HELD, CommentStatus.HIDDEN)


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A comment as one viewer sees it. `gone`: only its place is shown, because visible replies hang on it."""

    comment: Comment
    replies: int = 0
    gone: bool = False
    reports: dict[ReportReason, int] = field(default_factory=dict)


def shown_post(*, post_id: int, viewer: User | None) -> Post:
    """A post that this viewer may see, with its store and nothing else; raises NotFound. One statement."""
    post = Post.objects.select_related("store").filter(id=post_id).first()
    if post is None or not is_visible(post=post, viewer=viewer):
        raise NotFound
    return post


def open_post(*, post_id: int, viewer: User) -> Post:
    """A post that people can do something with now. Raises NotFound; to staff, who see more, it says what is wrong."""
    post = shown_post(post_id=post_id, viewer=viewer)
    require_open(post.store)
    if post.status != PostStatus.PUBLISHED:
        raise PostNotPublished
    return post


def may_moderate(*, user: User | None, store: Store) -> bool:
    """Whether somebody is platform staff, or has a role in the store that moderates."""
    if user is None:
        return False
    if user.is_staff:
        return True
    role = roles.role_of(user=user, store=store)
    return role is not None and Action.MODERATE in roles.ALLOWED[role]


def may_answer(*, user: User, store: Store) -> bool:
    """Whether somebody writes in the store's name here."""
    role = roles.role_of(user=user, store=store)
    return role is not None and Action.ANSWER in roles.ALLOWED[role]


def _with_replies(comments: QuerySet[Comment]) -> QuerySet[Comment]:
    visible = Comment.objects.filter(parent=OuterRef("pk"), status=CommentStatus.VISIBLE).order_by()
    counted = visible.values("parent").annotate(number=Count("pk")).values("number")
    number = Coalesce(Subquery(counted, output_field=IntegerField()), 0)
    return comments.select_related("author").annotate(reply_count=number)


def _show(comment: Comment, viewer: User | None, *, moderates: bool) -> ShownComment:
    withheld = comment.status in WITHHELD and (moderates or (viewer is not None and comment.author_id == viewer.id))
    replies: int = getattr(comment, "reply_count", 0)
    return ShownComment(comment, replies, gone=comment.status != CommentStatus.VISIBLE and not withheld)


def comment_page(
    *, post: Post, viewer: User | None, parent_id: int | None = None, before: int | None = None, limit: int
) -> tuple[list[ShownComment], int | None]:
    """Comments of a post, or the replies to one of them, newest first; and the id to go on before (None: the end).

    Others' held and hidden ones are left out, deleted ones too, unless visible replies hang on them: then their place
    is shown. Two statements, one for nobody.
    """
    moderates = may_moderate(user=viewer, store=post.store)
    seen = Q(status=CommentStatus.VISIBLE) | Q(reply_count__gt=0)
    if moderates:
        seen |= Q(status__in=WITHHELD)
    elif viewer is not None:
        seen |= Q(status__in=WITHHELD, author=viewer)
    comments = _with_replies(Comment.objects.filter(post=post, parent_id=parent_id)).filter(seen)
    rows, next_before = _newest_first(comments, before=before, limit=limit)
    return [_show(comment, viewer, moderates=moderates) for comment in rows], next_before


def _newest_first(comments: QuerySet[Comment], *, before: int | None, limit: int) -> tuple[list[Comment], int | None]:
    if before is not None:
        comments = comments.filter(id__lt=before)
    rows = list(comments.order_by("-id")[: limit + 1])
    return rows[:limit], rows[limit - 1].pk if len(rows) > limit else None


def shown_comment(*, comment_id: int, viewer: User | None) -> ShownComment:
    """A comment that this viewer may read; raises NotFound. Platform staff read them under unpublished posts too."""
    comments = Comment.objects.filter(id=comment_id).select_related("post__store")
    comment = _with_replies(comments).first()
    if comment is None:
        raise NotFound
    platform = viewer is not None and viewer.is_staff
    if not platform and not is_visible(post=comment.post, viewer=viewer):
        raise NotFound
    moderates = comment.status in WITHHELD and may_moderate(user=viewer, store=comment.post.store)
    shown = _show(comment, viewer, moderates=moderates)
    if shown.gone:
        raise NotFound
    return shown


def waiting_comments(
    *, handle: str, moderator: User, reported: bool, before: int | None = None, limit: int
) -> tuple[list[ShownComment], int | None]:
    """What waits for a store's moderators, newest first: held comments, or those with reports nobody has handled yet.

    Raises NotFound for a store this person may not know of, NotStaff for one they do not moderate.
    """
    store = visible_store(handle=handle, viewer=moderator)
    if not may_moderate(user=moderator, store=store):
        raise NotStaff
    comments = Comment.objects.filter(post__store=store)
    if reported:
        open_reports = CommentReport.objects.filter(comment=OuterRef("pk"), resolved_at=None)
        comments = comments.exclude(status=CommentStatus.DELETED).filter(Exists(open_reports))
    else:
        comments = comments.filter(status=CommentStatus.HELD)
    rows, next_before = _newest_first(_with_replies(comments), before=before, limit=limit)
    reports = _reports([comment.pk for comment in rows])
    shown = [
        ShownComment(comment, getattr(comment, "reply_count", 0), reports=reports.get(comment.pk, {}))
        for comment in rows
    ]
    return shown, next_before


def _reports(comment_ids: list[int]) -> dict[int, dict[ReportReason, int]]:
    """How many unhandled reports each comment has, by reason. Who reported is nobody's business in the store."""
    rows = CommentReport.objects.filter(comment_id__in=comment_ids, resolved_at=None)
    found: dict[int, dict[ReportReason, int]] = {}
    for comment_id, reason, number in rows.values_list("comment_id", "reason").annotate(Count("pk")):
        found.setdefault(comment_id, {})[ReportReason(reason)] = number
    return found


def shared_post(*, code: str) -> tuple[Share, Post]:
    """A share link and the complete post it leads to, as anybody may see it; raises NotFound."""
    share = Share.objects.filter(code=code).first() if code.isalnum() else None
    post = complete_posts(Post.objects.filter(id=share.post_id)).first() if share else None
    if share is None or post is None or not is_visible(post=post, viewer=None):
        raise NotFound
    return share, post
