"""What docs/asyncapi.yaml says beyond the frames' classes: who may send what, why sockets close, examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from interactions.live import frames, protocol
from interactions.live.protocol import Close

Json = dict[str, Any]

ABOUT = """\
Two websockets. A room's socket shows a live room and takes part in it; the feed socket tells a person what is new.
Both carry JSON text frames. Whatever the client sends may bear an `id` of its own, which the answer names in `reply`.
Clients ignore types and fields that they do not know. docs/live.md says how to connect, resume and come back."""

CLOSES: Mapping[Close, str] = {
    Close.RESTART: "The server restarts, or cannot serve you now. Come back, with `resume`.",
    Close.SLOW: "You read too slowly: more waited for you than the server keeps. Come back, with `resume`.",
    Close.LOST_POSITION: "The room's log began anew. Come back, and show the welcome.",
    Close.TOO_MANY: "Too many frames, or too many sockets at once. Come back later.",
    Close.SIGNED_OUT: "No valid ticket, signed out, or banned. Sign in first.",
    Close.ROOM_ENDED: "The room has ended. Read what is left of it over HTTP.",
    Close.FORBIDDEN: "There is no such room for you.",
    Close.BAD_FRAMES: "Too many frames that are none. Mend the client.",
}

_MODERATORS = "Moderators: owner, editor, moderator, and platform staff."
_HOSTS = "Hosts: owner, editor."
WHO: Mapping[type[protocol.Frame], str] = {
    protocol.Auth: "Anybody with a ticket; the first frame, within 10 seconds.",
    protocol.Resume: "Anybody.",
    protocol.Tap: "Who is signed in, while the room is live.",
    protocol.Ask: "Whom the room's `ask_policy` lets, outside slow mode and mutes, while the room is live.",
    protocol.Upvote: "Who is signed in, while the room is live.",
    protocol.Unvote: "Who is signed in, while the room is live.",
    protocol.Answer: "Staff who may answer (owner, editor, moderator), while the room is live.",
    protocol.Pin: _MODERATORS,
    protocol.Hide: _MODERATORS,
    protocol.Approve: _MODERATORS,
    protocol.Mute: _MODERATORS,
    protocol.Settings: _HOSTS,
    protocol.Feature: _HOSTS,
    protocol.Ping: "Anybody.",
}

_MAYA: Json = {"id": 41, "name": "Maya", "avatar": None}
_ALICE: Json = {"id": 3, "name": "Alice", "avatar": "https://backyard.example/media/3/320.webp"}
_QUESTION: Json = {
    "id": 12,
    "author": _MAYA,
    "text": "How long does it keep?",
    "status": "waiting",
    "upvotes": 4,
    "answer": None,
    "answered_by": None,
    "answered_at": None,
    "pinned": False,
    "created_at": "2026-05-04T18:03:11.250000Z",
}
_ANSWERED: Json = _QUESTION | {
    "status": "answered",
    "answer": "A year, if it is dry and dark.",
    "answered_by": _ALICE,
    "answered_at": "2026-05-04T18:04:02.100000Z",
}
_PRODUCT: Json = {
    "id": 5,
    "title": "Oolong, 100 g",
    "url": "https://teahouse.example/oolong",
    "price": "24.00",
    "currency": "EUR",
    "image": None,
    "featured": True,
}
_ROOM: Json = {
    "id": 7,
    "store": {"handle": "teahouse", "name": "Tea House", "avatar": None, "verified": True},
    "title": "New harvest",
    "cover": None,
    "status": "live",
    "ask_policy": "buyers",
    "slow_mode_s": 10,
    "premoderate": False,
    "starts_at": None,
    "started_at": "2026-05-04T18:00:00Z",
    "ended_at": None,
    "likes": 5210,
    "peak_viewers": 940,
    "recap": None,
}
_CAN: Json = {"tap": True, "upvote": True, "ask": False, "answer": False, "moderate": False, "host": False}
_NOT_STAFF: Json = dict.fromkeys(("answer", "moderate", "host"), "not_staff")
_WHY_NOT: Json = {"tap": None, "upvote": None, "ask": "not_a_buyer"} | _NOT_STAFF
_EVENTS: list[Json] = [
    {"offset": 31, "id": 508, "type": "question", "question": _QUESTION},
    {"offset": 32, "id": 0, "type": "question_changed", "question_id": 12, "upvotes": 5},
    {"offset": 33, "id": 509, "type": "answer", "question": _ANSWERED},
    {"offset": 34, "id": 510, "type": "pin", "question_id": 12, "pinned": True},
    {"offset": 35, "id": 511, "type": "hide", "question_id": 9},
    {
        "offset": 36, "id": 512, "type": "settings",
        "ask_policy": "followers", "slow_mode_s": 30, "premoderate": False,
    },
    {"offset": 37, "id": 513, "type": "feature", "product_id": 5},
    {"offset": 38, "id": 514, "type": "products", "products": [_PRODUCT]},
    {"offset": 39, "id": 515, "type": "started", "status": "live", "started_at": "2026-05-04T18:00:00Z"},
    {"offset": 40, "id": 516, "type": "ended", "status": "ended", "ended_at": "2026-05-04T19:00:00Z", "likes": 5210},
]  # fmt: skip
_SLOW_MODE: Json = {
    "code": "slow_mode",
    "detail": "This room is in slow mode: wait before you ask again.",
    "retry_after": 7,
}

EXAMPLES: Mapping[type[BaseModel], list[Json]] = {
    protocol.Auth: [{"type": "auth", "id": "a", "ticket": "dGhpcyBpcyBub3QgYSB0aWNrZXQsIGJ1dCBhIGxvb2s"}],
    protocol.Resume: [{"type": "resume", "id": "r1", "epoch": "9f3c01a7be", "offset": 30}],
    protocol.Tap: [{"type": "tap", "count": 7}],
    protocol.Ask: [{"type": "ask", "id": "q1", "text": "How long does it keep?", "client_id": "0b9c6f2e"}],
    protocol.Upvote: [{"type": "upvote", "id": "v1", "question": 12}],
    protocol.Unvote: [{"type": "unvote", "id": "v2", "question": 12}],
    protocol.Answer: [{"type": "answer", "id": "s1", "question": 12, "text": "A year, if it is dry and dark."}],
    protocol.Pin: [{"type": "pin", "id": "s2", "question": 12}, {"type": "pin", "question": 12, "pinned": False}],
    protocol.Hide: [{"type": "hide", "id": "s3", "question": 9}],
    protocol.Approve: [{"type": "approve", "id": "s4", "question": 9}],
    protocol.Mute: [{"type": "mute", "id": "s5", "user": 77, "seconds": 600}],
    protocol.Settings: [{"type": "settings", "id": "s6", "ask_policy": "followers", "slow_mode_s": 30}],
    protocol.Feature: [{"type": "feature", "id": "s7", "product": 5}, {"type": "feature", "product": None}],
    protocol.Ping: [{"type": "ping", "id": 1}],
    frames.Reply: [{"reply": 1, "ok": True}],
    frames.ResumeReply: [{"reply": "r1", "ok": True, "recovered": True}],
    frames.QuestionReply: [{"reply": "q1", "ok": True, "question": 12, "status": "waiting"}],
    frames.VoteReply: [{"reply": "v1", "ok": True, "question": 12, "upvotes": 5}],
    frames.PinReply: [{"reply": "s2", "ok": True, "question": 12}],
    frames.MuteReply: [{"reply": "s5", "ok": True, "user": 77, "until": "2026-05-04T18:15:00Z"}],
    frames.SettingsReply: [
        {"reply": "s6", "ok": True, "ask_policy": "followers", "slow_mode_s": 30, "premoderate": False}
    ],
    frames.FeatureReply: [{"reply": "s7", "ok": True, "product": 5}],
    frames.Refusal: [
        {"reply": "q1", "error": _SLOW_MODE},
        {
            "reply": None,
            "error": {
                "code": "bad_frame",
                "detail": "This frame is not one that the protocol knows.",
                "retry_after": None,
                "errors": [
                    {
                        "field": "count",
                        "code": "less_than_equal",
                        "message": "Input should be less than or equal to 50",
                    }
                ],
            },
        },
    ],
    frames.Welcome: [
        {
            "type": "welcome",
            "room": _ROOM,
            "epoch": "9f3c01a7be",
            "offset": 30,
            "questions": [_QUESTION],
            "products": [_PRODUCT],
            "likes": 5210,
            "viewers": 812,
            "you": {
                "id": 41,
                "name": "Maya",
                "role": None,
                "can": _CAN,
                "why_not": _WHY_NOT,
                "voted": [12],
                "retry_after": None,
            },
        }
    ],
    frames.Events: [{"type": "events", "epoch": "9f3c01a7be", "events": _EVENTS}],
    frames.Tick: [{"type": "tick", "likes": 5217, "viewers": 815}],
    frames.Recovered: [
        {"type": "recovered", "recovered": True, "epoch": "9f3c01a7be", "offset": 32, "events": _EVENTS[:2]},
        {"type": "recovered", "recovered": False, "epoch": "9f3c01a7be", "offset": 4_210, "events": []},
    ],
    frames.Held: [{"type": "held", "question": _QUESTION | {"status": "held"}}],
    frames.YouChanged: [{"type": "you", "role": None, "can": _CAN, "why_not": _WHY_NOT, "retry_after": None}],
    frames.Error: [
        {
            "type": "error",
            "error": {
                "code": "too_many_sockets",
                "detail": "You watch on too many screens at once.",
                "retry_after": 60,
            },
        }
    ],
    frames.FeedWelcome: [{"type": "welcome"}],
    frames.NewPosts: [{"type": "new_posts", "count": 3, "stores": ["teahouse", "paperbird"], "head": "81604378625"}],
    frames.CommentReply: [
        {"type": "comment_reply", "post": 90, "parent": 7, "comment": 8, "author": "Alice", "by_store": True}
    ],
    frames.StoreLive: [
        {
            "type": "store_live",
            "room": 7,
            "title": "New harvest",
            "store": {"handle": "teahouse", "name": "Tea House", "avatar": None},
            "started_at": "2026-05-04T18:00:00Z",
        }
    ],
}
