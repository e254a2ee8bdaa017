"""A room's log in Redis: the window on its latest events that sockets are served and resumed from (design: live.md)."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, MutableSequence, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from core import clock
from core.problems import Unavailable
from core.redis import RedisAway, Reply, Script, plain
from interactions.live import keys
from interactions.live.events import Event, QuestionAnswered, QuestionHidden, encode_event

# A log keeps its last 300 events or 10 minutes, whichever is more; one that nobody writes to is forgotten after a day.
KEEP_EVENTS = 300
KEEP_MS = 600_000
LIFE_S = 86_400
# More than this is no gap any more: fetch the room anew.
MOST_MISSED = 1_000
# Of so many events, and subjects of events, a log knows that it has told them.
KNOWN_EVENTS = 3_000
# How long a transaction may be under way: what a room looked like when its log began may lack events this much older.
BIRTH_S = 15
# Published in the place of an epoch: what follows is no event. No log, resume or replay ever has it.
UNLOGGED = "-"
# Types of events that take the place of what was told before of their question.
OVERRULING = frozenset({"hide", "answer"})
# A process that has not said how many viewers it has for this long has none.
VIEWERS_FRESH_S = 8

_LUA = Path(__file__).parent / "lua"
_APPEND = Script(_LUA / "append.lua", plain, before=[_LUA / "log.lua"])
_SINCE = Script(_LUA / "since.lua", plain, before=[_LUA / "log.lua"])


class Position(NamedTuple):
    """A place in a room's log: the log's life, and the last event's number in it (0: none yet)."""

    epoch: str
    offset: int


class Appended(NamedTuple):
    """Where an event stands in the log. `late`: nowhere, as what was written later about the same subject was told."""

    position: Position
    late: bool


class LoggedEvent(NamedTuple):
    """An event as the log holds it; `json` is the object that clients get, its offset included."""

    offset: int
    type: str
    json: bytes


class Window(NamedTuple):
    """What a log says after a position. `whole`: these events, and no others, happened since then."""

    position: Position
    whole: bool
    events: list[LoggedEvent]


class Totals(NamedTuple):
    """A room's coalesced numbers."""

    likes: int
    viewers: int


def _new_epoch() -> str:
    return secrets.token_hex(5)


def require_log() -> None:
    """Raises Unavailable when Redis is away: no write is accepted that could not be told."""
    try:
        with plain().guard():
            plain().client().ping()
    except RedisAway as error:
        raise Unavailable(retry_after=2) from error


def _keys(room_id: int) -> list[str]:
    return [keys.position(room_id), keys.log(room_id), keys.told(room_id), keys.subjects(room_id)]


def _now_ms() -> int:
    return int(clock.now().timestamp() * 1000)


def append(*, room_id: int, event: Event) -> Position:
    """Gives an event its offset, logs and publishes it; once, however often it is said again. Raises Unavailable."""
    return append_in_order(room_id=room_id, event=event).position


def append_in_order(*, room_id: int, event: Event, subject: str = "") -> Appended:
    """The same, unless a younger event about the same subject was told already. Raises Unavailable."""
    try:
        epoch, offset, late = _APPEND.run(*_appending(room_id, event, subject))
    except RedisAway as error:
        raise Unavailable(retry_after=2) from error
    return Appended(Position(epoch.decode(), int(offset)), bool(late))


def append_all(events: Sequence[tuple[int, Event]]) -> None:
    """Appends events of any rooms, each with its room's id, in one trip to Redis. Raises Unavailable."""
    if not events:
        return
    try:
        with plain().guard():
            _APPEND.pipelined(plain().client(), [_appending(room_id, event) for room_id, event in events])
    except RedisAway as error:
        raise Unavailable(retry_after=2) from error


def _appending(room_id: int, event: Event, subject: str = "") -> tuple[list[str], list[str | int | bytes]]:
    return _keys(room_id), [
        keys.channel(room_id), _new_epoch(), _now_ms(), event.type, encode_event(event), event.id, subject,
        KEEP_EVENTS, KEEP_MS, KNOWN_EVENTS, LIFE_S, _overruled(event),
    ]  # fmt: skip


def _overruled(event: Event) -> str:
    match event:
        case QuestionHidden():
            return str(event.question_id)
        case QuestionAnswered():
            return str(event.question.id)
    return ""


