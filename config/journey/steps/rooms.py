"""The life of a live room: announced, opened, ruled, ended, read again, and made into a post."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from config.journey.client import expect
from config.journey.socket import Frame, Socket
from config.journey.step import chapter
from config.journey.walk import Walk

TITLE = "晚间小聚：边喝边聊"
TABLE = [
    {"title": "白瓷杯", "url": "https://example.org/white-cup", "price": "68.00", "currency": "CNY"},
    {"title": "青釉碗", "url": "https://example.org/green-bowl", "price": "128.00", "currency": "CNY"},
]
ANSWERS = {"杯子可以微波吗？": "可以，没有金线。", "碗有几个尺寸？": "三个，最大的盛一碗面。"}
MUTED_S = 60


def a_room_is_announced_and_opened(walk: Walk) -> str:
    """A host announces a room with its products, and it stands among the store's upcoming ones until it goes live."""
    host, at = walk["merchant"], datetime.now(UTC) + timedelta(days=7)
    new = {"title": TITLE, "starts_at": at.isoformat(), "products": TABLE}
    room = host.post(f"/stores/{walk.store}/rooms", new).ok(201)
    walk.ids["evening"] = room["id"]
    walk.undo.append(lambda: host.post(f"/rooms/{room['id']}/end"))
    upcoming = walk["nobody"].get(f"/stores/{walk.store}/rooms?status=scheduled&limit=50").ok()["items"]
    expect(room["id"] in [one["id"] for one in upcoming], "it is not among the upcoming rooms")
    walk["stranger"].post(f"/rooms/{room['id']}/start").refused(403, "not_staff")
    expect(host.post(f"/rooms/{room['id']}/start").ok()["status"] == "live", "it did not go live")
    for role, name in (("host", "merchant"), ("asker", "ana"), ("guest", "stranger")):
        walk.rooms[role] = Socket(walk[name], f"/ws/rooms/{room['id']}")
        walk.close.append(walk.rooms[role].close)
        expect(len(walk.rooms[role].frame("welcome")["products"]) == len(TABLE), "the table is not laid")
    return TITLE


def the_host_sets_the_rules(walk: Walk) -> str:
    """The host changes who may ask and how often; all hear it, it holds at once, and nobody else may."""
    rules = {"type": "settings", "ask_policy": "everyone", "slow_mode_s": 0}
    refused = walk.rooms["guest"].ask(rules)
    expect(refused.get("error", {}).get("code") == "not_staff", f"the reply is {refused}")
    expect(walk.rooms["host"].ask(rules).get("ok"), "the host may not")
    told = _told(walk.rooms["guest"], "settings")
    expect((told["ask_policy"], told["slow_mode_s"]) == ("everyone", 0), f"they heard {told}")
    _ask(walk, "guest", "第一次来，可以问吗？")
    return "a stranger asks"


def a_moderator_mutes_somebody(walk: Walk) -> str:
    """Who is muted cannot ask until a moderator lets them, and may do all else."""
    stranger = walk["stranger"].get("/me").ok()["id"]
    host, guest = walk.rooms["host"], walk.rooms["guest"]
    reply = host.ask({"type": "mute", "user": stranger, "seconds": MUTED_S})
    expect(reply.get("until"), f"the reply is {reply}")
    refused = guest.ask({"type": "ask", "text": "我又来了？", "client_id": f"{walk.name}-muted"})
    expect(refused.get("error", {}).get("code") == "muted", f"the reply is {refused}")
    expect(guest.ask({"type": "tap", "count": 1}).get("ok"), "they may not even like it")
    muted = walk["merchant"].get(f"/rooms/{walk.ids['evening']}/mutes").ok()["items"]
    expect([one["user"]["id"] for one in muted] == [stranger], f"muted are {muted}")
    host.ask({"type": "mute", "user": stranger, "seconds": 0})
    _ask(walk, "guest", "不刷屏了，碗还有吗？")
    return "muted"


def products_are_shown(walk: Walk) -> None:
    """The host shows a product of the table to all, and lays the table anew."""
    path = f"/rooms/{walk.ids['evening']}"
    cup, bowl = walk["nobody"].get(path).ok()["products"]
    walk.rooms["host"].ask({"type": "feature", "product": bowl["id"]})
    expect(_told(walk.rooms["guest"], "feature")["product_id"] == bowl["id"], "they were shown another")
    walk["merchant"].put(f"{path}/products", {"products": TABLE[1:]}).ok()
    left = _told(walk.rooms["guest"], "products")["products"]
    expect([(one["id"], one["featured"]) for one in left] == [(bowl["id"], True)], f"on the table is {left}")
    gone = walk.rooms["host"].ask({"type": "feature", "product": cup["id"]})
    expect(gone.get("error", {}).get("code") == "not_found", f"the reply is {gone}")


