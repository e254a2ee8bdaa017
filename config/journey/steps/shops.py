"""A store's life: applied for, approved, suspended, restored; what is not approved reaches nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from config.journey.client import Answer, expect
from config.journey.step import chapter
from config.journey.walk import Walk, card, milliseconds, until


def _handle(walk: Walk) -> str:
    return f"journey_{walk.name}"


def _review(walk: Walk, decision: str) -> None:
    body = {"decision": decision, "reason": f"journey {walk.name}"}
    walk["staff"].post(f"/stores/{_handle(walk)}/reviews", body).ok(201)


def a_shopper_applies(walk: Walk) -> str:
    """A shopper applies for a store, which nobody sees until it is approved."""
    body = {"handle": _handle(walk), "name": f"旅程小店 {walk.name}", "category": "home", "language": "zh-hans"}
    walk["ben"].post("/stores", body).ok(201)
    walk["cho"].post("/stores", body).refused(409, "handle_taken")
    path = f"/stores/{_handle(walk)}"
    walk["ana"].get(path).refused(404, "not_found")
    walk["ben"].post(f"{path}/posts", {"text": "早", "status": "published"}).refused(403, "store_not_approved")
    review = {"decision": "approved", "reason": "me"}
    walk["ben"].post(f"{path}/reviews", review).refused(403, "not_platform_staff")
    return f"@{_handle(walk)}"


def staff_approve(walk: Walk) -> None:
    """Platform staff approve it: it can be found, followed and read."""
    _review(walk, "approved")
    walk.undo.append(lambda: _review(walk, "suspended"))
    path = f"/stores/{_handle(walk)}"
    walk["ana"].get(path).ok()
    found = walk["nobody"].get(f"/stores?q={_handle(walk)}").ok()["items"]
    expect([one["handle"] for one in found] == [_handle(walk)], f"looking for it finds {found}")
    walk["ana"].put(f"{path}/follow", {"source": "search"}).ok()
    made = walk["ben"].post(f"{path}/posts", {"text": f"开张 {walk.name}", "status": "published"}).ok(201)
    walk.ids["opening"] = made["id"]
    until(lambda: card(walk["ana"], made["id"]), what="its first post in a follower's feed")


def a_suspended_store_vanishes(walk: Walk) -> str:
    """Suspended, it vanishes from every feed and refuses writes at once."""
    path, post = f"/stores/{_handle(walk)}", f"/posts/{walk.ids['opening']}"
    start = time.monotonic()
    _review(walk, "suspended")
    expect(card(walk["ana"], walk.ids["opening"]) is None, "its post is still in a follower's feed")
    took = time.monotonic() - start
    for gone in (path, f"{path}/posts", post):
        walk["ana"].get(gone).refused(404, "not_found")
    walk["ana"].put(f"{post}/like").refused(404, "not_found")
    walk["ben"].post(f"{path}/posts", {"text": "还在吗", "status": "published"}).refused(403, "store_suspended")
    return f"gone after {milliseconds(took)}"


def a_restored_store_returns(walk: Walk) -> None:
    """Restored, it is back as it was, its followers and posts with it."""
    _review(walk, "restored")
    expect(card(walk["ana"], walk.ids["opening"]), "its post is not back in the follower's feed")
    expect(walk["ana"].get(f"/stores/{_handle(walk)}").ok()["followers"] == 1, "it lost its follower")


def followers_decide(walk: Walk) -> None:
    """Muting, hiding and unfollowing act on the very next read."""
    ana, store = walk["ana"], f"/stores/{_handle(walk)}/follow"
    post = walk.ids["opening"]
    turns: tuple[tuple[Callable[[], Answer], Callable[[], Answer]], ...] = (
        (partial(ana.patch, store, {"muted": True}), partial(ana.patch, store, {"muted": False})),
        (partial(ana.put, f"/posts/{post}/hidden"), partial(ana.delete, f"/posts/{post}/hidden")),
        (partial(ana.delete, store), partial(ana.put, store, {"source": "feed"})),
    )
    for away, back in turns:
        gone = away()
        expect(gone.status in (200, 204), f"{gone.request} answered {gone.said()}")
        expect(card(ana, post) is None, f"after {gone.request} the post is still in the feed")
        back()
        until(partial(card, ana, post), what=f"the post's return after {gone.request}")


def who_looks_around_finds_other_stores(walk: Walk) -> str:
    """Whoever looks around finds posts of stores they do not follow yet, signed in or not."""
    found = walk["nobody"].get("/feed/discover?limit=50").ok()["items"]
    expect(found, "there is nothing to discover")
    shown = walk["ana"].get("/feed/discover?limit=50").ok()["items"]
    known = {walk.store, _handle(walk)} & {item["store"]["handle"] for item in shown}
    expect(not known, f"a follower of {known} is shown it as new")
    return f"{len(found)} posts of {len({item['store']['handle'] for item in found})} stores"


CHAPTER = chapter(
    "A store's life",
    a_shopper_applies,
    staff_approve,
    a_suspended_store_vanishes,
    a_restored_store_returns,
    followers_decide,
    who_looks_around_finds_other_stores,
)
