"""Comments: who may write under a post, and writing, changing and deleting them."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import connection, transaction

from accounts.models import User
from core import clock, limits, notices
from core.problems import Conflict, Forbidden, NotFound, invalid
from interactions import counters, selectors
from interactions.models import Comment, CommentStatus
from interactions.selectors import ShownComment
from posts.models import CommentPolicy, Post
from stores.models import Store
from stores.orders.proof import Proof, Refusal, purchase_proof
from stores.roles import NotStaff

SAME_TEXT_WITHIN = timedelta(hours=24)


class CommentsClosed(Forbidden):
    """Nobody can comment under this post."""

    code = "comments_closed"


class DuplicateComment(Conflict):
    """You wrote the same under this post within the last 24 hours."""

    code = "duplicate_comment"


class NotAuthor(Forbidden):
    """Only who wrote this comment can change or delete it."""

    code = "not_author"


class CommentHidden(Forbidden):
    """A moderator has hidden this comment: it can be deleted, not changed."""

    code = "comment_hidden"


@dataclass(frozen=True, slots=True)
class Standing:
    """As what somebody writes: in the store's name, or as a buyer with this proof."""

    proof: Proof | None

    @property
    def by_store(self) -> bool:
        """Whether the store speaks."""
        return self.proof is None

    @property
    def badge(self) -> dict[str, str] | None:
        """The proof as a comment keeps it."""
        return None if self.proof is None else {"since": self.proof.since.isoformat(), "product": self.proof.product}


def standing(*, user: User | None, post: Post) -> Standing:
    """As what this person may comment under a post. Raises the refusal: CommentsClosed, or the buyer gate's own."""
    if post.comment_policy == CommentPolicy.NOBODY:
        raise CommentsClosed
    if user is not None and selectors.may_answer(user=user, store=post.store):
        return Standing(proof=None)
    proof = purchase_proof(user=user, store=post.store)
    if isinstance(proof, Refusal):
        raise proof.problem
    return Standing(proof)


@transaction.atomic
def write_comment(*, user: User, post_id: int, text: str, parent_id: int | None = None) -> ShownComment:
    """A comment, or a reply to one. `text` is plain text within LIMITS.comment_chars.

    Raises NotFound for a post or parent that is not there for this person, Invalid for a reply to a reply,
    DuplicateComment, RateLimited, and whatever `standing` refuses with.
    """
    limits.spend("comments", user.id)
    post = selectors.open_post(post_id=post_id, viewer=user)
    writer = standing(user=user, post=post)
    parent = None if parent_id is None else _parent(post, parent_id)
    _one_at_a_time(user, post)
    _refuse_same_text(user, post, text, parent=parent if writer.by_store else None)
    comment = Comment.objects.create(
        post=post,
        author=user,
        parent=parent,
        text=text,
        text_hash=text_hash(text),
        status=CommentStatus.HELD if _is_held(writer, user, post.store) else CommentStatus.VISIBLE,
        by_store=writer.by_store,
        proof=writer.badge,
        order_id=writer.proof.order_id if writer.proof else None,
    )
    if comment.status == CommentStatus.VISIBLE:
        became_visible(comment)
    return ShownComment(comment)


@transaction.atomic
def edit_comment(*, user: User, comment_id: int, text: str) -> ShownComment:
    """Changes one's own comment. Whoever may not write here any more may not rewrite either."""
    limits.spend("comments", user.id)
    shown = selectors.shown_comment(comment_id=comment_id, viewer=user)
    if shown.comment.author_id != user.id:
        raise NotAuthor
    post = selectors.open_post(post_id=shown.comment.post_id, viewer=user)
    writer = standing(user=user, post=post)
    comment = _locked(comment_id)
    if comment.by_store and not writer.by_store:
        raise NotStaff
    if comment.status == CommentStatus.HIDDEN:
        raise CommentHidden
    if comment.text == text:
        return ShownComment(comment, shown.replies)
    _one_at_a_time(user, post)
    _refuse_same_text(user, post, text, parent=comment.parent if writer.by_store else None, but=comment)
    before = comment.status
    if _is_held(writer, user, post.store, but=comment):
        comment.status = CommentStatus.HELD
    comment.text, comment.text_hash, comment.edited_at = text, text_hash(text), clock.now()
    comment.save(update_fields=["text", "text_hash", "edited_at", "status"])
    if (before, comment.status) == (CommentStatus.VISIBLE, CommentStatus.HELD):
        counters.bump(post_id=post.id, field="comments", by=-1)
    return ShownComment(comment, shown.replies)


