"""Posts: a real photo, published, in every follower's feed within a second; scheduled to the second; told once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from config.journey import photo
from config.journey.client import expect
from config.journey.step import chapter
from config.journey.walk import Walk, card, milliseconds, until

VISIBLE_WITHIN_S = 1.0
DUE_IN_S = 2.0
WIDTHS = {320, 640, 900}


def a_photo_becomes_ready(walk: Walk) -> str:
    """The merchant uploads a photo, and the worker makes it ready: upright, in every width, with a blurhash."""
    data = photo.sideways_with_gps(scene="ceramics", seed=int(walk.name, 16))
    expect(photo.has_exif(data), "the photo carries no EXIF data to begin with")
    merchant = walk["merchant"]
    uploaded = merchant.upload(f"/stores/{walk.store}/media", data, file_name="IMG_0042.jpg", alt="架上的碗").ok(202)
    media, took = until(lambda: _finished(walk, uploaded["id"]), what="processing", seconds=20)
    expect(media["status"] == "ready", f"the photo is {media['status']}: {media['reason']}")
    expect((media["width"], media["height"]) == (photo.HEIGHT, photo.WIDTH), f"{media['width']}x{media['height']}")
    expect({variant["width"] for variant in media["variants"]} == WIDTHS, f"widths are {media['variants']}")
    expect(media["blurhash"] and media["alt"] == "架上的碗", "blurhash or alt text is missing")
    walk.ids["media"] = media["id"]
    return f"ready after {milliseconds(took)}"


def _finished(walk: Walk, media_id: int) -> dict[str, Any] | None:
    media: dict[str, Any] = walk["merchant"].get(f"/media/{media_id}").ok()
    return media if media["status"] != "processing" else None


def what_is_served_tells_no_place(walk: Walk) -> str:
    """What is served of it says nothing of the place where it was taken."""
    variants = walk["merchant"].get(f"/media/{walk.ids['media']}").ok()["variants"]
    total = 0
    for variant in variants:
        served = walk["nobody"].get(variant["url"])
        expect(served.status == 200, f"{served.request} answered {served.status}")
        expect(served.header("Content-Type") == f"image/{variant['format']}", served.header("Content-Type"))
        expect(not photo.has_exif(served.body), f"{variant['url']} carries EXIF data")
        total += len(served.body)
    return f"{len(variants)} files, {total // 1024} KiB"


def pictures_that_lie_are_refused(walk: Walk) -> None:
    """A file that is no picture, whatever its name says, is refused at the door."""
    lie = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    merchant = walk["merchant"]
    merchant.upload(f"/stores/{walk.store}/media", lie, file_name="photo.jpg").refused(422, "media_rejected")


def a_post_is_in_feeds_within_a_second(walk: Walk) -> str:
    """The merchant publishes with the photo, and within a second every follower has it on top of the feed."""
    text = f"第十七窑，旅程 {walk.name}"
    product = {"title": "青白釉饭碗", "url": "https://sanhao-kiln.example/bowl", "price": "68.00", "currency": "CNY"}
    body = {"title": "开窑", "text": text, "media_ids": [walk.ids["media"]], "products": [product]}
    merchant = walk["merchant"]
    draft = merchant.post(f"/stores/{walk.store}/posts", body).ok(201)
    walk["ana"].get(f"/posts/{draft['id']}").refused(404, "not_found")
    walk.ids["post"] = draft["id"]
    walk.undo.append(lambda: merchant.delete(f"/posts/{draft['id']}"))
    start = time.monotonic()
    merchant.post(f"/posts/{draft['id']}/publish").ok()
    for name in ("ana", "ben", "cho"):
        shown, _ = until(partial(card, walk[name], draft["id"]), what="the post in a follower's feed")
    took = time.monotonic() - start
    expect(took <= VISIBLE_WITHIN_S, f"it took {milliseconds(took)} until all three had it")
    top = [item["id"] for item in walk["ana"].get("/feed?limit=3").ok()["items"]]
    expect(draft["id"] in top, "it is not on top")
    expect(shown["text"] == text and shown["media"][0]["blurhash"], "the card is not whole")
    expect(shown["products"][0]["price"] == "68.00", f"the price became {shown['products'][0]['price']}")
    return f"after {milliseconds(took)}"


def a_connected_follower_is_told(walk: Walk) -> str:
    """A follower with an open app is told of a new post by the feed socket."""
    before = int(walk["ana"].get("/feed?limit=1").ok()["head"])
    start = time.monotonic()
    _publish(walk, f"隔壁的猫来看窑，旅程 {walk.name}")
    told = walk.rooms["feed"].until(
        lambda frame: frame.get("type") == "new_posts" and int(frame["head"]) > before, what="new_posts", seconds=6
    )
    expect(told["count"] >= 1 and walk.store in told["stores"], f"the notice is {told}")
    return f"after {milliseconds(time.monotonic() - start)}"


def _publish(walk: Walk, text: str) -> int:
    merchant = walk["merchant"]
    made = merchant.post(f"/stores/{walk.store}/posts", {"text": text, "status": "published"}).ok(201)
    walk.undo.append(lambda: merchant.delete(f"/posts/{made['id']}"))
    return int(made["id"])


def what_is_unread_is_counted(walk: Walk) -> str:
    """A follower sees how much is unread, and nothing is once it has been seen."""
    ana = walk["ana"]
    new = ana.get("/feed/new").ok()
    expect(new["count"] >= 2 and new["stores"] == [walk.store], f"/feed/new says {new}")
    ana.put("/feed/seen", {"head": new["head"]}).ok()
    rest = ana.get("/feed/new").ok()
    expect(rest["count"] == 0, f"/feed/new still says {rest}")
    return f"{new['count']} unread"


def what_is_known_is_not_sent_again(walk: Walk) -> None:
    """A feed that has not changed is answered 304; an edit over somebody's head 412."""
    ana, merchant, post = walk["ana"], walk["merchant"], f"/posts/{walk.ids['post']}"
    tag = ana.get("/feed").header("ETag")
    expect(tag.startswith("W/"), f"the feed's ETag is {tag!r}")
    ana.get("/feed", If_None_Match=tag).ok(304)
    old = merchant.get(post).header("ETag")
    merchant.patch(post, {"title": "开窑了"}, If_Match=old).ok()
    merchant.patch(post, {"title": "又开窑了"}, If_Match=old).refused(412, "precondition_failed")
    edited, _ = until(lambda: _titled(walk, "开窑了"), what="the edit in a follower's feed")
    expect(edited["edited_at"], "an edited post does not say so")


