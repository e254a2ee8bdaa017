"""Who may do what: every route of the OpenAPI document for everybody of the cast, and nothing done where refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from config.api import api
from interactions.models import RoomStatus
from tests.acceptance.scene import CAST, Scene, changed, fingerprint
from tests.people import problem
from tests.posts.conftest import drawing, encoded

# A row for each operation; behind a colon, the same operation in another situation. Codes are for, in this order:
#                           nobody shopper buyer rival analyst moderator editor owner platform
# fmt: off
TABLE = {
    "get_instance":             "200 200 200 200 200 200 200 200 200",
    # oneself
    "get_me":                   "401 200 200 200 200 200 200 200 200",
    "update_me":                "401 200 200 200 200 200 200 200 200",
    "upload_my_avatar":         "401 202 202 202 202 202 202 202 202",
    "create_ws_ticket":         "401 201 201 201 201 201 201 201 201",
    "list_following":           "401 200 200 200 200 200 200 200 200",
    "list_purchases":           "401 200 200 200 200 200 200 200 200",
    # stores
    "apply_for_store":          "401 201 201 201 201 201 201 201 201",
    "find_stores":              "200 200 200 200 200 200 200 200 200",
    "get_store":                "200 200 200 200 200 200 200 200 200",
    "get_store:suspended":      "404 404 404 404 200 200 200 200 200",
    "update_store":             "401 403 403 403 403 403 403 200 403",
    "update_store:suspended":   "401 404 404 404 403 403 403 403 403",
    "upload_store_avatar":      "401 403 403 403 403 403 403 202 403",
    "upload_store_cover":       "401 403 403 403 403 403 403 202 403",
    "review_store":             "401 403 403 403 403 403 403 403 201",
    "review_store:suspended":   "401 404 404 404 403 403 403 403 201",
    "list_reviews":             "401 403 403 403 403 403 403 200 200",
    # staff
    "list_staff":               "401 403 403 403 403 403 403 200 403",
    "add_staff":                "401 403 403 403 403 403 403 201 403",
    "change_staff_role":        "401 403 403 403 403 403 403 200 403",
    "remove_staff":             "401 403 403 403 403 403 403 204 403",
    "remove_staff:oneself":     "401 403 403 403 204 204 204 409 403",
    # following
    "follow_store":             "401 200 200 200 200 200 200 200 200",
    "follow_store:suspended":   "401 404 404 404 403 403 403 403 403",
    "change_follow":            "401 200 200 200 200 200 200 200 200",
    "unfollow_store":           "401 200 200 200 200 200 200 200 200",
    "unfollow_store:suspended": "401 200 200 200 200 200 200 200 200",
    # orders
    "list_webhooks":            "401 403 403 403 403 403 403 200 403",
    "create_webhook":           "401 403 403 403 403 403 403 201 403",
    "delete_webhook":           "401 403 403 403 403 403 403 204 403",
    "list_deliveries":          "401 403 403 403 403 403 403 200 403",
    "receive_webhook":          "401 401 401 401 401 401 401 401 401",  # a session is no signature
    "list_orders":              "401 403 403 403 403 403 403 200 403",
    "import_orders":            "401 403 403 403 403 403 403 202 403",
    "get_import":               "401 403 403 403 403 403 403 200 403",
    "download_import_errors":   "401 403 403 403 403 403 403 200 403",
    # pictures
    "upload_media":             "401 403 403 403 403 403 202 202 403",
    "upload_media:suspended":   "401 404 404 404 403 403 403 403 403",
    "get_media":                "401 404 404 404 200 200 200 200 404",
    "update_media":             "401 404 404 404 403 403 200 200 404",
    # posts
    "create_post":              "401 403 403 403 403 403 201 201 403",
    "create_post:suspended":    "401 404 404 404 403 403 403 403 403",
    "list_drafts":              "401 403 403 403 200 200 200 200 403",
    "list_store_posts":         "200 200 200 200 200 200 200 200 200",
    "get_post":                 "200 200 200 200 200 200 200 200 200",
    "get_post:draft":           "404 404 404 404 200 200 200 200 404",
    "get_post:suspended":       "404 404 404 404 200 200 200 200 404",
    "update_post":              "401 403 403 403 403 403 200 200 403",
    "update_post:draft":        "401 404 404 404 403 403 200 200 404",
    "update_post:suspended":    "401 404 404 404 403 403 403 403 404",
    "publish_post":             "401 404 404 404 403 403 200 200 404",
    "delete_post":              "401 403 403 403 403 403 204 204 403",
    "pin_post":                 "401 403 403 403 403 403 200 200 403",
    "unpin_post":               "401 403 403 403 403 403 200 200 403",
    # the feed
    "get_feed":                 "401 200 200 200 200 200 200 200 200",
    "get_new_posts":            "401 200 200 200 200 200 200 200 200",
    "discover_posts":           "200 200 200 200 200 200 200 200 200",
    "mark_feed_seen":           "401 200 200 200 200 200 200 200 200",
    "hide_post":                "401 204 204 204 204 204 204 204 204",
    "unhide_post":              "401 204 204 204 204 204 204 204 204",
    # likes, shares, comments
    "like_post":                "401 200 200 200 200 200 200 200 200",
    "like_post:draft":          "401 404 404 404 409 409 409 409 404",
    "like_post:suspended":      "401 404 404 404 403 403 403 403 404",
    "unlike_post":              "401 200 200 200 200 200 200 200 200",
    "share_post":               "401 201 201 201 201 201 201 201 201",
    "share_post:draft":         "401 404 404 404 409 409 409 409 404",
    "list_comments":            "200 200 200 200 200 200 200 200 200",
    "list_comments:draft":      "404 404 404 404 200 200 200 200 404",
    "write_comment":            "401 403 201 403 403 201 201 201 403",
    "write_comment:suspended":  "401 404 404 404 403 403 403 403 404",
    "edit_comment":             "401 403 200 403 403 403 403 403 403",
    "delete_comment":           "401 403 204 403 403 403 403 403 403",
    "report_comment":           "401 201 201 201 201 201 201 201 201",
    "report_comment:hidden":    "401 404 201 404 404 201 201 201 201",
    "set_comment_visibility":   "401 403 403 403 403 200 200 200 200",
    "list_waiting_comments":    "401 403 403 403 403 200 200 200 200",
    # live rooms
    "create_room":              "401 403 403 403 403 403 201 201 403",
    "create_room:suspended":    "401 404 404 404 403 403 403 403 403",
    "get_room":                 "200 200 200 200 200 200 200 200 200",
    "get_room:suspended":       "404 404 404 404 200 200 200 200 200",
    "list_rooms":               "200 200 200 200 200 200 200 200 200",
    "list_rooms:suspended":     "404 404 404 404 200 200 200 200 200",
    "update_room":              "401 403 403 403 403 403 200 200 403",
    "update_room:suspended":    "401 404 404 404 403 403 403 403 403",
    "replace_room_products":    "401 403 403 403 403 403 200 200 403",
    "start_room":               "401 403 403 403 403 403 200 200 403",
    "end_room":                 "401 403 403 403 403 403 200 200 403",
    "list_questions":           "200 200 200 200 200 200 200 200 200",
    "mute_person":              "401 403 403 403 403 200 200 200 200",
    "mute_person:suspended":    "401 404 404 404 403 403 403 403 200",
    "list_mutes":               "401 403 403 403 403 200 200 200 200",
    "get_replay":               "200 200 200 200 200 200 200 200 200",
    "get_replay:suspended":     "404 404 404 404 200 200 200 200 200",
    "list_room_events":         "200 200 200 200 200 200 200 200 200",
    "list_room_events:suspended": "404 404 404 404 200 200 200 200 200",
    "recap_room":               "401 403 403 403 403 403 201 201 403",
    "recap_room:suspended":     "401 404 404 404 403 403 403 403 403",
}
# fmt: on


@dataclass(frozen=True)
class Ask:
    """A request that is in order but for who asks: the path's names, a body or a file, the query."""

    path: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    file: tuple[str, bytes] | None = None
    query: dict[str, str] = field(default_factory=dict)