def held_questions_are_approved(walk: Walk) -> str:
    """Where the host reads first, a question is heard once it is approved."""
    host = walk.rooms["host"]
    host.ask({"type": "settings", "premoderate": True})
    for number, text in enumerate(ANSWERS):
        reply = walk.rooms["asker"].ask({"type": "ask", "text": text, "client_id": f"{walk.name}-{number}"})
        expect(reply.get("status") == "held", f"the reply is {reply}")
        host.ask({"type": "approve", "question": reply["question"]})
        heard = walk.rooms["guest"].event("question", reply["question"])
        expect(heard["question"]["text"] == text, f"they heard {heard}")
        walk.ids[text] = reply["question"]
    return f"{len(ANSWERS)} approved"


def the_room_ends(walk: Walk) -> str:
    """The host answers and ends the room: every socket is told and closed, and it never starts again."""
    for text, answer in reversed(ANSWERS.items()):
        reply = walk.rooms["host"].ask({"type": "answer", "question": walk.ids[text], "text": answer})
        expect(reply.get("ok"), f"the reply is {reply}")
    walk.rooms["asker"].ask({"type": "upvote", "question": walk.ids[next(iter(ANSWERS))]})
    path = f"/rooms/{walk.ids['evening']}"
    ended = walk["merchant"].post(f"{path}/end").ok()
    expect((ended["status"], ended["asked"]) == ("ended", len(ANSWERS) + 2), f"it is {ended['status']}")
    codes = {walk.rooms[role].close_code() for role in ("host", "asker", "guest")}
    expect(codes == {4501}, f"the sockets were closed with {codes}")
    walk["merchant"].post(f"{path}/start").refused(409, "room_ended")
    return "4501"


def what_was_answered_can_be_read(walk: Walk) -> str:
    """Afterwards everybody reads the answers in their order, and what happened, event by event."""
    path = f"/rooms/{walk.ids['evening']}"
    replay = walk["nobody"].get(f"{path}/replay").ok()
    order = [one["question"]["text"] for one in replay["items"]]
    expect(order == list(reversed(ANSWERS)), f"the order is {order}")
    expect(replay["answered"] == len(ANSWERS), f"answered are {replay['answered']}")
    events = walk["nobody"].get(f"{path}/events?limit=50").ok()["items"]
    kinds = [one["event"]["type"] for one in events]
    expect((kinds[0], kinds[-1]) == ("started", "ended"), f"it was {kinds}")
    return f"{len(kinds)} events"


def the_answers_become_a_post(walk: Walk) -> str:
    """One call makes a post of them, the most wanted first; again it is the same post."""
    host, path = walk["merchant"], f"/rooms/{walk.ids['evening']}"
    walk["stranger"].post(f"{path}/recap", {}).refused(403, "not_staff")
    post = host.post(f"{path}/recap", {}).ok(201)
    walk.undo.append(lambda: host.delete(f"/posts/{post['id']}"))
    first = next(iter(ANSWERS))
    expect(post["text"].startswith(f"问：{first}\n答：{ANSWERS[first]}"), f"it begins {post['text'][:40]}")
    expect([one["title"] for one in post["products"]] == [TABLE[1]["title"]], "the products are others")
    expect(host.post(f"{path}/recap", {}).ok(200)["id"] == post["id"], "there are two")
    host.post(f"/posts/{post['id']}/publish").ok()
    expect(walk["nobody"].get(path).ok()["recap"] == post["id"], "the room does not name it")
    return str(post["title"])


def _ask(walk: Walk, who: str, text: str) -> None:
    number = len(walk.ids)
    reply = walk.rooms[who].ask({"type": "ask", "text": text, "client_id": f"{walk.name}-{who}-{number}"})
    expect(reply.get("ok"), f"the reply is {reply}")
    walk.ids[text] = reply["question"]


def _told(socket: Socket, kind: str) -> Frame:
    """The first event of a type that is about the room itself."""
    frame = socket.until(
        lambda got: any(event["type"] == kind for event in got.get("events", ())), what=f"{kind} event"
    )
    return next(event for event in frame["events"] if event["type"] == kind)


CHAPTER = chapter(
    "The life of a room",
    a_room_is_announced_and_opened,
    the_host_sets_the_rules,
    a_moderator_mutes_somebody,
    products_are_shown,
    held_questions_are_approved,
    the_room_ends,
    what_was_answered_can_be_read,
    the_answers_become_a_post,
)
