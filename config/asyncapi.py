"""The websockets' document, docs/asyncapi.yaml: made from the frames' classes, so that it cannot differ from them.

`build()` is plain data, AsyncAPI 3.0.0. `as_yaml()` needs PyYAML, which developers have: nothing that runs uses it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import yaml
from django.conf import settings
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from config.asyncapi_words import ABOUT, CLOSES, EXAMPLES, WHO
from interactions.live import frames, protocol

PATH = Path(__file__).parents[1] / "docs" / "asyncapi.yaml"
HEAD = "# Written by `make docs` from the classes in interactions/live/{protocol,frames,events}.py. Change those.\n"

Kind = type[BaseModel]
Json = dict[str, Any]

ROOM_HEARS: tuple[type[protocol.Frame], ...] = get_args(protocol.AnyFrame)
ROOM_TELLS: tuple[Kind, ...] = (
    frames.Welcome, frames.Events, frames.Tick, frames.Recovered, frames.Held, frames.YouChanged, frames.Error,
)  # fmt: skip
FEED_HEARS: tuple[type[protocol.Frame], ...] = (protocol.Auth, protocol.Ping)
FEED_TELLS: tuple[Kind, ...] = (
    frames.FeedWelcome, frames.NewPosts, frames.CommentReply, frames.StoreLive, frames.Error,
)  # fmt: skip
# Whoever may only watch may send these; everything else asks who one is.
FOR_EVERYBODY = (protocol.Auth, protocol.Resume, protocol.Ping)


def build() -> Json:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Backyard live",
            "version": settings.VERSION,
            "description": ABOUT,
            "license": {"name": "BSD-3-Clause"},
        },
        "defaultContentType": "application/json",
        "servers": {"backyard": _server()},
        "channels": {
            "room": _channel("/ws/rooms/{room_id}", "A live room.", ROOM_HEARS, ROOM_TELLS)
            | {"parameters": {"room_id": {"description": "The room's number.", "examples": ["7"]}}},
            "feed": _channel("/ws/feed", "One's own notices: new posts, answers, live rooms.", FEED_HEARS, FEED_TELLS),
        },
        "operations": _operations("room", "", ROOM_HEARS, ROOM_TELLS)
        | _operations("feed", "feed", FEED_HEARS, FEED_TELLS),
        "components": {
            "messages": {_key(kind): _message(kind) for kind in _every_frame()},
            "schemas": _schemas(),
            "securitySchemes": _security_schemes(),
        },
    }


def as_yaml() -> str:
    """The document as its file has it."""
    text: str = yaml.dump(build(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    return HEAD + text


class _Plain(yaml.SafeDumper):
    """Every value in full: anchors save lines, and cost whoever reads them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _server() -> Json:
    return {
        "host": "{host}",
        "protocol": "wss",
        "description": "Your installation; a development start speaks `ws`.",
        "variables": {"host": {"default": "localhost:8000", "description": "Host name, and port where it is not 443."}},
    }


def _security_schemes() -> Json:
    return {
        "session": {
            "type": "httpApiKey",
            "name": settings.SESSION_COOKIE_NAME,
            "in": "cookie",
            "description": "The session cookie of a browser, whose Origin must be on the exact allowlist.",
        },
        "ticket": {
            "type": "apiKey",
            "in": "password",
            "description": "A ticket of POST /api/v1/ws-tickets, good once and for "
            f"{settings.LIMITS.live_ticket_s} seconds, sent in an `auth` frame.",
        },
    }


# --- channels, operations ---------------------------------------------------------------------------------------------


def _channel(address: str, description: str, heard: Iterable[type[protocol.Frame]], told: Iterable[Kind]) -> Json:
    kinds: list[Kind] = [*heard, *told, *_answers(heard)]
    return {
        "address": address,
        "description": description,
        "messages": {_key(kind): _ref("components", "messages", _key(kind)) for kind in kinds},
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": [
            {"code": int(code), "name": code.name.lower(), "come-back": code < 4500, "when": when}
            for code, when in CLOSES.items()
        ],
        "x-limits": {
            name: limit
            for name, limit in settings.LIMITS.published().items()
            if name.startswith("live_") or name == "question_chars"
        },
    }