PHOTO = ("photo.jpg", encoded(drawing()))
ORDERS = ("orders.csv", b"id,email,total,currency,status\n")
NEW_ROOM = {"title": "Tea at nine"}
OOLONG = {"title": "Oolong", "url": "https://example.org/oolong", "price": "24.00", "currency": "EUR"}


def _house(scene: Scene, body: Any = None, file: tuple[str, bytes] | None = None) -> Ask:
    return Ask({"handle": scene.store.handle}, body, file)


def _suspended(scene: Scene, body: Any = None, file: tuple[str, bytes] | None = None) -> Ask:
    return Ask({"handle": scene.suspended().handle}, body, file)


def _post(scene: Scene, body: Any = None, **fields: Any) -> Ask:
    return Ask({"post_id": scene.post(**fields).id}, body)


def _draft(scene: Scene, body: Any = None) -> Ask:
    return Ask({"post_id": scene.draft().id}, body)


def _gone(scene: Scene, body: Any = None) -> Ask:
    return _post(scene, body, store=scene.suspended())


def _followed(scene: Scene, body: Any = None, **fields: Any) -> Ask:
    return Ask({"handle": scene.everybody_follows(scene.another_store(**fields)).handle}, body)


def _member(scene: Scene, body: Any = None) -> Ask:
    return Ask({"handle": "teahouse", "user_id": scene.member()}, body)


