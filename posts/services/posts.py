"""What staff do with posts: write, change, publish, delete, pin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.models import User
from core import clock, jobs
from core.problems import NotFound, invalid
from posts import selectors
from posts.models import Post, PostStatus
from posts.problems import PostNotPublished, TooManyPins
from posts.services import contents, schedule
from posts.services.contents import Content
from stores import roles
from stores.models import Store
from stores.roles import Action
from stores.selectors.stores import require_open

# Deferred by name: posts does not know who keeps cards.
REFRESH_CARD = "feed.refresh_card"

# Called with the locked row before anything is written, to raise PreconditionFailed.
Precondition = Callable[[Post], None]


def any_version(post: Post) -> None:
    """The precondition of who does not mind what others changed meanwhile."""


@transaction.atomic
def create_post(
    *,
    user: User,
    store: Store,
    content: Content,
    status: PostStatus = PostStatus.DRAFT,
    publish_at: datetime | None = None,
    at: datetime | None = None,
) -> Post:
    """A new post: a draft, one that goes out at `publish_at`, or one published now (`at`: imports of older ones).

    Raises NotStaff, StoreSuspended, StoreNotApproved, and what filling, planning and publishing raise.
    """
    roles.require(user=user, store=store, action=Action.POST)
    require_open(store)
    post = Post.objects.create(store=store, author=user)
    contents.fill(post, content)
    contents.require_something(post)
    _move(post, status=status, publish_at=publish_at, at=at)
    post.save()
    return _complete(post)


@transaction.atomic
def update_post(
    *,
    user: User,
    post_id: int,
    content: Content,
    status: PostStatus | None = None,
    publish_at: datetime | None = None,
    precondition: Precondition = any_version,
) -> Post:
    """Changes what is given. `status` schedules a draft, takes that back or publishes; `publish_at` alone moves.

    A published post stays whole, keeps its feed id and says when it was edited. Raises as create_post, NotFound,
    PreconditionFailed and PostPublished.
    """
    post = _locked(user=user, post_id=post_id, precondition=precondition)
    read_anew, changed = contents.fill(post, content)
    published = post.status == PostStatus.PUBLISHED
    if changed:
        check = contents.require_showable if published else contents.require_something
        check(post)
    moved = _move(post, status=status, publish_at=publish_at)
    if published and changed:
        post.edited_at = clock.now() if read_anew else post.edited_at
        jobs.defer(REFRESH_CARD, post_id=post.id)
    return _saved(post, anew=changed or moved)


@transaction.atomic
def publish_post(
    *, user: User, post_id: int, at: datetime | None = None, precondition: Precondition = any_version
) -> Post:
    """Publishes now (or `at`, for imports of older posts). Again, it changes nothing and gives the same post."""
    post = _locked(user=user, post_id=post_id, precondition=precondition)
    return _saved(post, anew=_move(post, status=PostStatus.PUBLISHED, publish_at=None, at=at))


def schedule_post(*, user: User, post_id: int, publish_at: datetime) -> Post:
    """Lets a draft go out at a time, or moves that time."""
    return update_post(
        user=user, post_id=post_id, content=Content(), status=PostStatus.SCHEDULED, publish_at=publish_at
    )


@transaction.atomic
def delete_post(*, user: User, post_id: int, precondition: Precondition = any_version) -> None:
    """Takes a post away for good; again, it changes nothing. The row stays, so that what names it finds an answer."""
    post = _locked(user=user, post_id=post_id, precondition=precondition, deleted_too=True)
    if post.status == PostStatus.DELETED:
        return
    was_published = post.status == PostStatus.PUBLISHED
    post.status = PostStatus.DELETED
    post.pinned_at = None
    post.version += 1
    post.save()
    if was_published:
        jobs.defer(REFRESH_CARD, post_id=post.id)


@transaction.atomic
def pin_post(*, user: User, post_id: int, precondition: Precondition = any_version) -> Post:
    """Puts a published post at the top of its store's page. Raises PostNotPublished or TooManyPins."""
    post = _locked(user=user, post_id=post_id, precondition=precondition)
    if post.status != PostStatus.PUBLISHED:
        raise PostNotPublished
    if post.pinned_at is not None:
        return _complete(post)
    Store.objects.select_for_update(no_key=True).get(id=post.store_id)  # pins of one store, one after the other
    if Post.objects.filter(store=post.store_id, pinned_at__isnull=False).count() >= settings.LIMITS.pins_per_store:
        raise TooManyPins
    return _pinned(post, clock.now())


@transaction.atomic
def unpin_post(*, user: User, post_id: int, precondition: Precondition = any_version) -> Post:
    """Takes a post from the top of its store's page."""
    post = _locked(user=user, post_id=post_id, precondition=precondition)
    return _complete(post) if post.pinned_at is None else _pinned(post, None)


def _pinned(post: Post, pinned_at: datetime | None) -> Post:
    post.pinned_at = pinned_at
    jobs.defer(REFRESH_CARD, post_id=post.id)
    return _saved(post, anew=True)


def _move(post: Post, *, status: PostStatus | None, publish_at: datetime | None, at: datetime | None = None) -> bool:
    """Between draft, scheduled and published, as asked for; whether that changed anything."""
    if status == PostStatus.SCHEDULED or (status is None and publish_at and post.status == PostStatus.SCHEDULED):
        return schedule.plan(post, publish_at=publish_at)
    if publish_at is not None:
        raise invalid("publish_at", "goes with status scheduled only")
    if status == PostStatus.PUBLISHED:
        if post.status == PostStatus.SCHEDULED:
            schedule.withdraw(post)
        return schedule.release(post, at=at)
    return status == PostStatus.DRAFT and schedule.withdraw(post)


def _locked(*, user: User, post_id: int, precondition: Precondition, deleted_too: bool = False) -> Post:
    """A post for writing. Raises NotFound, NotStaff, StoreSuspended, StoreNotApproved or PreconditionFailed."""
    posts = Post.objects.select_related("store").select_for_update(of=("self",), no_key=True)
    post = posts.filter(id=post_id).first()
    if post is None:
        raise NotFound
    gone = post.status == PostStatus.DELETED
    known = selectors.is_staff(viewer=user, store=post.store) if gone else selectors.is_visible(post=post, viewer=user)
    if not known or (gone and not deleted_too):
        raise NotFound
    roles.require(user=user, store=post.store, action=Action.POST)
    require_open(post.store)
    if not gone:
        precondition(post)
    return post


def _saved(post: Post, *, anew: bool) -> Post:
    if anew:
        post.version += 1
        post.save()
    return _complete(post)


def _complete(post: Post) -> Post:
    return selectors.complete_posts().get(id=post.id)
