"""The end: what is deleted is gone."""

from __future__ import annotations

from config.journey.client import expect
from config.journey.step import chapter
from config.journey.walk import Walk, card


def deleted_posts_are_gone(walk: Walk) -> None:
    """A deleted post is gone from the feed and from its address at once."""
    post = walk.ids["post"]
    walk["merchant"].delete(f"/posts/{post}").ok(204)
    expect(card(walk["ana"], post) is None, "it is still in a follower's feed")
    walk["ana"].get(f"/posts/{post}").refused(404, "not_found")
    walk["ana"].put(f"/posts/{post}/like").refused(404, "not_found")


CHAPTER = chapter("The end", deleted_posts_are_gone)
