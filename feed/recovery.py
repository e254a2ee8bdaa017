"""When Redis lost what it was told last: noticed by a beat, mended by repeating it. And when a fan-out was given up.

A beat is the time, written every 15 seconds into each bucket of inboxes and, just before, into PostgreSQL. A Redis that
came back from a snapshot, or a replica that took over, knows an older beat than PostgreSQL, or is not the server it
was given to. It lacks the end of what it was told, and nothing before the oldest beat that it still knows. So all since
then is repeated: pushing twice is harmless, and windows that are forgotten are built by their next reader.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Max
from prometheus_client import Counter

from core import clock, ids, jobs, logs
from core.redis import Argument, RedisAway, Script, client, guard
from feed import keys, modes
from feed.models import FanOutRange, RedisBeat
from interactions import counters
from posts.models import Post, PostStatus
from stores.models import Follow

log = logs.get(__name__)
LOSSES = Counter("backyard_redis_losses_total", "How often Redis was found to have lost what it was told last")
BEAT = Script(Path(__file__).parent / "lua" / "beat.lua")

# Clocks of workers may differ by so much.
MARGIN = timedelta(seconds=30)
# Jobs may have waited so long: what they did to Redis is that much younger than the row they did it for.
LATE = timedelta(minutes=10)
# Rows a job: a second's work.
PAGE = 500
# How long a fan-out that fails again and again is tried, and how long ranges are kept that could be done again.
TRIED = timedelta(days=1)
KEPT = timedelta(days=2)
# Jobs without which something lacks for long, and that no other sweep goes on with.
NEEDED = (
    "feed.backfill",
    "feed.repair",
    "feed.repeat_ranges",
    "feed.repeat_posts",
    "feed.forget_inboxes",
    "feed.store_status_changed",
)
# A sweep's share, and when it leaves the rest to the next.
SWEPT = 20_000
SWEEP_S = 10.0

# Posts that ended short of somebody: ranges left, or never cut as the job for it failed, and no job to go on with them.
_GIVEN_UP_SQL = """
WITH pending AS MATERIALIZED (
    SELECT (args->>'post_id')::bigint AS post_id FROM procrastinate_jobs
    WHERE queue_name = 'feed' AND task_name IN ('feed.fan_out', 'feed.push_range') AND status IN ('todo', 'doing')
), short AS (
    SELECT post_id FROM feed_fanoutrange WHERE done_at IS NULL
    UNION
    SELECT (args->>'post_id')::bigint FROM procrastinate_jobs job
    WHERE queue_name = 'feed' AND task_name = 'feed.fan_out' AND status = 'failed'
      AND NOT EXISTS (SELECT 1 FROM feed_fanoutrange r WHERE r.post_id = (job.args->>'post_id')::bigint)
      AND EXISTS (SELECT 1 FROM posts_post p WHERE p.id = (job.args->>'post_id')::bigint AND p.fanned_out_at IS NULL)
)
SELECT p.id FROM short
JOIN posts_post p ON p.id = short.post_id AND p.status = 'published'
JOIN stores_store s ON s.id = p.store_id AND s.status = 'approved'
WHERE greatest(p.published_at, p.created_at) > %(edge)s AND NOT EXISTS (SELECT 1 FROM pending WHERE post_id = p.id)
ORDER BY p.feed_id DESC LIMIT %(limit)s
"""
_FORGET_SQL = """
DELETE FROM feed_fanoutrange WHERE id IN (
    (SELECT r.id FROM feed_fanoutrange r JOIN posts_post p ON p.id = r.post_id AND p.fanned_out_at < %(edge)s
     WHERE r.done_at < %(edge)s LIMIT %(limit)s)
    UNION ALL
    (SELECT r.id FROM feed_fanoutrange r JOIN posts_post p ON p.id = r.post_id AND p.status = 'deleted'
     WHERE r.done_at IS NULL LIMIT %(limit)s)
)
"""


def _beat_key(bucket: int) -> str:
    """Beside the inboxes of this bucket: in a cluster, on the same server as they."""
    return f"beat:{{b{bucket}}}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What was found in one bucket: the last beat it knows ("" for none), and the server that knows it."""

    beat: str
    server: str

    @property
    def at(self) -> datetime | None:
        """When the beat was given."""
        return datetime.fromisoformat(self.beat.partition(" ")[0]) if self.beat else None

    @property
    def elsewhere(self) -> bool:
        """Whether it was given to another server than this, or before this one started anew."""
        return bool(self.beat) and self.beat.partition(" ")[2] != self.server


