"""What a shopper changes about their own feed: the seen mark, hidden posts."""

from __future__ import annotations

from django.db import connection, transaction

from accounts.models import User
from feed.models import HiddenPost
from posts.models import Post

_MARK_SQL = """
INSERT INTO feed_seenmark (user_id, feed_id) VALUES (%s, %s)
ON CONFLICT (user_id) DO UPDATE SET feed_id = greatest(feed_seenmark.feed_id, excluded.feed_id)
RETURNING feed_id
"""


def mark_seen(*, user: User, feed_id: int) -> int:
    """Moves the seen mark forward to a feed id, never back; where it is now."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK_SQL, [user.id, feed_id])
        (now_at,) = cursor.fetchone() or (feed_id,)
    return int(now_at)


@transaction.atomic
def hide_post(*, user: User, post: Post) -> None:
    """Takes a post out of this person's feed, for good."""
    HiddenPost.objects.get_or_create(user=user, post=post)


@transaction.atomic
def unhide_post(*, user: User, post: Post) -> None:
    """Lets it appear again."""
    HiddenPost.objects.filter(user=user, post=post).delete()
