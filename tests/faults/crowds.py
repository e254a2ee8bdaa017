"""Followers by the thousand, put in past the services, and what their inboxes hold byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db import connection

from core import redis
from feed import keys, packing
from posts.models import Post, PostStatus
from stores.models import Store

_CROWD_SQL = """
WITH people AS (
    INSERT INTO accounts_user
        (email, display_name, language, phone, password, is_active, is_staff, is_superuser, date_joined)
    SELECT 'crowd' || n || '@example.org', 'Crowd ' || n, 'en', '', '!', true, false, false, now()
    FROM generate_series(1, %s) AS n RETURNING id
), follows AS (
    INSERT INTO stores_follow (user_id, store_id, source, muted, notify, created_at)
    SELECT id, %s, 'other', false, 'none', now() - interval '1 day' FROM people
)
SELECT array_agg(id ORDER BY id) FROM people
"""


def crowd(store: Store, size: int) -> list[int]:
    """Followers of a store since yesterday; who, in order. Its counter does not know of them: it stays a push store."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        # Their foreign keys are right: to look a million of them up takes longer than all the rest.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_CROWD_SQL, [size, store.id])
        (user_ids,) = cursor.fetchone() or ([],)
        cursor.execute("RESET session_replication_role")
        cursor.execute("RESET statement_timeout")
        cursor.execute("ANALYZE stores_follow")
    return list(user_ids)


def wake(user_ids: Sequence[int], client: redis.Client | None = None) -> None:
    """Gives people an inbox that holds everything so far, which is nothing: they are active now."""
    pipeline = (client or redis.client()).pipeline(transaction=False)
    for user_id in user_ids:
        pipeline.set(keys.inbox(user_id), packing.pack([packing.BOTTOM]))
    pipeline.execute()


def packed(user_ids: Sequence[int], client: redis.Client | None = None) -> list[bytes | None]:
    """These people's inboxes as they are stored."""
    pipeline = (client or redis.client()).pipeline(transaction=False)
    for user_id in user_ids:
        pipeline.get(keys.inbox(user_id))
    return list(pipeline.execute())


def entries(inbox: bytes | None) -> list[int]:
    """What an inbox holds, as it arrived."""
    assert inbox is not None, "the inbox is gone"
    return [int.from_bytes(inbox[at : at + 8]) for at in range(8, len(inbox), 8)]


def published(store: Store) -> list[int]:
    """The feed ids that a follower must find, newest first, as PostgreSQL has them."""
    posts = Post.objects.filter(store=store, status=PostStatus.PUBLISHED).order_by("-feed_id")
    return [feed_id for feed_id in posts.values_list("feed_id", flat=True) if feed_id]


def check_inboxes(inboxes: Sequence[bytes | None], wanted: Sequence[int]) -> int:
    """Each holds every wanted id and nothing else, and shows each once; how many ids lie there more often than once."""
    repeated = 0
    for inbox in inboxes:
        found = Counter(entries(inbox))
        assert found.keys() == set(wanted), "a post is missing, or one is there that should not be"
        window = packing.unpack(inbox or b"")
        assert window is not None
        assert list(window.ids) == list(wanted), "lost or doubled when read"
        repeated += sum(times > 1 for times in found.values())
    return repeated