@jobs.periodic("* * * * * */15", "feed.beat", priority=jobs.FIRST, one_at_a_time=True)
def beat(timestamp: int) -> None:
    """Looks whether Redis still knows the last beat, has repeated what it lost if not, and gives the next one.

    Never two at once: one would find the other's beat in PostgreSQL, and not yet in Redis.
    """
    try:
        found = _ask([[] for _ in range(keys.BUCKETS)])
        now = _note(found).isoformat()
        # Not to a bucket that is another than it was a moment ago: its next look must find the old beat.
        _ask([[heard.beat, heard.server, now] for heard in found])
    except RedisAway:
        log.info("no beat: Redis is away")  # what cannot be written now is not lost: its jobs try again


def _ask(arguments: Sequence[Sequence[Argument]]) -> list[Heard]:
    """Calls the script for each bucket. One trip. Raises RedisAway."""
    with guard():
        replies = BEAT.pipelined(client(), [([_beat_key(n)], given) for n, given in enumerate(arguments)])
    return [Heard(beat.decode(), server.decode()) for beat, server in replies]


@transaction.atomic
def _note(found: Sequence[Heard]) -> datetime:
    """Compares and remembers, in PostgreSQL first: if we end before Redis is told, a beat seems lost, never kept."""
    now = clock.now()
    last = RedisBeat.objects.select_for_update(no_key=True).filter(id=1).first()
    since = lost_since(last=last.at, found=found) if last else None
    if last and since:
        LOSSES.inc()
        log.warning(
            "Redis may have lost what it heard since %s (buckets on a new server: %s, with an old beat: %s, none: %s):"
            " fan-outs since then are repeated, inboxes of new follows and wrong counts are forgotten",
            since, sum(heard.elsewhere for heard in found),
            sum(heard.at is not None and heard.at < last.at for heard in found), sum(not heard.beat for heard in found),
        )  # fmt: skip
        jobs.defer("feed.repair", since=since.isoformat())
    RedisBeat.objects.update_or_create(id=1, defaults={"at": now})
    return now


def lost_since(*, last: datetime, found: Sequence[Heard]) -> datetime | None:
    """Since when Redis may lack writes; None when every bucket knows the last beat, and from the server it has now.

    A bucket without a beat was emptied, and so has no inboxes that could lack anything, but for those made since: they
    were built from PostgreSQL. It is counted as if it had lost no more than the last beat.
    """
    if all(heard.at and heard.at >= last and not heard.elsewhere for heard in found):
        return None
    return min([last, *(heard.at for heard in found if heard.at)]) - MARGIN


@jobs.task("feed.repair", queue="feed")
def repair(since: str) -> None:
    """Has everything repeated that was told to Redis since then. May be repeated itself."""
    start = datetime.fromisoformat(since)
    # They have no ranges, and may have waited for longer than LATE, or be dated back.
    pulled = Post.objects.filter(store__delivery__isnull=False, pulled=True, fanned_out_at__gte=start)
    _forget_outboxes(set(pulled.filter(status=PostStatus.PUBLISHED).values_list("store_id", flat=True)))
    with transaction.atomic():
        last_range = FanOutRange.objects.aggregate(last=Max("id"))["last"] or 0
        jobs.defer("feed.repeat_ranges", since=since, after=0, upto=last_range)
        first, end = (ids.feed_id(at=at, sequence=0) for at in (start - LATE, clock.now() + MARGIN))
        jobs.defer("feed.repeat_posts", after=first, upto=end)
        jobs.defer("feed.forget_inboxes", since=(start - LATE).isoformat(), before=None)
        modes.repeat_since(start)
    # Older ones have ended by themselves: a cached count lives for five minutes.
    counters.sweep(since=max(start, clock.now() - LATE))


