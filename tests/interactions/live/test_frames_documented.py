"""Every frame that a real server sends is one that docs/asyncapi.yaml and the classes of frames.py describe."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, get_args

import jsonschema_rs
import pytest
import yaml
from pydantic import BaseModel

from config.asyncapi import PATH
from core import clock
from interactions.live import frames, protocol
from interactions.models import LiveRoom, Question, RoomStatus
from interactions.services import table
from posts.products import Product
from stores.models import Store
from tests.conftest import Site
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Frame, Screen, ticket_of
from tests.people import Person, run_jobs

Json = dict[str, Any]
TEA = Product("Oolong, 100 g", "https://teahouse.example/oolong", "24.00", "EUR", "")  # type: ignore[arg-type]


class Reader:
    """Reads one socket's frames with its part of the document, and takes nothing that is not in it."""

    def __init__(self, socket: str) -> None:
        document: Json = yaml.safe_load(PATH.read_text())
        parts = {"components": _closed(document["components"])}
        payloads = {name: message["payload"] for name, message in document["components"]["messages"].items()}
        self.kinds = {
            name: jsonschema_rs.validator_for(payloads[name] | parts, validate_formats=True)
            for name in document["channels"][socket]["messages"]
        }

    def kind(self, frame: Frame) -> str:
        """The message that a frame is; fails unless it is just one, and one of its class."""
        kinds = [name for name, reader in self.kinds.items() if reader.is_valid(frame)]
        likely = self.kinds.get(camel_case(frame.get("type", "refusal" if "error" in frame else "reply")))
        wrong = [error.message for error in likely.iter_errors(frame)] if likely else "no such type"
        assert len(kinds) == 1, f"{frame} is not described: {wrong}"
        _class(kinds[0]).model_validate(frame, extra="forbid")
        return str(kinds[0])


def camel_case(name: str) -> str:
    """The key of a message, from a frame's type."""
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _closed(schema: Any) -> Any:
    """As strict as can be: no object may have a field that is not described."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


def _class(message: str) -> type[BaseModel]:
    found: type[BaseModel] = getattr(frames, message[0].upper() + message[1:])
    return found


def kinds_of(reader: Reader, seen: Iterable[Frame]) -> set[str]:
    """The kinds of frames that were seen, each read with the document."""
    return {reader.kind(frame) for frame in seen}


def told_by_server(reader: Reader) -> set[str]:
    """All kinds that the document has for what a server says."""
    heard = {kind.__name__[0].lower() + kind.__name__[1:] for kind in get_args(protocol.AnyFrame)}
    return set(reader.kinds) - heard


@pytest.fixture
def room(store: Store, alice: Person) -> LiveRoom:
    """A room of Alice's that has not been started."""
    return LiveRoom.objects.create(
        store=store, host=alice.user, title="New harvest", slow_mode_s=0, status=RoomStatus.SCHEDULED,
        starts_at=clock.now(),
    )  # fmt: skip


def test_a_room_says_only_what_is_documented_and_all_of_it(
    site: Site, watch: Watch, alice: Person, bob: Person, charlie: Person, room: LiveRoom
) -> None:
    host, viewer, stranger, nobody = watch(alice), watch(bob), watch(charlie), watch()
    assert alice.post(f"/rooms/{room.pk}/start").status_code == 200
    viewer.event("started")
    _play(host, viewer, stranger, nobody, room)
    lost = Screen(site.base_url, 10**9)
    lost.send({"type": "auth", "id": 1, "ticket": ticket_of(charlie)})
    assert lost.closed() == 4503
    assert alice.post(f"/rooms/{room.pk}/end").status_code == 200
    screens = (host, viewer, stranger, nobody)
    assert [screen.closed() for screen in screens] == [4501] * 4

    reader, seen = Reader("room"), [frame for screen in (*screens, lost) for frame in screen.seen]
    assert kinds_of(reader, seen) == told_by_server(reader)
    events = [event for screen in screens for event in screen.events()]
    recovered = [event for frame in seen if frame.get("type") == "recovered" for event in frame["events"]]
    assert {event["type"] for event in events} == _types_of_event()
    assert len(recovered) > 5
    assert all(event["offset"] > 0 for event in events + recovered)


def _types_of_event() -> set[str]:
    union, _ = get_args(frames.AnyEvent)
    return {kind.model_fields["type"].default for kind in get_args(union)}


