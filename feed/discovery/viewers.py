"""What PostgreSQL knows of a viewer for discovery: interests, and what they are not to be shown."""

from __future__ import annotations

from collections.abc import Sequence

from core import db
from feed.discovery.ranking import NOBODY, PURCHASE_WEIGHT, Interests

_HIDDEN = """
SELECT p.feed_id FROM feed_hiddenpost h JOIN posts_post p ON p.id = h.post_id
WHERE h.user_id = %(viewer)s AND p.feed_id = ANY (%(feed_ids)s)
"""
# Follows and purchases are one person's: thousands at most. A purchase is what makes a buyer (stores.orders.proof).
_INTERESTS_SQL = f"""
WITH followed AS MATERIALIZED (SELECT store_id FROM stores_follow WHERE user_id = %(viewer)s),
     bought AS MATERIALIZED (
         SELECT DISTINCT store_id FROM stores_order
         WHERE user_id = %(viewer)s AND NOT test AND status IN ('paid', 'partially_refunded')
     ),
     trades AS (
         SELECT s.category, sum(told.weight)::int AS weight
         FROM (SELECT store_id, 1 AS weight FROM followed
               UNION ALL SELECT store_id, {PURCHASE_WEIGHT} FROM bought) AS told
         JOIN stores_store s ON s.id = told.store_id
         GROUP BY s.category
     )
SELECT (SELECT coalesce(jsonb_object_agg(category, weight), '{{}}'::jsonb) FROM trades),
       ARRAY(SELECT store_id FROM bought),
       ARRAY(SELECT store_id FROM followed
             UNION SELECT store_id FROM stores_staff WHERE user_id = %(viewer)s),
       ARRAY({_HIDDEN})
"""  # noqa: S608  # composed of our own constants


async def interests_of(viewer_id: int | None, feed_ids: Sequence[int]) -> Interests:
    """A viewer's interests; of the given posts, those that they hid are left out. One statement, none for nobody."""
    if viewer_id is None:
        return NOBODY
    row = await db.fetch_one(_INTERESTS_SQL, {"viewer": viewer_id, "feed_ids": list(feed_ids)})
    categories, bought, stores, hidden = row or ({}, [], [], [])
    return Interests(categories, frozenset(bought), frozenset(stores), frozenset(hidden))


async def hidden_among(viewer_id: int | None, feed_ids: Sequence[int]) -> frozenset[int]:
    """Those of these posts that the viewer hid. One statement, none for nobody."""
    if viewer_id is None or not feed_ids:
        return frozenset()
    rows = await db.fetch_all(_HIDDEN, {"viewer": viewer_id, "feed_ids": list(feed_ids)})
    return frozenset(row[0] for row in rows)
