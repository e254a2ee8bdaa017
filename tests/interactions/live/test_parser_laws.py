"""Laws of `protocol.parse`, for every frame there is and for whatever else may come."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.problems import Problem
from core.text import one_line
from interactions.live.protocol import (
    ANSWER_CHARS,
    MAX_ID,
    RAW_CHARS,
    AnyFrame,
    Ask,
    BadFrame,
    FrameTooLarge,
    Tap,
    encode_error,
    encode_refusal,
    parse,
)
from interactions.models import AskPolicy

FRAMES: tuple[Any, ...] = get_args(AnyFrame)
TYPES = [str(get_args(frame.model_fields["type"].annotation)[0]) for frame in FRAMES]
LARGEST = 16_384
MARK = "\u0301"

frame_ids = st.text(max_size=64) | st.integers(0, MAX_ID)
row_ids = st.integers(1, MAX_ID)
lines = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=200).map(one_line).filter(bool)
answers = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=ANSWER_CHARS).map(one_line).filter(bool)
fields: Mapping[str, dict[str, st.SearchStrategy[Any]]] = {
    "auth": {"ticket": st.text(max_size=100)},
    "resume": {"epoch": st.text(max_size=40), "offset": st.integers(0, MAX_ID)},
    "tap": {"count": st.integers(1, 50)},
    "ask": {"text": lines, "client_id": st.from_regex(r"\A[A-Za-z0-9._:-]{1,64}\Z")},
    "upvote": {"question": row_ids},
    "unvote": {"question": row_ids},
    "answer": {"question": row_ids, "text": answers},
    "pin": {"question": row_ids, "pinned": st.booleans()},
    "hide": {"question": row_ids},
    "approve": {"question": row_ids},
    "mute": {"user": row_ids, "seconds": st.integers(0, 86_400)},
    "settings": {
        "ask_policy": st.sampled_from(AskPolicy.values) | st.none(),
        "slow_mode_s": st.integers(0, 120) | st.none(),
        "premoderate": st.booleans() | st.none(),
    },
    "feature": {"product": row_ids | st.none()},
    "ping": {},
}
good = st.sampled_from(TYPES).flatmap(
    lambda kind: st.fixed_dictionaries({"type": st.just(kind), "id": frame_ids} | fields[kind])
)
no_numbers = (
    st.integers(max_value=-1)
    | st.integers(min_value=2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.text(max_size=5)
    | st.just([1])
    | st.just({"1": 1})
)
numbers = [
    (kind, name)
    for kind in TYPES
    for name in ("count", "question", "user", "seconds", "offset")
    if name in fields[kind]
]


def sent(frame: dict[str, Any], **options: Any) -> str:
    """A frame as clients send it."""
    return json.dumps(frame, **options)


def tried(text: str) -> AnyFrame | BadFrame:
    """What a text is; nothing else may come of it."""
    try:
        return parse(text)
    except BadFrame as refusal:
        return refusal


def refused(text: str) -> BadFrame:
    """The refusal of a text."""
    found = tried(text)
    assert isinstance(found, BadFrame), found
    return found


def test_these_laws_know_every_frame() -> None:
    assert set(fields) == set(TYPES)
    for frame, kind in zip(FRAMES, TYPES, strict=True):
        assert set(frame.model_fields) == {"type", "id"} | set(fields[kind])


@given(good, st.booleans())
def test_a_good_frame_is_read_as_it_was_sent(frame: dict[str, Any], ascii_only: bool) -> None:
    read = parse(sent(frame, ensure_ascii=ascii_only))
    assert read.model_dump(mode="json") == frame
    assert type(read) is FRAMES[TYPES.index(frame["type"])]
    assert parse(read.model_dump_json()) == read


@given(good, st.text(max_size=100).filter(lambda name: name not in {"type", "id"}), st.integers() | st.text(max_size=9))
def test_one_unknown_field_and_the_frame_is_refused(frame: dict[str, Any], name: str, value: int | str) -> None:
    if name in fields[frame["type"]]:
        return
    refusal = refused(sent(frame | {name: value}))
    assert refusal.reply == frame["id"]
    assert refusal.errors is not None
    assert [error["field"] for error in refusal.errors] == [name[:64]]


@given(good, st.data())
def test_one_missing_field_and_the_frame_is_refused(frame: dict[str, Any], data: st.DataObject) -> None:
    kind = FRAMES[TYPES.index(frame["type"])]
    gone = data.draw(st.sampled_from([name for name, field in kind.model_fields.items() if field.is_required()]))
    refusal = refused(sent({name: value for name, value in frame.items() if name != gone}))
    assert refusal.reply == frame["id"]
    assert refusal.errors is not None
    assert [error["field"] for error in refusal.errors] == [gone]


@given(good, st.text(max_size=300) | st.none() | st.integers() | st.lists(st.text(), max_size=2))
def test_a_type_that_is_none_is_refused_and_not_given_back(frame: dict[str, Any], kind: Any) -> None:
    if kind in TYPES:
        return
    refusal = refused(sent(frame | {"type": kind}))
    assert refusal.reply == frame["id"]
    assert refusal.errors == [
        {"field": "type", "code": "union_tag_invalid", "message": "There is no such type of frame."}
    ] or (kind is None and refusal.errors is not None)


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["type", "count", "text", "x", "question"]), json_values), frame_ids)
def test_whatever_is_refused_is_named_when_it_has_an_id(rest: dict[str, Any], frame_id: int | str) -> None:
    found = tried(sent(rest | {"id": frame_id}))
    if isinstance(found, FrameTooLarge):
        assert found.reply is None
    elif isinstance(found, BadFrame):
        # Not all that Python calls JSON is JSON to others: numbers beyond 64 bits.
        assert found.reply == frame_id or found.detail == "This is not JSON."
    else:
        assert found.id == frame_id


@given(st.sampled_from(numbers), no_numbers)
def test_numbers_are_whole_and_within_their_bounds(place: tuple[str, str], wrong: Any) -> None:
    kind, name = place
    frame = {"type": kind, "id": 1, "question": 1, "text": "x", "user": 1, "seconds": 1, "epoch": "e", "offset": 1}
    frame = {key: value for key, value in frame.items() if key in {"type", "id"} | set(fields[kind])}
    refusal = refused(sent(frame | {name: wrong}))
    assert refusal.errors is None or {error["field"] for error in refusal.errors} == {name}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "01", "+1", "0x1", "1.", ".5", "1_0"])
def test_what_json_calls_no_number_is_none(number: str) -> None:
    assert refused('{"type":"tap","id":1,"count":' + number + "}").detail == "This is not JSON."


@pytest.mark.parametrize(("count", "taken"), [(0, False), (1, True), (50, True), (51, False)])
def test_a_frame_has_fifty_taps_at_most(count: int, taken: bool) -> None:
    text = sent({"type": "tap", "count": count})
    if taken:
        assert parse(text) == Tap(type="tap", count=count)
    else:
        refused(text)


@given(st.integers(0, 300), st.sampled_from(["x", "é", "茶", "😀", "e" + MARK]))
def test_a_frame_is_measured_in_bytes(characters: int, letter: str) -> None:
    frame = sent({"type": "auth", "ticket": (letter * characters)[:100]}, ensure_ascii=False)
    room = LARGEST - len(frame.encode())
    assert parse(frame + " " * room).type == "auth"
    assert is_too_large(frame + " " * (room + 1))
    # The same number of characters, one of them larger.
    grown = frame.replace('"auth"', '"aut茶"') + " " * room
    assert len(grown) <= LARGEST
    assert is_too_large(grown)


def is_too_large(text: str) -> bool:
    """Whether a text is refused for its size."""
    return isinstance(refused(text), FrameTooLarge)


@given(st.sampled_from(["x", "é", "茶", "😀"]), st.integers(190, 210))
def test_a_question_is_measured_in_characters_as_it_is_kept(letter: str, count: int) -> None:
    asked = {"type": "ask", "client_id": "1", "text": letter * count}
    if count <= 200:
        frame = parse(sent(asked))
        assert isinstance(frame, Ask)
        assert frame.text == letter * count
    else:
        refused(sent(asked))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (("e" + MARK) * 200, "é" * 200),
        ("\u1112\u1161\u11ab" * 200, "한" * 200),
        (" \t\n".join("x" * 100), " ".join("x" * 100)),
        ("\u202e\u2066\x00" * 66 + "x" * 200, "x" * 200),
        ("x" * 200 + " " * 600, "x" * 200),
    ],
)
def test_what_is_not_kept_does_not_count(text: str, kept: str) -> None:
    frame = parse(sent({"type": "ask", "client_id": "1", "text": text}))
    assert isinstance(frame, Ask)
    assert frame.text == kept
    refused(sent({"type": "ask", "client_id": "1", "text": text + " x"}))


@given(
    st.text(st.sampled_from("\x00\x01\x1f\x7f\x85\u202a\u202e\u2066\u2069\ufeff \n\t\u3164\u200d" + MARK), max_size=250)
)
def test_a_question_without_ink_is_none(text: str) -> None:
    refusal = refused(sent({"type": "ask", "id": 1, "client_id": "1", "text": text}))
    assert refusal.errors is not None
    assert {error["field"] for error in refusal.errors} == {"text"}


@given(st.text(st.sampled_from("a茶\x00\x1f\u202e\u202d\u2066\ufeff\n é"), min_size=1, max_size=60))
def test_controls_and_bidi_tricks_are_taken_out(text: str) -> None:
    frame = tried(sent({"type": "ask", "client_id": "1", "text": text}))
    if isinstance(frame, BadFrame):
        assert not set(text) & set("a茶é")
        return
    assert isinstance(frame, Ask)
    assert set(frame.text) <= set("a茶é ")
    assert frame.text == one_line(text)


@given(good, st.sampled_from(["\\ud800", "\\udfff", "\\udc00\\ud800", "\ud800", "\udfff"]))
def test_half_a_surrogate_pair_is_no_json(frame: dict[str, Any], half: str) -> None:
    text = sent(frame)
    assert refused(text[:-1] + f',"x":"{half}"' + "}").detail == "This is not JSON."


def test_of_a_name_given_twice_the_last_counts() -> None:
    assert parse('{"type":"ask","count":0,"count":51,"type":"tap","count":7}') == Tap(type="tap", count=7)


@given(st.integers(1, 2_000), st.sampled_from(['{"a":%s}', "[%s]", '{"type":"ping","id":%s}', '[{"type":%s}]']))
def test_deep_nesting_is_refused(depth: int, piece: str) -> None:
    text = "1"
    for _ in range(depth):
        text = piece.replace("%s", text)
        if len(text) > LARGEST + 100:
            break
    if piece.startswith('{"type"') and depth == 1:
        assert parse(text).id == 1
    else:
        refused(text)


# --- what comes back --------------------------------------------------------------------------------------------------

SECRET = "correct-horse"


@given(good, st.data())
def test_a_refusal_is_small_and_gives_no_value_back(frame: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in frame if name != "id"]))
    wrong = data.draw(st.sampled_from([SECRET * 900, [SECRET] * 900, {SECRET: SECRET}, SECRET]))
    refusal = tried(sent(frame | {"id": 1, name: wrong}))
    if isinstance(refusal, BadFrame):
        answer = encode_refusal(refusal.reply, refusal)
        assert SECRET not in answer
        assert len(answer.encode()) < 2_000


@given(st.dictionaries(st.text(min_size=50, max_size=90), json_values, min_size=1, max_size=60), frame_ids)
@example({"\x00" * 64 + str(number): 1 for number in range(40)}, "\x00" * 64)
@example({"\U0010ffff" * 64 + str(number): 1 for number in range(40)}, "\U0010ffff" * 64)
def test_a_refusal_names_five_mistakes_at_most_in_four_kib(rest: dict[str, Any], frame_id: int | str) -> None:
    refusal = refused(sent({"type": "ping"} | rest | {"id": frame_id}, ensure_ascii=False))
    assert len(refusal.errors or []) <= 5
    for answer in (encode_refusal(refusal.reply, refusal), encode_error(refusal)):
        assert len(answer.encode()) <= 4_096
        assert json.loads(answer)["error"]["code"] in {"bad_frame", "frame_too_large"}


# --- time -------------------------------------------------------------------------------------------------------------

# Marks of four kinds in the wrong order: sorting them takes time that grows with the square of their number.
PILE = "".join(mark * 1_000 for mark in "\u0345\u0301\u0316\u0334")
SLOW = {
    "marks in a question": sent({"type": "ask", "client_id": "1", "text": "a" + PILE * 2}, ensure_ascii=False),
    "marks in an answer": sent({"type": "answer", "question": 1, "text": "a" + PILE * 2}, ensure_ascii=False),
    "as many as are looked at": sent({"type": "answer", "question": 1, "text": PILE}, ensure_ascii=False),
    "blanks": sent({"type": "ask", "client_id": "1", "text": "a" + " " * 16_000 + "b"}),
    "digits": '{"type":"tap","count":' + "9" * 16_000 + "}",
    "brackets": '{"type":"ping","x":' + "[" * 8_000 + "]" * 8_000 + "}",
    "names": sent({"type": "ping"} | {f"n{number}": number for number in range(1_200)}),
    "escapes": '{"type":"ask","client_id":"1","text":"' + "\\u0301\\u0316" * 1_300 + '"}',
    "client_id": sent({"type": "ask", "text": "a", "client_id": "a" * 16_000}),
    "much too large": "茶" * 20_000_000,
}


@pytest.mark.parametrize("what", SLOW)
def test_no_frame_keeps_the_event_loop(what: str) -> None:
    took = []
    for _ in range(3):
        start = time.thread_time()
        refused(SLOW[what])
        took.append(time.thread_time() - start)
    assert min(took) < 0.06, f"{took} s"


def test_texts_far_too_long_are_refused_unread() -> None:
    for kind, most in (("ask", 200), ("answer", ANSWER_CHARS)):
        frame = {"type": kind, "question": 1, "client_id": "1"}
        frame = {name: value for name, value in frame.items() if name == "type" or name in fields[kind]}
        parse(sent(frame | {"text": "x" + " " * (RAW_CHARS * most - 1)}))
        refusal = refused(sent(frame | {"text": "x" + " " * (RAW_CHARS * most)}))
        assert isinstance(refusal, Problem)
        assert refusal.errors == [
            {"field": "text", "code": "too_long", "message": f"Value should have at most {most} items after validation"}
        ]


@settings(max_examples=300)
@given(st.binary(max_size=400).map(lambda found: found.decode("utf-8", "surrogateescape")) | st.text(max_size=400))
def test_any_bytes_are_a_frame_or_a_bad_frame(text: str) -> None:
    found = tried(text)
    if isinstance(found, BadFrame):
        assert len(encode_refusal(found.reply, found)) < 4_096
