"""Statements of the product, run alone: what PostgreSQL takes of a page."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import connection

from feed.packing import TOP
from feed.selectors import FOLLOWED_IDS_SQL


def rebuild(*, viewer_ids: list[int]) -> list[float]:
    """Milliseconds that the statement which builds an inbox takes for each of these people."""
    limit, took = int(settings.LIMITS.feed_inbox_cap) + 1, []
    with connection.cursor() as cursor:
        for viewer_id in viewer_ids:
            start = time.perf_counter()
            cursor.execute(FOLLOWED_IDS_SQL, {"viewer": viewer_id, "before": TOP, "limit": limit})
            cursor.fetchall()
            took.append((time.perf_counter() - start) * 1000)
    return took
