"""Moderation: reports, hiding and showing again."""

from __future__ import annotations

from config.journey.client import expect
from config.journey.step import chapter
from config.journey.walk import Walk


def comments_are_reported(walk: Walk) -> None:
    """Anybody signed in reports a comment, and the store's moderators find it in their queue."""
    comment = walk.ids["comment of cho"]
    body = {"reason": "spam", "text": f"journey {walk.name}"}
    walk["stranger"].post(f"/comments/{comment}/reports", body).ok(201)
    queue = f"/stores/{walk.store}/comments?status=reported"
    waiting = walk["merchant"].get(queue).ok()["items"]
    found = [one for one in waiting if one["id"] == comment]
    expect(found and found[0]["reports"] == [{"reason": "spam", "count": 1}], f"the queue has {found}")
    expect(walk["stranger"].get(queue).status in (403, 404), "a stranger reads the moderators' queue")


def comments_are_hidden_and_shown(walk: Walk) -> None:
    """A hidden comment is gone for others, keeps its place for its author, and comes back when it is shown."""
    comment = walk.ids["comment of cho"]
    path = f"/comments/{comment}/visibility"
    walk["stranger"].put(path, {"status": "hidden"}).refused(403, "not_staff")
    walk["merchant"].put(path, {"status": "hidden"}).ok()
    expect("cho" not in _texts(walk, "nobody"), "a hidden comment can be read")
    walk["merchant"].put(path, {"status": "visible"}).ok()
    expect("cho" in _texts(walk, "nobody"), "a comment that is shown again cannot be read")


def _texts(walk: Walk, name: str) -> str:
    listed = walk[name].get(f"/posts/{walk.ids['post']}/comments").ok()["items"]
    return " ".join(one["text"] for one in listed)


def authors_take_back_their_words(walk: Walk) -> None:
    """Authors take back their own words, also when they may write no more; nobody else can."""
    comment = walk.ids["comment of cho"]
    walk["ana"].delete(f"/comments/{comment}").refused(403, "not_author")
    walk["cho"].delete(f"/comments/{comment}").ok(204)
    expect("cho" not in _texts(walk, "nobody"), "a deleted comment can be read")


CHAPTER = chapter("Moderation", comments_are_reported, comments_are_hidden_and_shown, authors_take_back_their_words)
