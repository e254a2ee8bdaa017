"""docs/asyncapi.yaml says what the classes of the frames say, holds together, and its examples are valid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import jsonschema_rs
import pytest
import yaml
from pydantic import BaseModel

from config.asyncapi import PATH, as_yaml, build
from config.asyncapi_words import EXAMPLES
from interactions.live import frames, protocol
from interactions.live.events import Event
from interactions.live.protocol import Close

Json = dict[str, Any]
SOCKETS = ("room", "feed")


@pytest.fixture(scope="module")
def document() -> Json:
    """The file as programs read it."""
    found: Json = yaml.safe_load(PATH.read_text())
    return found


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _at(document: Json, reference: str) -> Any:
    """What a reference means. Raises KeyError where there is nothing."""
    found: Any = document
    assert reference.startswith("#/"), "everything is in this one file"
    for step in reference[2:].split("/"):
        found = found[step]
    return _at(document, found["$ref"]) if "$ref" in found else found


def _payload(document: Json, message: Json) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(message["payload"] | {"components": document["components"]})


def test_the_file_is_what_the_classes_say() -> None:
    assert PATH.read_text() == as_yaml(), "a frame has changed: run make docs"


def test_every_reference_leads_somewhere(document: Json) -> None:
    references = set(_references(document))
    assert len(references) > 100
    for reference in references:
        assert isinstance(_at(document, reference), dict), reference


def test_it_names_no_server_of_somebody_else(document: Json) -> None:
    assert [server["host"] for server in document["servers"].values()] == ["{host}"]
    assert document["servers"]["backyard"]["variables"]["host"]["default"] == "localhost:8000"


def test_operations_and_answers_use_messages_of_their_own_channel(document: Json) -> None:
    for name, operation in document["operations"].items():
        channel = operation["channel"]["$ref"]
        assert operation["action"] == ("send" if name.startswith("tell") else "receive")
        used = operation["messages"] + operation.get("reply", {"messages": []})["messages"]
        assert used
        for message in used:
            assert message["$ref"].startswith(f"{channel}/messages/"), name
        if operation["action"] == "receive":
            assert operation["reply"]["channel"]["$ref"] == channel
            assert operation["reply"]["messages"][-1]["$ref"].endswith("/refusal")


def test_every_message_of_a_channel_is_sent_or_answered_by_an_operation(document: Json) -> None:
    used = set(_references(document["operations"]))
    for socket in SOCKETS:
        for message in document["channels"][socket]["messages"]:
            assert f"#/channels/{socket}/messages/{message}" in used
    in_channels = {_["$ref"] for socket in SOCKETS for _ in document["channels"][socket]["messages"].values()}
    assert in_channels == {f"#/components/messages/{message}" for message in document["components"]["messages"]}


def test_every_class_of_frame_and_event_is_described(document: Json) -> None:
    described = document["components"]["schemas"]
    classes = [*get_args(protocol.AnyFrame), *_below(frames.ServerFrame), *_below(Event)]
    assert len(classes) > 30
    assert [kind.__name__ for kind in classes if kind.__name__ not in described] == []
    assert set(frames.REPLIES) == set(get_args(protocol.AnyFrame))


def _below(kind: type[BaseModel]) -> set[type[BaseModel]]:
    """All classes of the product below this one; other tests make some of their own."""
    found: set[type[BaseModel]] = set()
    for child in kind.__subclasses__():
        found |= {child} | _below(child)
    return {child for child in found if not child.__module__.startswith("tests.")}


def test_every_message_has_examples_and_they_are_valid(document: Json) -> None:
    for name, message in document["components"]["messages"].items():
        assert message["examples"], name
        for example in message["examples"]:
            _payload(document, message).validate(example["payload"])


def test_examples_are_frames_for_the_classes_too() -> None:
    for kind, examples in EXAMPLES.items():
        for example in examples:
            kind.model_validate(example, extra="forbid")


def test_the_example_of_events_shows_each_type(document: Json) -> None:
    (example,) = document["components"]["messages"]["events"]["examples"]
    shown = [event["type"] for event in example["payload"]["events"]]
    assert shown == [kind.model_fields["type"].default for kind in _kinds_of_event()]


def _kinds_of_event() -> tuple[type[Event], ...]:
    union, _ = get_args(frames.AnyEvent)
    kinds: tuple[type[Event], ...] = get_args(union)
    return kinds


@pytest.mark.parametrize("socket", SOCKETS)
def test_a_message_is_one_of_its_channels_only(document: Json, socket: str) -> None:
    messages = {name: _at(document, ref["$ref"]) for name, ref in document["channels"][socket]["messages"].items()}
    readers = {name: _payload(document, message) for name, message in messages.items()}
    for name, message in messages.items():
        for example in message["examples"]:
            assert [other for other, reader in readers.items() if reader.is_valid(example["payload"])] == [name]


def test_what_we_read_is_closed_and_what_we_send_is_open(document: Json) -> None:
    described = document["components"]["schemas"]
    for kind in get_args(protocol.AnyFrame):
        assert described[kind.__name__]["additionalProperties"] is False
    for kind in _below(frames.ServerFrame) - _below(frames.Reply) - {frames.Reply}:
        assert "additionalProperties" not in described[kind.__name__]
    # What is sent has all its fields, but for the list of wrong ones.
    for kind in _below(frames.ServerFrame) | _below(Event):
        schema = described[kind.__name__]
        assert set(schema["properties"]) - set(schema["required"]) <= {"errors"}, kind


def test_both_sockets_say_why_they_close_and_what_they_allow(document: Json) -> None:
    for socket in SOCKETS:
        channel = document["channels"][socket]
        assert [close["code"] for close in channel["x-close-codes"]] == [int(code) for code in Close]
        assert all(close["come-back"] == (close["code"] < 4500) for close in channel["x-close-codes"])
        assert channel["x-limits"]["live_frame_bytes"] == 16_384
        assert channel["x-limits"]["live_taps_per_frame"] == 50


def test_the_document_is_made_alike_each_time() -> None:
    assert build() == build()
