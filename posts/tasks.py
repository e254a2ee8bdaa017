"""Jobs of posts: pictures, posts whose time has come, and sweeps behind both."""

from __future__ import annotations

from datetime import datetime

from core import jobs
from posts.models import MediaStatus
from posts.services import processing, schedule
from posts.services.media import PROCESS
from posts.services.schedule import PUBLISH_DUE


@jobs.task(PROCESS, queue="media")
def process_media(media_id: int) -> MediaStatus | None:
    """Writes a picture anew, or rejects it. A few seconds for 25 megapixels."""
    return processing.process_media(media_id=media_id)


# Beside fan-out and before it: an import or a pile of pictures must not hold up a post that is due to the second.
@jobs.task(PUBLISH_DUE, queue="feed", priority=10)
def publish_due(post_id: int, due: str) -> bool:
    """Publishes a scheduled post, if its time is still `due` (ISO 8601)."""
    return schedule.publish_due(post_id=post_id, due=datetime.fromisoformat(due))


@jobs.periodic("* * * * *", "posts.push_overdue")
def push_overdue(timestamp: int) -> int:
    """Scheduled posts that were missed go out now; how many."""
    return schedule.push_overdue()


@jobs.periodic("*/10 * * * *", "posts.push_stuck_media")
def push_stuck_media(timestamp: int) -> int:
    """Pictures whose job gave up are tried again; how many."""
    return processing.push_stuck()


@jobs.periodic("41 * * * *", "posts.forget_uploads")
def forget_uploads(timestamp: int) -> int:
    """Uploads that nobody waits for are deleted; how many."""
    return processing.forget_uploads()
