"""Ids that are another store's, another person's, another thing's or nobody's, wherever an id is taken."""

from __future__ import annotations

from typing import Any

import pytest

from core import cursors
from interactions.models import RoomStatus
from posts.models import MediaPurpose
from stores.models import Follow, Store
from tests.acceptance.scene import Scene, nothing_written, refused
from tests.acceptance.test_authorisation_matrix import ASKS, OPERATIONS

STRANGE_NUMBERS = [
    "0", "-1", "9007199254740993", "9223372036854775808", "9" * 5_000, "%D9%A3", "%EF%BC%91", "1e3", "0x1", "1.5",
    "NaN", "null", "true", "%00", "1%00", "1;2", "1,2", "1%20OR%201=1", "%2e%2e", "%F0%9F%8D%B5", "%ff", "+", "''",
]  # fmt: skip
STRANGE_HANDLES = [
    "..", "%2e%2e", "%00", "tea%00house", "teahouse%0a", "tea%20house", "%E8%8C%B6", "x" * 5_000, "%ff", "te",
    "tea-house", "tea%2Fhouse", "%25", "*", "'%20OR%20'1'='1",
]  # fmt: skip
NUMBERED = [name for name, (_, path) in OPERATIONS.items() if "_id}" in path]
NAMED = [name for name, (_, path) in OPERATIONS.items() if "{handle}" in path]


@pytest.mark.parametrize("name", NUMBERED)
def test_a_number_that_nothing_has_is_not_found_or_invalid(name: str, quiet_scene: Scene) -> None:
    method, path = OPERATIONS[name]
    ask = ASKS[name](quiet_scene)
    number = next(part for part in ask.path if part.endswith("_id"))
    with nothing_written():
        for strange in STRANGE_NUMBERS:
            answer = quiet_scene.people["owner"].call(
                method, path.format(**ask.path | {number: strange}), json=ask.body
            )
            assert refused(answer, 404, 422) in {"not_found", "invalid"}, strange


@pytest.mark.parametrize("name", NAMED)
def test_a_handle_that_no_store_has_is_not_found(name: str, quiet_scene: Scene) -> None:
    method, path = OPERATIONS[name]
    ask = ASKS[name](quiet_scene)
    files = {"file": ask.file} if ask.file else None
    with nothing_written():
        for strange in STRANGE_HANDLES:
            address = path.format(**ask.path | {"handle": strange})
            answer = quiet_scene.people["owner"].call(method, address, json=ask.body, files=files)
            code = refused(answer, 404, 401, 405)
            assert code in {"not_found", "bad_signature", "method_not_allowed"}, strange


@pytest.mark.parametrize("name", [name for name in NAMED if name != "receive_webhook"])
def test_a_handle_means_the_same_store_in_any_case(name: str, quiet_scene: Scene) -> None:
    method, path = OPERATIONS[name]
    ask, owner = ASKS[name](quiet_scene), quiet_scene.people["owner"]
    files = {"file": ask.file} if ask.file else None
    shouted = path.format(**ask.path | {"handle": ask.path["handle"].upper()})
    assert owner.call(method, shouted, json=ask.body, files=files).status_code in {200, 201, 202, 204, 403}


def test_things_of_another_store_are_not_there_under_ones_own(quiet_scene: Scene) -> None:
    """The rival owns @bookshop and names what belongs to @teahouse."""
    rival, house = quiet_scene.people["rival"], quiet_scene.store
    mine = rival.post("/stores/bookshop/posts", {"text": "Books"}).json()["id"]
    theirs = {
        "webhook": quiet_scene.webhook(house).pk,
        "import": quiet_scene.order_import().pk,
        "member": quiet_scene.member(),
    }
    picture, avatar = quiet_scene.picture().id, quiet_scene.picture(store=None, purpose=MediaPurpose.USER_AVATAR).id
    bookshop = Store.objects.get(handle="bookshop")
    hall, theatre = quiet_scene.room(store=bookshop).pk, quiet_scene.answered_room(bookshop).pk
    asked = quiet_scene.answered_room().questions.get().pk
    asks: list[tuple[str, str, dict[str, Any] | None]] = [
        ("DELETE", f"/stores/bookshop/webhooks/{theirs['webhook']}", None),
        ("GET", f"/stores/bookshop/orders/imports/{theirs['import']}", None),
        ("GET", f"/stores/bookshop/orders/imports/{theirs['import']}/errors.csv", None),
        ("PATCH", f"/stores/bookshop/staff/{theirs['member']}", {"role": "owner"}),
        ("DELETE", f"/stores/bookshop/staff/{theirs['member']}", None),
        ("POST", "/stores/bookshop/posts", {"text": "Look", "media_ids": [picture]}),
        ("POST", "/stores/bookshop/posts", {"text": "Look", "media_ids": [avatar]}),
        ("PATCH", f"/posts/{mine}", {"media_ids": [picture]}),
        ("POST", "/stores/bookshop/rooms", {"title": "Look", "cover": picture}),
        ("PATCH", f"/rooms/{hall}", {"cover": picture}),
        ("PATCH", f"/rooms/{hall}", {"cover": avatar}),
        ("POST", f"/rooms/{theatre}/recap", {"questions": [asked]}),
        ("GET", f"/api/v1/media/{picture}", None),
        ("PATCH", f"/api/v1/media/{picture}", {"alt": "Mine"}),
    ]
    with nothing_written():
        for method, path, body in asks:
            assert refused(rival.call(method, path, json=body), 404) == "not_found", path


