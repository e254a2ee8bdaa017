"""Fan-out and its kin: jobs that bring posts into inboxes. Each takes ids, tolerates absence and may run twice."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from core import clock, jobs
from feed import cards, modes, selectors, windows
from feed import recovery as recovery  # its jobs, likewise
from feed.discovery import jobs as discovery  # noqa: F401  # jobs are looked for in <app>.tasks alone
from feed.models import FanOutRange, Mode
from feed.selectors import follower_ids
from posts.models import Post, PostStatus
from stores.models import Follow, Store, StoreStatus

# Followers a job: at some 250,000 a second, well under the 20 s that a job may take (feed.md rule 10).
RANGE = 20_000

# The last follower of each full range, from one to the next along the index: much faster than to number them all.
_ENDS_SQL = """
WITH RECURSIVE ends (upto) AS (
    (SELECT user_id FROM stores_follow WHERE store_id = %(store)s ORDER BY user_id OFFSET %(range)s - 1 LIMIT 1)
    UNION ALL
    SELECT (SELECT user_id FROM stores_follow WHERE store_id = %(store)s AND user_id > ends.upto
            ORDER BY user_id OFFSET %(range)s - 1 LIMIT 1)
    FROM ends WHERE ends.upto IS NOT NULL
)
SELECT upto FROM ends WHERE upto IS NOT NULL ORDER BY upto
"""
# Above every user id.
_END = (1 << 62) - 1


def _published(post_id: int) -> Post | None:
    """The post, if it may be seen. What a suspension stops goes on when the store is restored."""
    live = Post.objects.filter(status=PostStatus.PUBLISHED, store__status=StoreStatus.APPROVED)
    return live.filter(id=post_id).first()


@jobs.task("feed.fan_out", queue="feed")
def fan_out(post_id: int) -> None:
    """Brings a published post to its store's followers: into the outbox, and for a push store into inboxes as well.

    A job for each range of followers; at once when they fit in one. Run again, it goes on with what is not done.
    """
    post = _published(post_id)
    if post is None or post.feed_id is None:
        return
    windows.push_outbox(post.store_id, post.feed_id)
    if modes.mode_of(post.store_id) == Mode.PULL:
        _leave_to_readers(post)
        return
    left = _cut(post)
    if len(left) == 1:
        push_range(post_id, left[0])


@transaction.atomic
def _leave_to_readers(post: Post) -> None:
    """Every inbox has the store's marker: whoever reads now finds the post in the outbox.

    Ranges that a push left when it was stopped are nobody's any more. They go before the post is touched, as in
    push_range: who locks in another order may wait for ever.
    """
    FanOutRange.objects.filter(post=post, done_at=None).delete()
    followers = _followers_of(post)
    unfinished = Post.objects.filter(id=post.id, fanned_out_at=None)
    unfinished.update(pulled=True, followers=followers, covered=followers, fanned_out_at=clock.now())


def _followers_of(post: Post) -> int:
    """As the store counts them."""
    return Store.objects.values_list("follower_count", flat=True).get(id=post.store_id)


@transaction.atomic
def _cut(post: Post) -> list[int]:
    """Where the ranges start that are not done. Cut once: who runs again finds them, whoever followed meanwhile."""
    Post.objects.select_for_update(no_key=True).get(id=post.id)
    ranges = FanOutRange.objects.filter(post=post)
    if not ranges.exists():
        with connection.cursor() as cursor:
            cursor.execute(_ENDS_SQL, {"store": post.store_id, "range": RANGE})
            ends = [row[0] for row in cursor.fetchall()]
        FanOutRange.objects.bulk_create(
            FanOutRange(post=post, after=after, upto=upto)
            for after, upto in zip([0, *ends], [*ends, _END], strict=True)
        )
        Post.objects.filter(id=post.id).update(followers=_followers_of(post))
    left = list(ranges.filter(done_at=None).order_by("after").values_list("after", flat=True))
    if len(left) > 1:
        for after in left:
            jobs.defer("feed.push_range", post_id=post.id, after=after)
    return left


@jobs.task("feed.push_range", queue="feed")
def push_range(post_id: int, after: int) -> None:
    """Appends the post to the inboxes of one range of followers and records how many took it."""
    post = _published(post_id)
    span = FanOutRange.objects.filter(post_id=post_id, after=after, done_at=None).first()
    if post is None or post.feed_id is None or span is None:
        return
    user_ids = follower_ids(post.store_id, after=span.after, upto=span.upto)
    reached = windows.push(post.feed_id, user_ids)
    with transaction.atomic():
        done = FanOutRange.objects.filter(id=span.id, done_at=None)
        if done.update(done_at=clock.now(), followers=len(user_ids), reached=reached):
            record_progress(post_id)


def record_progress(post_id: int) -> None:
    """Sums the ranges into the post, and closes it when the last one is done."""
    ranges = FanOutRange.objects.filter(post_id=post_id)
    # Ranges end at the same time; the row lock lets the last of them see all the others.
    Post.objects.select_for_update(no_key=True).filter(id=post_id).first()
    sums = ranges.aggregate(covered=Sum("followers"), reached=Sum("reached"))
    progress = {"covered": sums["covered"] or 0, "reached": sums["reached"] or 0}
    if not ranges.filter(done_at=None).exists():
        # Followers came and went meanwhile: what was reached is what there was.
        progress |= {"followers": progress["covered"], "fanned_out_at": clock.now()}
    Post.objects.filter(id=post_id).update(**progress)


# Before all fan-outs that wait: they are what the switch shall make less. After posts that are due.
@jobs.task("feed.mark_followers", queue="feed", priority=5)
def mark_followers(store_id: int, switch: int) -> None:
    """Gives one range of followers the marker of a store on its way to pull; the next range is the next job's."""
    delivery = modes.being_marked(store_id=store_id, switch=switch)
    if delivery is None:
        return
    user_ids = follower_ids(store_id, after=delivery.marked_upto, upto=_END, limit=RANGE)
    windows.push_marker(store_id, user_ids)
    modes.marked(delivery=delivery, upto=user_ids[-1] if len(user_ids) == RANGE else None)


@jobs.periodic("* * * * *", "feed.choose_modes", queue="feed")
def choose_modes(timestamp: int) -> None:
    """Switches stores between push and pull as their followers become many or few."""
    modes.choose_by_size()


@jobs.task("feed.backfill", queue="feed")
def backfill(user_id: int, store_id: int) -> None:
    """Adds a newly followed store's latest posts to the shopper's inbox."""
    if not Follow.objects.filter(user_id=user_id, store_id=store_id).exists():
        return
    if modes.mode_of(store_id) != Mode.PUSH:
        windows.backfill_marker(user_id, store_id)
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
    """Forgets the outbox of a store that was approved, suspended or restored, and goes on with what suspension stopped.

    Inboxes are filtered when read.
    """
    windows.drop_outbox(store_id)
    stopped = Post.objects.filter(store_id=store_id, status=PostStatus.PUBLISHED, fanned_out_at=None)
    for post_id in stopped.order_by("-feed_id").values_list("id", flat=True):
        jobs.defer("feed.fan_out", post_id=post_id)