def done(screen: Screen, kind: str, **fields: Any) -> Frame:
    """Sends a frame, whose answer must be the one that is documented for it."""
    reply = screen.do(kind, **fields)
    frames.REPLIES[type(protocol.parse(json.dumps({"type": kind} | fields)))].model_validate(reply, extra="forbid")
    return reply


def _play(host: Screen, viewer: Screen, stranger: Screen, nobody: Screen, room: LiveRoom) -> None:
    """What people do in a live room: every frame that is done, then mistakes."""
    first = done(viewer, "ask", text="How long does it keep?", client_id="1")["question"]
    second = done(viewer, "ask", text="Is it \u201cfirst flush\u201d? 茶", client_id="2")["question"]
    done(stranger, "upvote", question=first)
    viewer.event("question_changed")
    done(stranger, "unvote", question=first)
    done(host, "answer", question=first, text="A year,\nif it is dry and dark.")
    done(host, "pin", question=first)
    done(host, "hide", question=second)
    done(host, "approve", question=second)
    done(viewer, "tap", count=7)
    viewer.of_type("tick")
    table.replace_products(user_id=room.host_id, room_id=room.pk, products=[TEA])
    product = host.event("products")["products"][0]["id"]
    done(host, "feature", product=product)
    done(host, "feature", product=None)
    done(host, "settings", slow_mode_s=30, ask_policy="everyone", premoderate=True)
    done(stranger, "ask", text="May a stranger ask?", client_id="4")
    host.of_type("held")
    done(host, "mute", user=Question.objects.get(id=first).author_id, seconds=60)
    viewer.of_type("you")
    late = done(nobody, "resume", epoch=_epoch(viewer), offset=0)
    assert late["recovered"]
    assert not done(nobody, "resume", epoch="another", offset=3)["recovered"]
    nobody.do("ask", text="May I?", client_id="1")
    stranger.do("tap", count=999)
    stranger.send("no frame")
    viewer.do("ask", text="Once more?", client_id="3")
    done(nobody, "ping")


def _epoch(screen: Screen) -> str:
    return next(str(frame["epoch"]) for frame in screen.seen if frame.get("type") == "events")


def test_the_feed_socket_says_only_what_is_documented_and_all_of_it(
    site: Site, alice: Person, bob: Person, room: LiveRoom
) -> None:
    bob.put("/stores/teahouse/follow")
    assert bob.patch("/stores/teahouse/follow", {"notify": "live"}).status_code == 200
    own = Screen(site.base_url, path="/ws/feed")
    own.send({"type": "auth", "id": "a", "ticket": ticket_of(bob)})
    own.of_type("welcome")
    post = alice.post("/stores/teahouse/posts", {"title": "Spring", "text": "It is here.", "status": "published"})
    run_jobs()
    own.of_type("new_posts")
    comment = bob.post(f"/posts/{post.json()['id']}/comments", {"text": "How long does it keep?"}).json()
    alice.post(f"/posts/{post.json()['id']}/comments", {"text": "A year.", "parent": comment["id"]})
    own.of_type("comment_reply")
    assert alice.post(f"/rooms/{room.pk}/start").status_code == 200
    own.of_type("store_live")
    own.do("ping")
    own.do("tap", count=1)
    wrong = Screen(site.base_url, path="/ws/feed")
    wrong.send({"type": "auth", "ticket": "none"})
    assert wrong.closed() == 4500
    own.close()

    reader = Reader("feed")
    assert kinds_of(reader, own.seen + wrong.seen) == told_by_server(reader)


def test_the_reader_is_strict() -> None:
    reader = Reader("room")
    assert reader.kind({"type": "tick", "likes": 1, "viewers": 1}) == "tick"
    for wrong in (
        {"type": "tick", "likes": 1, "viewers": 1, "more": 1},
        {"type": "tick", "likes": 1},
        {"type": "events", "epoch": "e", "events": [{"id": 1, "type": "hide", "question_id": 1}]},
        {"reply": 1, "ok": True, "upvotes": 1},
        {"reply": 1, "error": {"code": "x", "detail": "y", "retry_after": None, "more": 1}},
    ):
        with pytest.raises(AssertionError, match="is not described"):
            reader.kind(wrong)
