"""Buying: a signed order makes a shopper a verified buyer who may comment, and a refund takes that back."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from config import shop
from config.journey.client import Answer, expect
from config.journey.step import chapter
from config.journey.walk import Walk, card, milliseconds, until
from config.shop import Sale

BUYERS = {"ana": "shopify", "ben": "woocommerce", "cho": "standard"}
PRODUCT = "青白釉饭碗 四寸半"


def strangers_are_refused(walk: Walk) -> str:
    """A stranger may not comment, and is told why."""
    path = f"/posts/{walk.ids['post']}/comments"
    walk["stranger"].post(path, {"text": "好看"}).refused(403, "not_a_buyer")
    walk["nobody"].post(path, {"text": "好看"}).refused(401, "not_signed_in")
    viewer = _viewer(walk, "ana")
    expect(not viewer["can_comment"] and viewer["why_not"] == "not_a_buyer", f"the card says {viewer}")
    return "not_a_buyer"


def _viewer(walk: Walk, name: str) -> dict[str, Any]:
    shown = card(walk[name], walk.ids["post"]) or {}
    return dict(shown["viewer"])


def _stands(walk: Walk, name: str, why_not: str | None) -> bool:
    return bool(_viewer(walk, name)["why_not"] == why_not)


def forged_orders_are_refused(walk: Walk) -> None:
    """An order that is not signed, or signed for other words, changes nothing."""
    for name, platform in BUYERS.items():
        body = shop.order(platform, _sale(walk, name))
        signed = _signed(walk, platform, body)
        _deliver(walk, platform, body + b" ", signed).refused(401, "bad_signature")
        wrong = {key: value for key, value in signed.items() if "ignature" not in key and "Hmac" not in key}
        _deliver(walk, platform, body, wrong).refused(401, "bad_signature")
    expect(walk["ana"].get("/me/purchases").ok()["items"] == [], "a forged order made a purchase")


def signed_orders_make_buyers(walk: Walk) -> str:
    """A signed order from each platform makes its shopper a verified buyer."""
    took = []
    for name, platform in BUYERS.items():
        walk.sales[name] = _sale(walk, name)
        start = time.monotonic()
        _tell(walk, platform, shop.order(platform, walk.sales[name]))
        until(partial(_stands, walk, name, None), what=f"{platform}'s buyer")
        took.append(f"{platform} {milliseconds(time.monotonic() - start)}")
    return ", ".join(took)


def told_twice_is_told_once(walk: Walk) -> None:
    """The same delivery again is welcome and changes nothing."""
    orders = f"/stores/{walk.store}/orders?limit=50"
    before = [order["external_id"] for order in walk["merchant"].get(orders).ok()["items"]]
    for name, platform in BUYERS.items():
        expect(str(walk.sales[name].number) in before, f"{platform}'s order is not among the store's")
        _tell(walk, platform, shop.order(platform, walk.sales[name]), receipt="repeated")
    after = [order["external_id"] for order in walk["merchant"].get(orders).ok()["items"]]
    mine = {str(sale.number) for sale in walk.sales.values()}
    expect(mine <= set(after) and len(after) == len(set(after)), "an order is there twice")


def buyers_comment(walk: Walk) -> str:
    """Verified buyers comment, each with a badge that says what they bought."""
    for name in BUYERS:
        path = f"/posts/{walk.ids['post']}/comments"
        made = walk[name].post(path, {"text": f"收到了，很喜欢。{walk.name} {name}"}).ok(201)
        expect(made["buyer"] and made["buyer"]["product"] == PRODUCT, f"the badge is {made['buyer']}")
        expect(made["status"] == "visible" and not made["by_store"], f"the comment is {made}")
        walk.ids[f"comment of {name}"] = made["id"]
    walk["ana"].post(path, {"text": f"收到了，很喜欢。{walk.name} ana"}).refused(409, "duplicate_comment")
    listed = walk["nobody"].get(path).ok()["items"]
    expect([one["id"] for one in listed] == [walk.ids[f"comment of {name}"] for name in ("cho", "ben", "ana")], "order")
    shown, _ = until(lambda: _with_comments(walk, len(BUYERS)), what="the count of comments")
    return f"{shown['counts']['comments']} comments"


def _with_comments(walk: Walk, count: int) -> dict[str, Any] | None:
    found = card(walk["ana"], walk.ids["post"])
    return found if found and found["counts"]["comments"] == count else None


def the_store_answers(walk: Walk) -> str:
    """The store answers under its own mark, and the buyer's open app hears of it at once."""
    body = {"text": f"谢谢，记得先烫一下。{walk.name}", "parent": walk.ids["comment of ben"]}
    start = time.monotonic()
    reply = walk["merchant"].post(f"/posts/{walk.ids['post']}/comments", body).ok(201)
    expect(reply["by_store"] and reply["buyer"] is None, f"the answer is {reply}")
    notice = walk.rooms["feed"].frame("comment_reply")
    took = time.monotonic() - start
    expect(notice["comment"] == reply["id"] and notice["by_store"], f"the notice is {notice}")
    body = {"text": "不客气", "parent": reply["id"]}
    walk["ben"].post(f"/posts/{walk.ids['post']}/comments", body).refused(422, "invalid")
    return f"told after {milliseconds(took)}"


