"""What a hostile or broken client sends, and what it gets: refusals, then a closed socket, and never a crash."""

from __future__ import annotations

import contextlib
import json
import logging

import pytest
from websockets.exceptions import ConnectionClosed

from interactions.models import LiveRoom, Question
from tests.interactions.live.conftest import Watch
from tests.people import Person

BAD = [
    "",
    "hello",
    "{",
    "[]",
    "null",
    "5",
    '"ask"',
    "[" * 5_000,
    '{"a":' * 2_000 + "1" + "}" * 2_000,
    '{"type": "ask"}',
    '{"type": "sing"}',
    '{"type": ["ask"]}',
    '{"type": "tap", "count": 51}',
    '{"type": "tap", "count": 0}',
    '{"type": "tap", "count": -5}',
    '{"type": "tap", "count": "5"}',
    '{"type": "tap", "count": 1e400}',
    '{"type": "tap", "count": true}',
    '{"type": "ask", "text": " \\u202e ", "client_id": "1"}',
    '{"type": "ask", "text": "Hello", "client_id": "a b"}',
    '{"type": "ask", "text": "Hello", "client_id": "1", "as_staff": true}',
    '{"type": "resume", "epoch": "x", "offset": -1}',
    '{"type": "answer", "question": 9007199254740993, "text": "x"}',
    '{"type": "ping", "id": {"nested": 1}}',
]


def test_bad_frames_are_refused_and_the_process_lives(
    watch: Watch, bob: Person, caplog: pytest.LogCaptureFixture
) -> None:
    for start in range(0, len(BAD), 4):
        screen = watch(bob)
        for text in BAD[start : start + 4]:
            screen.send(text)
            refused = screen.until(lambda frame: "error" in frame)
            assert refused["error"]["code"] == "bad_frame", text
            assert refused["error"]["retry_after"] is None
        assert screen.do("ping")["ok"]
    assert not Question.objects.exists()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_refusal_names_the_frame_and_the_field(watch: Watch, bob: Person) -> None:
    screen = watch(bob)
    reply = screen.do("tap", count=999)
    assert reply["error"]["code"] == "bad_frame"
    assert [error["field"] for error in reply["error"]["errors"]] == ["count"]


def test_binary_frames_are_refused(watch: Watch) -> None:
    screen = watch()
    screen.send(b'{"type": "ping"}')
    assert screen.until(lambda frame: "error" in frame)["error"]["code"] == "bad_frame"


def test_a_frame_of_more_than_16_kib_is_refused(watch: Watch, bob: Person) -> None:
    screen = watch(bob)
    fits = json.dumps({"type": "ping", "id": "1"})
    screen.send(fits[:-1] + " " * (16_384 - len(fits)) + "}")
    assert screen.until(lambda frame: "reply" in frame)["ok"]
    screen.send(fits[:-1] + " " * (16_385 - len(fits)) + "}")
    assert screen.until(lambda frame: "error" in frame)["error"]["code"] == "frame_too_large"
    # Few characters, many bytes.
    screen.send(json.dumps({"type": "ask", "text": "茶" * 8_000, "client_id": "1"}, ensure_ascii=False))
    assert screen.until(lambda frame: "error" in frame)["error"]["code"] == "frame_too_large"
    screen.send("x" * 2_000_000)
    assert screen.until(lambda frame: "error" in frame)["error"]["code"] == "frame_too_large"


def test_who_sends_only_nonsense_is_closed(watch: Watch) -> None:
    screen = watch()
    for _ in range(5):
        screen.send("nonsense")
    assert screen.closed() == 4504


def test_a_rare_mistake_is_forgiven(watch: Watch) -> None:
    screen = watch()
    for _ in range(7):
        screen.send("nonsense")
        assert screen.do("ping")["ok"]


def test_who_sends_too_many_frames_is_refused_and_then_closed(watch: Watch, bob: Person) -> None:
    screen, other = watch(bob), watch()
    with contextlib.suppress(ConnectionClosed):  # the door may shut before all of them are through
        for number in range(200):
            screen.send({"type": "ping", "id": number})
    assert screen.closed() == 4008
    replies = [frame for frame in screen.seen if "reply" in frame]
    refused = [frame for frame in replies if "error" in frame]
    assert {frame["error"]["code"] for frame in refused} == {"rate_limited"}
    assert 15 <= len(replies) - len(refused) <= 40
    assert other.do("ping")["ok"]


@pytest.mark.alone
def test_ten_frames_a_second_are_welcome(watch: Watch, bob: Person) -> None:
    screen = watch(bob)
    for number in range(25):
        screen.send({"type": "tap", "id": number, "count": 1})
        screen.quiet(0.1)
    screen.ever(lambda frame: frame.get("likes") == 25)
    assert all(frame["ok"] for frame in screen.seen if "reply" in frame)


def test_texts_are_stored_plain(watch: Watch, room: LiveRoom, bob: Person) -> None:
    screen = watch(bob)
    screen.do("ask", text="\u202e<b>cafe\u0301</b>\x07\n ok", client_id="1")
    assert Question.objects.get().text == "<b>café</b> ok"
    assert screen.refusal("ask", text="x" * 201, client_id="2") == "bad_frame"
