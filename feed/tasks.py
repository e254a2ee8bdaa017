"""Fan-out and its kin: jobs that bring posts into inboxes. Each takes ids, tolerates absence and may run twice."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from core import clock, jobs
from feed import cards, selectors, windows
from feed.models import FanOutRange
from posts.models import Post, PostStatus
from stores.models import Follow, Store

# Followers a job: at some 250,000 a second, well under the 20 s that a job may take (feed.md rule 10).
RANGE = 20_000

_RANGES_SQL = """
SELECT upto FROM (
    SELECT user_id AS upto, row_number() OVER (ORDER BY user_id) AS n FROM stores_follow WHERE store_id = %s
) AS numbered WHERE n %% %s = 0 ORDER BY upto
"""
# Above every user id.
_END = (1 << 62) - 1


def _published(post_id: int) -> Post | None:
    """The post, unless it is gone. A suspended store's is pushed all the same: pages drop it until it is restored."""
    return Post.objects.filter(id=post_id, status=PostStatus.PUBLISHED).first()


@jobs.task("feed.fan_out", queue="feed")
def fan_out(post_id: int) -> None:
    """Brings a published post to its store's followers, a job for each range of them; at once when they fit in one."""
    post = _published(post_id)
    if post is None or post.feed_id is None:
        return
    starts = _cut(post)
    windows.push_outbox(post.store_id, post.feed_id)
    if len(starts) == 1:
        push_range(post_id, 0)


@transaction.atomic
def _cut(post: Post) -> list[int]:
    """Where the ranges of a post's followers start. Cut once: who runs again finds them, whoever followed meanwhile."""
    Post.objects.select_for_update(no_key=True).get(id=post.id)
    known = list(FanOutRange.objects.filter(post=post).order_by("after").values_list("after", flat=True))
    if known:
        return known
    with connection.cursor() as cursor:
        cursor.execute(_RANGES_SQL, [post.store_id, RANGE])
        ends = [row[0] for row in cursor.fetchall()]
    starts = [0, *ends]
    FanOutRange.objects.bulk_create(
        FanOutRange(post=post, after=after, upto=upto) for after, upto in zip(starts, [*ends, _END], strict=True)
    )
    if len(starts) > 1:
        for start in starts:
            jobs.defer("feed.push_range", post_id=post.id, after=start)
    return starts


@jobs.task("feed.push_range", queue="feed")
def push_range(post_id: int, after: int) -> None:
    """Appends the post to the inboxes of one range of followers and records how many took it."""
    post = _published(post_id)
    span = FanOutRange.objects.filter(post_id=post_id, after=after, done_at=None).first()
    if post is None or post.feed_id is None or span is None:
        return
    followers = Follow.objects.filter(store_id=post.store_id, user_id__gt=span.after, user_id__lte=span.upto)
    user_ids = list(followers.order_by("user_id").values_list("user_id", flat=True))
    reached = windows.push(post.feed_id, user_ids)
    with transaction.atomic():
        done = FanOutRange.objects.filter(id=span.id, done_at=None)
        done.update(done_at=clock.now(), followers=len(user_ids), reached=reached)
        record_progress(post_id)


def record_progress(post_id: int) -> None:
    """Sums the ranges into the post, and closes it when the last one is done."""
    ranges = FanOutRange.objects.filter(post_id=post_id)
    # Ranges end at the same time; the row lock lets the last of them see all the others.
    Post.objects.select_for_update(no_key=True).filter(id=post_id).first()
    sums = ranges.aggregate(followers=Sum("followers"), reached=Sum("reached"))
    finished = not ranges.filter(done_at=None).exists()
    Post.objects.filter(id=post_id).update(
        followers=sums["followers"] or 0,
        reached=sums["reached"] or 0,
        fanned_out_at=clock.now() if finished else None,
    )


@jobs.task("feed.backfill", queue="feed")
def backfill(user_id: int, store_id: int) -> None:
    """Adds a newly followed store's latest posts to the shopper's inbox."""
    if not Follow.objects.filter(user_id=user_id, store_id=store_id).exists():
        return
    cap = int(settings.LIMITS.feed_inbox_cap)
    ids = selectors.latest_ids(store_id=store_id, limit=cap + 1)
    windows.backfill(user_id, ids[:cap][::-1], missing_below=ids[cap] if len(ids) > cap else 0)


@jobs.task("feed.refresh_card", queue="feed")
def refresh_card(post_id: int) -> None:
    """Writes the card anew after an edit. Readers would notice the old stamp anyway: this spares them the work."""
    post = Post.objects.filter(id=post_id, status=PostStatus.PUBLISHED).first()
    if post is not None and post.feed_id is not None:
        cards.store_cards(cards.build_cards([post.feed_id]))


@jobs.task("feed.refresh_store_cards", queue="feed")
def refresh_store_cards(store_id: int) -> None:
    """Writes the cards of a store's latest posts anew after its name or picture changed."""
    latest = selectors.latest_ids(store_id=store_id, limit=int(settings.LIMITS.feed_outbox_cap))
    for start in range(0, len(latest), 50):
        cards.store_cards(cards.build_cards(latest[start : start + 50]))


@jobs.task("feed.store_status_changed", queue="feed")
def store_status_changed(store_id: int) -> None:
    """Forgets the outbox of a store that was approved, suspended or restored; inboxes are filtered when read."""
    if Store.objects.filter(id=store_id).exists():
        windows.drop_outbox(store_id)