def _comment(scene: Scene, body: Any = None, **fields: Any) -> Ask:
    return Ask({"comment_id": scene.comment(**fields).id}, body)


def _room(scene: Scene, body: Any = None) -> Ask:
    return Ask({"room_id": scene.room(RoomStatus.LIVE).pk}, body)


def _gone_room(scene: Scene, body: Any = None) -> Ask:
    return Ask({"room_id": scene.room(RoomStatus.LIVE, scene.suspended()).pk}, body)


def _import(scene: Scene) -> Ask:
    return Ask({"handle": "teahouse", "import_id": scene.order_import().pk})


def _picture(scene: Scene, body: Any = None) -> Ask:
    return Ask({"media_id": scene.picture().id}, body)


def _delete_webhook(scene: Scene) -> Ask:
    webhook = scene.webhook()
    return Ask({"handle": webhook.store.handle, "webhook_id": webhook.pk})


# How each row is asked; rows that are not here need nothing. `oneself` is completed by the test.
ASKS: dict[str, Callable[[Scene], Ask]] = {
    "update_me": lambda scene: Ask(body={"language": "zh-hans"}),
    "upload_my_avatar": lambda scene: Ask(file=PHOTO),
    "apply_for_store": lambda scene: Ask(body={"handle": f"new_{next(scene.numbers)}", "name": "New House"}),
    "get_store": _house,
    "get_store:suspended": _suspended,
    "update_store": lambda scene: _house(scene, {"about": f"Tea, {next(scene.numbers)} sorts"}),
    "update_store:suspended": lambda scene: _suspended(scene, {"about": "Still tea"}),
    "upload_store_avatar": lambda scene: _house(scene, file=PHOTO),
    "upload_store_cover": lambda scene: _house(scene, file=PHOTO),
    "review_store": lambda scene: Ask(
        {"handle": scene.another_store().handle}, {"decision": "suspended", "reason": "Sells no tea"}
    ),
    "review_store:suspended": lambda scene: _suspended(scene, {"decision": "restored", "reason": "Sells tea again"}),
    "list_reviews": _house,
    "list_staff": _house,
    "add_staff": lambda scene: _house(scene, {"user_id": scene.newcomer(), "role": "analyst"}),
    "change_staff_role": lambda scene: _member(scene, {"role": "moderator"}),
    "remove_staff": _member,
    "remove_staff:oneself": lambda scene: Ask({"handle": scene.another_store().handle}),
    "follow_store": lambda scene: Ask({"handle": scene.another_store().handle}, {"source": "search"}),
    "follow_store:suspended": lambda scene: _suspended(scene, {"source": "search"}),
    "change_follow": lambda scene: _followed(scene, {"muted": True}),
    "unfollow_store": _followed,
    "unfollow_store:suspended": lambda scene: _followed(scene, status="suspended"),
    "list_webhooks": _house,
    "create_webhook": lambda scene: Ask({"handle": scene.another_store().handle}, {"platform": "woocommerce"}),
    "delete_webhook": _delete_webhook,
    "list_deliveries": _house,
    "receive_webhook": lambda scene: Ask({"platform": "shopify", "handle": scene.webhook().store.handle}, {"id": 1}),
    "list_orders": _house,
    "import_orders": lambda scene: Ask({"handle": scene.another_store().handle}, file=ORDERS),
    "get_import": _import,
    "download_import_errors": _import,
    "upload_media": lambda scene: _house(scene, file=PHOTO),
    "upload_media:suspended": lambda scene: _suspended(scene, file=PHOTO),
    "get_media": _picture,
    "update_media": lambda scene: _picture(scene, {"alt": "A pot"}),
    "create_post": lambda scene: _house(scene, {"text": "New oolong", "status": "published"}),
    "create_post:suspended": lambda scene: _suspended(scene, {"text": "New oolong"}),
    "list_drafts": _house,
    "list_store_posts": _house,
    "get_post": _post,
    "get_post:draft": _draft,
    "get_post:suspended": _gone,
    "update_post": lambda scene: _post(scene, {"title": "Newer"}),
    "update_post:draft": lambda scene: _draft(scene, {"title": "Newer"}),
    "update_post:suspended": lambda scene: _gone(scene, {"title": "Newer"}),
    "publish_post": _draft,
    "delete_post": _post,
    "pin_post": lambda scene: _post(scene, store=scene.another_store()),
    "unpin_post": _post,
    "mark_feed_seen": lambda scene: Ask(body={"head": str(scene.post().feed_id)}),
    "hide_post": _post,
    "unhide_post": _post,
    "like_post": _post,
    "like_post:draft": _draft,
    "like_post:suspended": _gone,
    "unlike_post": _post,
    "share_post": lambda scene: _post(scene, {"channel": "qr"}),
    "share_post:draft": lambda scene: _draft(scene, {"channel": "qr"}),
    "list_comments": _post,
    "list_comments:draft": _draft,
    "write_comment": lambda scene: _post(scene, {"text": "Smells of spring"}),
    "write_comment:suspended": lambda scene: _gone(scene, {"text": "Smells of spring"}),
    "edit_comment": lambda scene: _comment(scene, {"text": "Smelled of spring"}),
    "delete_comment": _comment,
    "report_comment": lambda scene: _comment(scene, {"reason": "spam"}),
    "report_comment:hidden": lambda scene: _comment(scene, {"reason": "spam"}, status="hidden"),
    "set_comment_visibility": lambda scene: _comment(scene, {"status": "hidden"}),
    "list_waiting_comments": _house,
    "create_room": lambda scene: _house(scene, NEW_ROOM),
    "create_room:suspended": lambda scene: _suspended(scene, NEW_ROOM),
    "get_room": lambda scene: Ask({"room_id": scene.room().pk}),
    "get_room:suspended": lambda scene: Ask({"room_id": scene.room(store=scene.suspended()).pk}),
    "list_rooms": _house,
    "list_rooms:suspended": _suspended,
    "update_room": lambda scene: _room(scene, {"title": "Tea at ten"}),
    "update_room:suspended": lambda scene: _gone_room(scene, {"title": "Tea at ten"}),
    "replace_room_products": lambda scene: _room(scene, {"products": [OOLONG]}),
    "start_room": lambda scene: Ask({"room_id": scene.room().pk}),
    "end_room": lambda scene: Ask({"room_id": scene.room(RoomStatus.LIVE).pk}),
    "list_questions": lambda scene: Ask({"room_id": scene.room(RoomStatus.LIVE).pk}),
    "mute_person": lambda scene: _room(scene, {"user": scene.newcomer(), "seconds": 60}),
    "mute_person:suspended": lambda scene: _gone_room(scene, {"user": scene.newcomer(), "seconds": 60}),
    "list_mutes": _room,
    "get_replay": _room,
    "get_replay:suspended": _gone_room,
    "list_room_events": _room,
    "list_room_events:suspended": _gone_room,
    "recap_room": lambda scene: Ask({"room_id": scene.answered_room().pk}, {}),
    "recap_room:suspended": lambda scene: Ask({"room_id": scene.answered_room(scene.suspended()).pk}, {}),
}
# Writes that leave no row by their nature, or find the state as it should be.
LEAVE_NOTHING = {"create_ws_ticket", "unlike_post", "unhide_post", "unpin_post"}