def overrule(earlier: MutableSequence[LoggedEvent], event: LoggedEvent) -> None:
    """Puts an event that hides or answers a question in the place of what was said of that before, as append.lua does.

    A hidden text must not be read again, nor an answer that was corrected.
    """
    told = orjson.loads(event.json)
    hidden = event.type == "hide"
    number = told.get("question_id") if hidden else told.get("question", {}).get("id")
    if number is None:
        return
    whole = b'"question":{"id":%d,' % number
    rest = event.json.split(b",", 1)[1]
    for place, old in enumerate(earlier):
        if old.offset < event.offset and whole in old.json and (hidden or b'"answer":null' not in old.json):
            earlier[place] = LoggedEvent(old.offset, event.type, b'{"offset":%d,%s' % (old.offset, rest))


def looked_until() -> datetime | None:
    """Until when all events of the lasting log are known to have been told; None: not known. Raises RedisAway."""
    with plain().guard():
        found = plain().client().get(keys.looked_until())
    return datetime.fromtimestamp(float(found), tz=UTC) if found else None


def looked(until: datetime) -> None:
    """All events until then have been told, or need not be. Raises RedisAway."""
    with plain().guard():
        plain().client().set(keys.looked_until(), until.timestamp(), ex=LIFE_S)


def untold(candidates: Mapping[int, Sequence[tuple[int, float]]]) -> list[tuple[int, int]]:
    """Of events, as (id, Unix seconds) by their room, those that the room's log lacks: (room, id), oldest first.

    A log lacks nothing from before its birth: who reads it was welcomed with the room as it was then. Raises RedisAway.
    """
    with plain().guard():
        pipe = plain().client().pipeline(transaction=False)
        for room_id, events in candidates.items():
            pipe.hget(keys.position(room_id), "born")
            pipe.zmscore(keys.told(room_id), [str(number) for number, _ in events])
        replies = iter(pipe.execute())
    lacking = []
    for room_id, events in candidates.items():
        born, offsets = next(replies), next(replies)
        edge = int(born) / 1000 - BIRTH_S if born else math.inf
        for (number, at), offset in zip(events, offsets, strict=True):
            if offset is None and at >= edge:
                lacking.append((room_id, number))
    return sorted(lacking, key=lambda found: found[1])


async def since(*, room_id: int, epoch: str, offset: int, most: int = MOST_MISSED, latest: int = 0) -> Window:
    """All events after a position. Where that cannot be said, or they are more than `most`, the `latest` ones.

    Raises RedisAway.
    """
    found = await _SINCE.arun(_keys(room_id), [epoch, offset, _new_epoch(), _now_ms(), most, latest, LIFE_S])
    return _window(found)


def _window(found: Reply) -> Window:
    epoch, last, whole, entries = found
    first = int(last) - len(entries) + 1
    return Window(Position(epoch.decode(), int(last)), bool(whole), _numbered(entries, first))


def _numbered(entries: Sequence[bytes], first: int) -> list[LoggedEvent]:
    events = []
    for offset, entry in enumerate(entries, first):
        _, kind, json = entry.split(b" ", 2)
        events.append(LoggedEvent(offset, kind.decode(), json))
    return events


def publish_unlogged(*, room_id: int, kind: str, json: bytes) -> None:
    """Tells the processes that watch a room something that is no event of it, and may be lost. Raises RedisAway."""
    with plain().guard():
        plain().client().publish(keys.channel(room_id), b"%s 0 %s %s" % (UNLOGGED.encode(), kind.encode(), json))


def read_message(message: bytes) -> tuple[str, LoggedEvent]:
    """What was published, and its epoch or UNLOGGED."""
    epoch, offset, kind, json = message.split(b" ", 3)
    return epoch.decode(), LoggedEvent(int(offset), kind.decode(), json)


def now_at(room_id: int) -> tuple[Position | None, Totals]:
    """Where the log stands (None: there is none, or Redis is away) and the room's numbers, for reads over HTTP."""
    try:
        with plain().guard():
            pipe = plain().client().pipeline(transaction=False)
            pipe.hmget(keys.position(room_id), ["epoch", "offset"])
            pipe.hget(keys.totals(room_id), "likes")
            pipe.hvals(keys.viewers(room_id))
            (epoch, offset), likes, viewers = pipe.execute()
    except RedisAway:
        return None, Totals(0, 0)
    position = Position(epoch.decode(), int(offset)) if epoch else None
    return position, Totals(int(likes or 0), viewers_of(viewers))


def viewers_of(values: Sequence[bytes]) -> int:
    """The sum over the processes that said so lately."""
    edge = clock.now().timestamp() - VIEWERS_FRESH_S
    counts = (value.split(b":") for value in values)
    return sum(int(count) for count, at in counts if int(at) >= edge)
