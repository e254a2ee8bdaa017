"""Feed ids: 53-bit, time-ordered numbers that a post gets when it is published (design: feed.md)."""

from datetime import UTC, datetime

from django.db import connection

from core import clock

EPOCH_MS = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
SEQUENCE_BITS = 12
SEQUENCE = "feed_id_seq"


def feed_id(*, at: datetime, sequence: int) -> int:
    """41 bits of milliseconds since 2024-01-01 UTC, then 12 bits of a sequence: below 2^53 until the year 2093."""
    milliseconds = int(at.timestamp() * 1000) - EPOCH_MS
    return (milliseconds << SEQUENCE_BITS) | (sequence & ((1 << SEQUENCE_BITS) - 1))


def feed_id_time(value: int) -> datetime:
    """When a feed id was given, to the millisecond."""
    return datetime.fromtimestamp(((value >> SEQUENCE_BITS) + EPOCH_MS) / 1000, tz=UTC)


def next_feed_id(*, at: datetime | None = None) -> int:
    """A new feed id from the database's sequence. `at` is for imports of older posts; else it is now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval('{SEQUENCE}')")
        (sequence,) = cursor.fetchone() or (0,)
    return feed_id(at=at or clock.now(), sequence=sequence)