@jobs.task("feed.repeat_ranges", queue="feed")
def repeat_ranges(since: str, after: int, upto: int) -> None:
    """Ranges of fan-outs that were done since then are done again: a page of those numbered after < id <= upto."""
    done = FanOutRange.objects.filter(done_at__gte=datetime.fromisoformat(since), id__gt=after, id__lte=upto)
    page = list(done.order_by("id").select_related("post")[:PAGE])
    _forget_outboxes({span.post.store_id for span in page})
    with transaction.atomic():
        FanOutRange.objects.filter(id__in=[span.id for span in page]).update(done_at=None)
        # Not finished any more: where a suspended store stops it now, its restoration goes on with it.
        Post.objects.filter(id__in=[span.post_id for span in page]).update(fanned_out_at=None)
        for span in page:
            jobs.defer("feed.push_range", post_id=span.post_id, after=span.after)
        if len(page) == PAGE:
            jobs.defer("feed.repeat_ranges", since=since, after=page[-1].id, upto=upto)


@jobs.task("feed.repeat_posts", queue="feed")
def repeat_posts(after: int, upto: int) -> None:
    """Outboxes are forgotten, and posts without ranges go out again: a page of those with after < feed id <= upto."""
    posts = Post.objects.filter(status=PostStatus.PUBLISHED, feed_id__gt=after, feed_id__lte=upto).order_by("feed_id")
    page = list(posts.only("feed_id", "id", "store_id", "pulled")[:PAGE])
    _forget_outboxes({post.store_id for post in page})
    known = set(FanOutRange.objects.filter(post__in=page).values_list("post_id", flat=True))
    with transaction.atomic():
        for post in page:
            if post.id not in known and not post.pulled:
                jobs.defer("feed.fan_out", post_id=post.id)
        if len(page) == PAGE:
            jobs.defer("feed.repeat_posts", after=page[-1].feed_id, upto=upto)


@jobs.task("feed.forget_inboxes", queue="feed")
def forget_inboxes(since: str, before: int | None) -> None:
    """Inboxes of people who followed a store since then are forgotten: they may lack its posts. Newest follows first.

    By the number of the follow, which grows with time and has an index.
    """
    start = datetime.fromisoformat(since)
    follows = Follow.objects.order_by("-id") if before is None else Follow.objects.filter(id__lt=before).order_by("-id")
    page = list(follows.values_list("id", "user_id", "created_at")[:PAGE])
    _forget([keys.inbox(user_id) for _, user_id, created_at in page if created_at >= start])
    if len(page) == PAGE and page[-1][2] >= start:
        jobs.defer("feed.forget_inboxes", since=since, before=page[-1][0])


def _forget_outboxes(store_ids: set[int]) -> None:
    _forget([keys.outbox(store_id) for store_id in store_ids])


def _forget(names: Sequence[str]) -> None:
    """Windows that are gone are built by their next reader. One trip. Raises RedisAway."""
    if not names:
        return
    with guard():
        pipeline = client().pipeline(transaction=False)
        for name in names:
            pipeline.unlink(name)
        pipeline.execute()


@jobs.periodic("* * * * *", "feed.resume_fan_outs", queue="feed")
def resume_fan_outs(timestamp: int) -> int:
    """Posts whose jobs gave up before every follower was reached are fanned out on; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_UP_SQL, {"edge": clock.now() - TRIED, "limit": PAGE})
        given_up = [row[0] for row in cursor.fetchall()]
    for post_id in given_up:
        log.warning("the fan-out of post %s had been given up: it goes on", post_id)
        jobs.defer("feed.fan_out", once=f"feed.fan_out {post_id}", post_id=post_id)
    return len(given_up)


@jobs.periodic("* * * * *", "feed.take_up_failed", queue="feed")
def take_up_failed(timestamp: int) -> int:
    """Jobs that were given up and are needed are tried again; how many. Fan-outs have a sweep of their own, above."""
    return jobs.take_up_failed(NEEDED)


@jobs.periodic("29 * * * *", "feed.forget_ranges")
def forget_ranges(timestamp: int) -> int:
    """Ranges of posts that reached everybody long ago, and of deleted ones, are deleted; how many."""
    end, forgotten = time.monotonic() + SWEEP_S, 0
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET_SQL, {"edge": clock.now() - KEPT, "limit": SWEPT})
            forgotten += cursor.rowcount
            if cursor.rowcount < SWEPT:
                break
    return forgotten
