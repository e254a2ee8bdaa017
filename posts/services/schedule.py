"""How a post goes out: at once, at its time, or not at all. Who passes a post has locked it, and saves it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from core import clock, ids, jobs
from core.problems import Problem, invalid
from posts.models import Post, PostStatus
from posts.problems import MediaNotReady, PostPublished
from posts.services import contents
from stores.selectors.stores import require_open

# Deferred by name: posts does not know who reads them.
FAN_OUT = "feed.fan_out"
PUBLISH_DUE = "posts.publish_due"


def release(post: Post, *, at: datetime | None = None) -> bool:
    """Publishes a post, once: it gets its feed id and its fan-out. Whether this call did it. `at` is for older posts.

    Raises StoreSuspended, StoreNotApproved, EmptyPost, MediaNotReady or PictureRefused.
    """
    if post.status == PostStatus.PUBLISHED:
        return False
    require_open(post.store)
    contents.require_showable(post)
    post.published_at = at or clock.now()
    post.feed_id = ids.next_feed_id(at=post.published_at)
    post.status = PostStatus.PUBLISHED
    post.publish_problem = ""
    jobs.defer(FAN_OUT, post_id=post.id)
    return True


def plan(post: Post, *, publish_at: datetime | None) -> bool:
    """Sets or moves the time at which a post goes out; whether that changed anything. None keeps the time it has.

    Raises PostPublished, EmptyPost, or Invalid for a time that is missing, past or too far away.
    """
    if post.status == PostStatus.PUBLISHED:
        raise PostPublished
    if post.status == PostStatus.SCHEDULED and publish_at in (None, post.publish_at):
        return False
    post.publish_at = _fitting_time(publish_at)
    contents.require_something(post)
    post.status = PostStatus.SCHEDULED
    post.publish_problem = ""
    _await_time(post.id, post.publish_at)
    return True


def withdraw(post: Post, *, problem: str = "") -> bool:
    """Makes a scheduled post a draft again; whether that changed anything. Raises PostPublished."""
    if post.status == PostStatus.PUBLISHED:
        raise PostPublished
    if post.status == PostStatus.DRAFT:
        return False
    post.status = PostStatus.DRAFT
    post.publish_at = None
    post.publish_problem = problem
    return True


def _fitting_time(publish_at: datetime | None) -> datetime:
    now, days = clock.now(), settings.LIMITS.schedule_ahead_days
    if publish_at is None:
        raise invalid("publish_at", "must be given with status scheduled", code="missing")
    if publish_at <= now:
        raise invalid("publish_at", "must lie in the future")
    if publish_at > now + timedelta(days=days):
        raise invalid("publish_at", f"must lie within {days} days")
    return publish_at


def _await_time(post_id: int, due: datetime) -> None:
    jobs.defer(PUBLISH_DUE, at=due, post_id=post_id, due=due.isoformat())


@transaction.atomic
def publish_due(*, post_id: int, due: datetime) -> bool:
    """Publishes a scheduled post whose time is still `due`; whether it went out.

    A job for a time that has been moved does nothing. A post that may not go out becomes a draft that says why; one
    whose pictures are not ready raises MediaNotReady, to be tried again.
    """
    posts = Post.objects.select_related("store").select_for_update(of=("self",), no_key=True)
    post = posts.filter(id=post_id, status=PostStatus.SCHEDULED, publish_at=due).first()
    if post is None:
        return False
    try:
        release(post)
    except MediaNotReady:
        raise
    except Problem as problem:
        withdraw(post, problem=problem.code)
    post.version += 1
    post.save()
    return post.status == PostStatus.PUBLISHED


def push_overdue(*, media_id: int | None = None) -> int:
    """Defers scheduled posts whose time has passed, in case their own job was lost; how many.

    With a picture that has just been settled: those that may have waited for it.
    """
    overdue = Post.objects.filter(status=PostStatus.SCHEDULED, publish_at__lte=clock.now()).order_by("publish_at")
    if media_id is not None:
        overdue = overdue.filter(media_places__media=media_id)
    found = list(overdue.values_list("id", "publish_at")[:1_000])
    for post_id, due in found:
        assert due is not None  # the table's own constraint
        once = f"{PUBLISH_DUE}:{post_id}:{media_id or 'sweep'}"
        jobs.defer(PUBLISH_DUE, once=once, post_id=post_id, due=due.isoformat())
    return len(found)
