"""Taking passages out of a post that may not stand there any more, whoever wrote the post and whatever became of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction

from core import clock, jobs
from posts.models import Post, PostStatus
from posts.services.posts import REFRESH_CARD

BETWEEN = "\n\n"


@transaction.atomic
def take_out(*, post_id: int, paragraphs: Sequence[str]) -> bool:
    """Takes whole paragraphs, a blank line between each and the next, out of a post's text; whether any stood there.

    A published post says that it was edited. One that does not exist has none.
    """
    post = Post.objects.select_for_update(no_key=True).filter(id=post_id).first()
    if post is None:
        return False
    text = without(post.text, paragraphs)
    if text == post.text:
        return False
    post.text = text
    post.version += 1
    if post.status == PostStatus.PUBLISHED:
        post.edited_at = clock.now()
        jobs.defer(REFRESH_CARD, post_id=post.id)
    post.save(update_fields=["text", "version", "edited_at"])
    return True


def without(text: str, paragraphs: Sequence[str]) -> str:
    """The text without these paragraphs, which may be of several lines, and without the gaps that they leave."""
    any_of_them = "|".join(re.escape(paragraph) for paragraph in paragraphs)
    found = re.compile(rf"(?:\A|{BETWEEN})(?:{any_of_them})(?={BETWEEN}|\Z)")
    return found.sub("", text).removeprefix(BETWEEN) if found.search(text) else text