@transaction.atomic
def delete_comment(*, user: User, comment_id: int) -> None:
    """Takes one's own comment back, also where one may not write any more; again changes nothing. Replies stay.

    The words are gone for good, unless a report about them waits: then platform staff can still read them.
    """
    comment = Comment.objects.select_for_update().filter(id=comment_id, author=user).first()
    if comment is None:
        selectors.shown_comment(comment_id=comment_id, viewer=user)
        raise NotAuthor
    before = comment.status
    comment.status = CommentStatus.DELETED
    if not comment.reports.filter(resolved_at=None).exists():
        comment.text = ""
    comment.save(update_fields=["status", "text"])
    if before == CommentStatus.VISIBLE:
        counters.bump(post_id=comment.post_id, field="comments", by=-1)


def became_visible(comment: Comment) -> None:
    """Within the transaction that shows a comment to everybody: counts it, and tells whom it answers."""
    counters.bump(post_id=comment.post_id, field="comments", by=1)
    parent = comment.parent
    if parent is not None and parent.author_id != comment.author_id:
        notice = {
            "type": "comment_reply",
            "post": comment.post_id,
            "parent": parent.pk,
            "comment": comment.pk,
            "author": comment.author.display_name,
            "by_store": comment.by_store,
        }
        transaction.on_commit(partial(notices.tell, user_id=parent.author_id, notice=notice))


def text_hash(text: str) -> bytes:
    """The same for texts that read the same: case, width and spacing do not count."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.blake2b(folded.encode(), digest_size=16).digest()


def _parent(post: Post, parent_id: int) -> Comment:
    parent = Comment.objects.filter(id=parent_id, post=post, status=CommentStatus.VISIBLE).first()
    if parent is None:
        raise NotFound
    if parent.parent_id is not None:
        raise invalid("parent", "is a reply itself: answer the comment above it", code="reply_to_reply")
    return parent


def _locked(comment_id: int) -> Comment:
    comment = (
        Comment.objects.select_for_update(of=("self",))
        .select_related("author", "parent")
        .exclude(status=CommentStatus.DELETED)
        .filter(id=comment_id)
        .first()
    )
    if comment is None:
        raise NotFound
    return comment


def _one_at_a_time(user: User, post: Post) -> None:
    """Until the end of the transaction: two requests at once cannot both find that a text is new."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"comment {post.pk} {user.pk}"])


def _refuse_same_text(user: User, post: Post, text: str, *, parent: Comment | None, but: Comment | None = None) -> None:
    """Raises DuplicateComment. With a parent only its own replies count: a store may thank many people alike."""
    since = clock.now() - SAME_TEXT_WITHIN
    same = Comment.objects.filter(author=user, post=post, text_hash=text_hash(text), created_at__gte=since)
    if parent is not None:
        same = same.filter(parent=parent)
    if but is not None:
        same = same.exclude(pk=but.pk)
    if same.exists():
        raise DuplicateComment


def _is_held(writer: Standing, user: User, store: Store, *, but: Comment | None = None) -> bool:
    """Whether this waits for a moderator: where first comments are held, until one of this person's is visible."""
    if writer.by_store or not store.hold_first_comments:
        return False
    earlier = Comment.objects.filter(author=user, post__store=store, status=CommentStatus.VISIBLE, by_store=False)
    if but is not None:
        earlier = earlier.exclude(pk=but.pk)
    return not earlier.exists()
