"""Likes: open to every signed-in shopper."""

from __future__ import annotations

from django.db import connection, transaction

from accounts.models import User
from interactions import counters, selectors
from interactions.counters import Counts
from interactions.models import Like

# In one statement, so that the same person on two devices likes once and neither request fails.
_LIKE_SQL = """
INSERT INTO interactions_like (post_id, user_id, created_at) VALUES (%s, %s, now())
ON CONFLICT (post_id, user_id) DO NOTHING
"""


def like_post(*, user: User, post_id: int) -> Counts:
    """Likes a post; again changes nothing. The post's counts afterwards."""
    post = selectors.open_post(post_id=post_id, viewer=user)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LIKE_SQL, [post.id, user.id])
            added = cursor.rowcount
        if added:
            counters.bump(post_id=post.id, field="likes", by=1)
    return counters.read([post.id])[post.id]


def unlike_post(*, user: User, post_id: int) -> Counts:
    """Takes a like back; without one nothing changes. The post's counts afterwards."""
    post = selectors.open_post(post_id=post_id, viewer=user)
    with transaction.atomic():
        removed, _ = Like.objects.filter(post=post, user=user).delete()
        if removed:
            counters.bump(post_id=post.id, field="likes", by=-1)
    return counters.read([post.id])[post.id]
