"""The frames of the protocol, without a server: what is read, what is refused, and that nothing else can happen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.problems import NotSignedIn, RateLimited
from interactions.live import protocol
from interactions.live.protocol import (
    AnyFrame,
    Ask,
    BadFrame,
    Close,
    Pin,
    Resume,
    Tap,
    encode_refusal,
    encode_reply,
    parse,
)

json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
types = st.sampled_from(
    ["auth", "resume", "tap", "ask", "upvote", "unvote", "answer", "pin", "hide", "approve", "ping", "mute", ""]
)
names = st.sampled_from(["id", "ticket", "epoch", "offset", "count", "text", "client_id", "question", "pinned", "x"])
near_frames = st.builds(
    lambda kind, fields: json.dumps({"type": kind} | fields), types, st.dictionaries(names, json_values, max_size=5)
)


def _parse(text: str) -> AnyFrame | None:
    try:
        return parse(text)
    except BadFrame as bad:
        encode_refusal(bad.reply, bad)
        return None


@given(st.text() | near_frames | json_values.map(json.dumps))
def test_any_text_is_a_frame_or_a_bad_frame(text: str) -> None:
    frame = _parse(text)
    if frame is not None and frame.id is not None:
        assert json.loads(encode_reply(frame.id, {})) == {"reply": frame.id, "ok": True}


@given(st.integers(1, 60_000), st.sampled_from(["[", '{"a":', '[{"a":', "{", '"', "\\", "9", "\ud800", "茶"]))
def test_no_repetition_breaks_the_parser(times: int, piece: str) -> None:
    with pytest.raises(BadFrame):
        parse(piece * times)


@given(
    st.text(min_size=1, max_size=300),
    st.from_regex(r"\A[A-Za-z0-9._:-]{1,64}\Z"),
    st.integers(0, 2**53 - 1) | st.text(max_size=64),
)
def test_whatever_is_asked_is_one_clean_line(text: str, client_id: str, frame_id: int | str) -> None:
    sent = json.dumps({"type": "ask", "id": frame_id, "text": text, "client_id": client_id})
    frame = _parse(sent)
    if frame is not None:
        assert isinstance(frame, Ask)
        assert 1 <= len(frame.text) <= 200
        assert frame.text == " ".join(frame.text.split())
        assert not any(character in frame.text for character in "\x00\n\r\u202e\u2066")
        assert (frame.id, frame.client_id) == (frame_id, client_id)


@given(st.integers(1, 50))
def test_a_tap_survives_the_way_there(count: int) -> None:
    assert parse(json.dumps({"type": "tap", "count": count})) == Tap(type="tap", count=count)


def test_frames_are_read_with_their_defaults() -> None:
    assert parse('{"type":"pin","id":"p","question":3}') == Pin(type="pin", id="p", question=3, pinned=True)
    assert parse('{"type":"resume","epoch":"e","offset":0}') == Resume(type="resume", epoch="e", offset=0)


def test_a_refused_frame_is_named_when_its_id_can_be_read() -> None:
    for text, reply in (
        ('{"type":"tap","id":"a","count":0}', "a"),
        ('{"type":"sing","id":5}', 5),
        ('{"type":"tap","id":5.5,"count":1}', None),
        ('{"type":"tap","id":true,"count":1}', None),
        ('{"type":"tap","id":"' + "x" * 65 + '","count":1}', None),
        ('["tap"]', None),
    ):
        with pytest.raises(BadFrame) as refused:
            parse(text)
        assert refused.value.reply == reply


def test_refusals_say_code_and_wait() -> None:
    assert json.loads(encode_refusal("a", RateLimited(retry_after=2.1)))["error"] == {
        "code": "rate_limited", "detail": "Too many requests: wait, then try again.", "retry_after": 3
    }  # fmt: skip
    assert json.loads(encode_refusal(None, NotSignedIn())) | {"error": 0} == {"reply": None, "error": 0}


def test_close_codes_are_the_contracts() -> None:
    assert {code.name: int(code) for code in Close} == {
        "RESTART": 4000, "SLOW": 4001, "LOST_POSITION": 4002, "TOO_MANY": 4008, "SIGNED_OUT": 4500,
        "ROOM_ENDED": 4501, "FORBIDDEN": 4503, "BAD_FRAMES": 4504,
    }  # fmt: skip
    assert protocol.LIMITS.live_frame_bytes == 16_384