def test_a_comment_of_another_post_is_no_parent(quiet_scene: Scene) -> None:
    buyer, post = quiet_scene.people["buyer"], quiet_scene.post()
    elsewhere, hidden = quiet_scene.comment(), quiet_scene.comment(post=post, author="shopper", status="held")
    with nothing_written():
        for parent in (elsewhere.id, hidden.id):
            answer = buyer.post(f"/posts/{post.id}/comments", {"text": "Yes", "parent": parent})
            assert refused(answer, 404) == "not_found"
        assert buyer.get(f"/posts/{post.id}/comments", params={"parent": elsewhere.id}).json()["items"] == []
        assert buyer.get(f"/posts/{post.id}/comments", params={"parent": 2**63}).json()["items"] == []


def test_a_cursor_opens_nothing_but_the_list_it_was_given_for(quiet_scene: Scene) -> None:
    owner, post, other = quiet_scene.people["owner"], quiet_scene.post(), quiet_scene.post()
    room = quiet_scene.room(RoomStatus.LIVE).pk
    lists = {
        "/feed": "home",
        "/me/following": "following",
        "/me/purchases": "purchases",
        "/stores": "stores",
        "/stores/teahouse/posts": f"store{quiet_scene.store.pk}",
        "/stores/teahouse/drafts": "drafts",
        "/stores/teahouse/orders": "orders",
        "/stores/teahouse/deliveries": "deliveries",
        "/stores/teahouse/reviews": "reviews",
        "/stores/teahouse/comments": "waiting:teahouse:held",
        f"/posts/{post.id}/comments": f"comments:{post.id}:",
        f"/rooms/{room}/questions": f"questions:{room}:time:",
        "/stores/teahouse/rooms": f"rooms:{quiet_scene.store.pk}:",
        f"/rooms/{room}/mutes": f"mutes:{room}",
        f"/rooms/{room}/replay": f"replay:{room}",
        f"/rooms/{room}/events": f"room events:{room}",
    }
    lengths = {
        "stores": 3,
        f"questions:{room}:time:": 2,
        f"rooms:{quiet_scene.store.pk}:": 3,
        f"replay:{room}": 2,
    }
    kinds = [*lists.values(), f"comments:{other.id}:", "store0", "waiting:bookshop:held"]
    for path, own in lists.items():
        for kind in kinds:
            cursor = cursors.sign(kind, *range(1, lengths.get(kind, 1) + 1))
            answer = owner.get(path, params={"cursor": cursor})
            if kind == own:
                assert answer.status_code == 200, (path, answer.text)
            else:
                assert refused(answer, 422) == "bad_cursor", (path, kind)
        for cursor in (
            "A",
            "\x00",
            "é",
            "====",
            cursors.sign(own, 1)[:-1],
            "AA" + cursors.sign(own, 1),
        ):
            assert refused(owner.get(path, params={"cursor": cursor}), 422) == "bad_cursor", (path, cursor)
        for cursor in ("", "A" * 201):
            assert refused(owner.get(path, params={"cursor": cursor}), 422) == "invalid", path
        for limit in ("0", "-1", "51", "999", "abc", "1e1", "%D9%A1", "", "1" * 5_000, "0x5", "NaN", "null"):
            assert refused(owner.get(f"{path}?limit={limit}"), 422) == "invalid", (path, limit)


def test_another_persons_cursor_shows_nobody_more_than_their_own(quiet_scene: Scene) -> None:
    quiet_scene.everybody_follows(quiet_scene.store)
    quiet_scene.everybody_follows(quiet_scene.another_store("second"))
    shopper, buyer = quiet_scene.people["shopper"], quiet_scene.people["buyer"]
    cursor = buyer.get("/me/following", params={"limit": 1}).json()["next_cursor"]
    buyer_position = cursors.read("following", cursor)[0]
    shown = shopper.get("/me/following", params={"cursor": cursor}).json()["items"]
    own = Follow.objects.filter(user=shopper.user, id__lt=buyer_position).order_by("-id")[:20]
    assert [item["store"]["handle"] for item in shown] == [follow.store.handle for follow in own]
    assert shopper.get(
        "/me/purchases", params={"cursor": cursors.sign("purchases", buyer_position + 10**6)}
    ).json() == {
        "items": [],
        "next_cursor": None,
    }