def _operations() -> dict[str, tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


OPERATIONS = _operations()


def test_every_route_is_in_the_table_and_every_row_is_a_route() -> None:
    assert {row.partition(":")[0] for row in TABLE} == set(OPERATIONS)
    assert all(len(codes.split()) == len(CAST) for codes in TABLE.values())
    named = {row.partition(":")[0] for row in ASKS if row in TABLE}
    assert [name for name, (_, path) in OPERATIONS.items() if "{" in path and name not in named] == []


@pytest.mark.parametrize("who", CAST)
def test_everybody_may_do_what_the_table_says_and_nothing_else(who: str, scene: Scene) -> None:
    wrong = []
    for row, codes in TABLE.items():
        expected = int(codes.split()[CAST.index(who)])
        ask = ASKS[row](scene) if row in ASKS else Ask()
        if row.endswith(":oneself"):
            ask.path["user_id"] = scene.people[who].id if who != "nobody" else scene.member()
        before = fingerprint()
        answer = _send(scene, who, row, ask)
        touched = changed(before)
        wrong += [f"{row}: {complaint}" for complaint in _complaints(row, expected, answer, touched)]
    assert wrong == []


def _send(scene: Scene, who: str, row: str, ask: Ask) -> httpx.Response:
    method, path = OPERATIONS[row.partition(":")[0]]
    files = None if ask.file is None else {"file": ask.file}
    return scene.people[who].call(method, path.format(**ask.path), json=ask.body, files=files, params=ask.query)


def _complaints(row: str, expected: int, answer: httpx.Response, touched: list[str]) -> list[str]:
    method = answer.request.method
    if answer.status_code != expected:
        return [f"{answer.status_code} instead of {expected}: {answer.text[:200]}"]
    if answer.status_code >= 400:
        status, code = problem(answer)
        assert code
        return [f"refused with {status}, yet it wrote {touched}"] if touched else []
    if method == "GET":
        return [f"reading wrote {touched}"] if touched else []
    if not touched and row.partition(":")[0] not in LEAVE_NOTHING:
        return ["accepted, yet nothing was written"]
    return []