def refunds_take_it_back(walk: Walk) -> str:
    """A full refund, by each platform's own way, takes the right away again; the comment stays, with its badge."""
    for name in ("ben", "cho"):
        platform, sale = BUYERS[name], walk.sales[name]
        _tell(walk, platform, shop.full_refund(platform, sale, at=datetime.now(UTC)))
        until(partial(_stands, walk, name, "purchase_refunded"), what=f"{platform}'s refund")
        path = f"/posts/{walk.ids['post']}/comments"
        walk[name].post(path, {"text": "还有一句"}).refused(403, "purchase_refunded")
        # A late word of the paid order does not bring it back: the newest by the shop's clock stands.
        _tell(walk, platform, shop.order(platform, replace(sale, at=sale.at - timedelta(minutes=5))))
    return "woocommerce, standard"


def late_orders_bring_nothing_back(walk: Walk) -> None:
    """An older version of the order that arrives late brings the right not back."""
    deliveries = f"/stores/{walk.store}/deliveries"
    until(
        lambda: all(one["status"] != "received" for one in walk["merchant"].get(deliveries).ok()["items"]),
        what="reading the deliveries",
    )
    for name in ("ben", "cho"):
        expect(_viewer(walk, name)["why_not"] == "purchase_refunded", f"{BUYERS[name]}'s late order made a buyer again")
    purchases = walk["ben"].get("/me/purchases").ok()["items"]
    expect([one["can_comment"] for one in purchases] == [False], f"/me/purchases says {purchases}")


def _sale(walk: Walk, name: str) -> Sale:
    if name in walk.sales:
        return walk.sales[name]
    walk.ids["order"] = walk.ids.get("order", time.time_ns() // 1_000_000) + 1
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2)
    person = walk[name]
    return Sale(
        number=walk.ids["order"],
        email=person.email,
        name=person.name,
        product=PRODUCT,
        price="68.00",
        currency="CNY",
        at=moment,
    )


def _signed(walk: Walk, platform: str, body: bytes) -> dict[str, str]:
    return shop.signed(platform, body, secret=walk.demo["webhook_secrets"][platform], now=datetime.now(UTC))


def _deliver(walk: Walk, platform: str, body: bytes, headers: dict[str, str]) -> Answer:
    return walk["nobody"].client.call("POST", f"/api/v1/webhooks/{platform}/{walk.store}", body=body, headers=headers)


def _tell(walk: Walk, platform: str, body: bytes, *, receipt: str = "accepted") -> None:
    told = _deliver(walk, platform, body, _signed(walk, platform, body)).ok()
    expect(told["status"] == receipt, f"{platform}'s delivery was {told['status']}, not {receipt}")


CHAPTER = chapter(
    "Buying",
    strangers_are_refused,
    forged_orders_are_refused,
    signed_orders_make_buyers,
    told_twice_is_told_once,
    buyers_comment,
    the_store_answers,
    refunds_take_it_back,
    late_orders_bring_nothing_back,
)