def _titled(walk: Walk, title: str) -> dict[str, Any] | None:
    found = card(walk["ana"], walk.ids["post"])
    return found if found and found["title"] == title else None


def a_retry_is_told_once(walk: Walk) -> None:
    """A request that is tried again with its Idempotency-Key is done once; another body under that key is refused."""
    merchant, path, key = walk["merchant"], f"/stores/{walk.store}/posts", f"journey-{walk.name}"
    body = {"text": f"只说一次，旅程 {walk.name}", "status": "draft"}
    first = merchant.post(path, body, Idempotency_Key=key)
    again = merchant.post(path, body, Idempotency_Key=key)
    walk.undo.append(lambda: merchant.delete(f"/posts/{first.json['id']}"))
    expect(first.ok(201) == again.ok(201), "the second answer is another one")
    expect(again.header("Idempotency-Replayed") == "true", "the second answer does not say that it is the first")
    merchant.post(path, {**body, "text": "另一句"}, Idempotency_Key=key).refused(422, "idempotency_mismatch")


def broken_bodies_are_refused(walk: Walk) -> None:
    """Broken JSON, unknown fields and other people's pictures are refused, and nothing is stored."""
    merchant, path = walk["merchant"], f"/stores/{walk.store}/posts"
    merchant.post(path, b'{"text": ').refused(400, "bad_json")
    merchant.post(path, {"text": "x", "colour": "red"}).refused(422, "invalid")
    merchant.post(path, {"text": "x", "media_ids": [2**52]}).refused(404, "not_found")
    walk["stranger"].post(path, {"text": "x"}).refused(403, "not_staff")


def a_scheduled_post_is_on_time(walk: Walk) -> str:
    """A scheduled post appears to the second, and not before."""
    due = datetime.now(UTC) + timedelta(seconds=DUE_IN_S)
    body = {"text": f"到点开窑，旅程 {walk.name}", "status": "scheduled", "publish_at": due.isoformat()}
    merchant = walk["merchant"]
    post = merchant.post(f"/stores/{walk.store}/posts", body).ok(201)
    walk.undo.append(lambda: merchant.delete(f"/posts/{post['id']}"))
    while datetime.now(UTC) < due - timedelta(seconds=0.3):
        expect(card(walk["ana"], post["id"]) is None, "it was there before its time")
        time.sleep(0.1)
    until(lambda: card(walk["ana"], post["id"]), what="the scheduled post")
    late = (datetime.now(UTC) - due).total_seconds()
    expect(0 <= late <= 1.5, f"it came {late:+.2f} s from its time")
    return f"{late:.2f} s after its time"


CHAPTER = chapter(
    "Posts",
    a_photo_becomes_ready,
    what_is_served_tells_no_place,
    pictures_that_lie_are_refused,
    a_post_is_in_feeds_within_a_second,
    a_connected_follower_is_told,
    what_is_unread_is_counted,
    what_is_known_is_not_sent_again,
    a_retry_is_told_once,
    broken_bodies_are_refused,
    a_scheduled_post_is_on_time,
)