def _operations(channel: str, prefix: str, heard: Iterable[type[protocol.Frame]], told: Iterable[Kind]) -> Json:
    found: Json = {_joined(prefix, _key(kind)): _heard(channel, kind) for kind in heard}
    found[_joined("tell", channel)] = {
        "action": "send",
        "channel": _ref("channels", channel),
        "summary": "What the server says by itself.",
        "messages": [_ref("channels", channel, "messages", _key(kind)) for kind in told],
    }
    return found


def _heard(channel: str, kind: type[protocol.Frame]) -> Json:
    before: list[Kind] = [frames.Recovered] if kind is protocol.Resume else []
    answers: list[Kind] = [*before, frames.REPLIES[kind], frames.Refusal]
    operation: Json = {
        "action": "receive",
        "channel": _ref("channels", channel),
        "summary": _words(kind),
        "description": WHO[kind],
        "messages": [_ref("channels", channel, "messages", _key(kind))],
        "reply": {
            "channel": _ref("channels", channel),
            "messages": [_ref("channels", channel, "messages", _key(answer)) for answer in answers],
        },
    }
    if kind not in FOR_EVERYBODY or (channel == "feed" and kind is not protocol.Auth):
        operation["security"] = [_ref("components", "securitySchemes", scheme) for scheme in _security_schemes()]
    return operation


def _answers(heard: Iterable[type[protocol.Frame]]) -> list[Kind]:
    """The kinds of answer to these frames, each once, in order."""
    return _once([*(frames.REPLIES[kind] for kind in heard), frames.Refusal])


def _every_frame() -> list[Kind]:
    return _once([*ROOM_HEARS, *_answers(ROOM_HEARS), *ROOM_TELLS, *FEED_TELLS])


def _once(kinds: Iterable[Kind]) -> list[Kind]:
    return list(dict.fromkeys(kinds))


# --- messages, schemas ------------------------------------------------------------------------------------------------


def _message(kind: Kind) -> Json:
    message: Json = {"name": _name(kind), "title": kind.__name__, "summary": _words(kind)}
    if issubclass(kind, protocol.Frame):
        message["correlationId"] = {"location": "$message.payload#/id", "description": "Your own; the answer names it."}
    elif issubclass(kind, frames.Reply | frames.Refusal):
        message["correlationId"] = {"location": "$message.payload#/reply", "description": "The frame's own `id`."}
    message["payload"] = _ref("components", "schemas", kind.__name__)
    message["examples"] = [{"payload": payload} for payload in EXAMPLES[kind]]
    return message


def _name(kind: Kind) -> str:
    """A frame's `type`; answers have none."""
    field = kind.model_fields.get("type")
    return str(get_args(field.annotation)[0]) if field else _key(kind)


class _Heard(GenerateJsonSchema):
    """Without a title at each field, which says no more than its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _Told(_Heard):
    """What we send has all its fields; those whose default is None are left out instead."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return field["schema"]["type"] != "default" or field["schema"]["default"] is not None

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def _schemas() -> Json:
    told = [kind for kind in _every_frame() if not issubclass(kind, protocol.Frame)]
    found = _definitions(ROOM_HEARS, _Heard) | _definitions(told, _Told)
    for kind in told:
        if not issubclass(kind, frames.Reply):  # which are told apart by the fields they have
            _open(found[kind.__name__])
    _open(found["FrameError"])
    _open(found["LiveStore"])
    return {name: _tidy(found[name]) for name in sorted(found)}


def _definitions(kinds: Iterable[Kind], how: type[GenerateJsonSchema]) -> Json:
    _, found = models_json_schema(
        [(kind, "validation") for kind in kinds],
        ref_template="#/components/schemas/{model}",
        schema_generator=how,
    )
    definitions: Json = found["$defs"]
    return definitions


def _open(schema: Json) -> None:
    """More fields may come; our own tests are stricter than clients should be."""
    schema.pop("additionalProperties", None)


def _tidy(schema: Any) -> Any:
    """Without titles; without discriminators too, whose values name schemas in AsyncAPI: `type` tells frames apart."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(part) for key, part in schema.items() if not (key == "title" and isinstance(part, str))}
    tidy.pop("discriminator", None)
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].split())
    return tidy


# --- names ------------------------------------------------------------------------------------------------------------


def _key(kind: Kind) -> str:
    return kind.__name__[0].lower() + kind.__name__[1:]


def _joined(prefix: str, key: str) -> str:
    return prefix + key[0].upper() + key[1:] if prefix else key


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}


def _words(kind: Kind) -> str:
    return " ".join((inspect.getdoc(kind) or "").split())
