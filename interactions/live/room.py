"""A room's log in Redis: the window on its latest events that sockets are served and resumed from (design: live.md)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from core import clock
from core.problems import Unavailable
from core.redis import RedisAway, Reply, Script, plain
from interactions.live import keys
from interactions.live.events import Event, encode_event

# A log keeps its last 300 events or 10 minutes, whichever is more; one that nobody writes to is forgotten after a day.
KEEP_EVENTS = 300
KEEP_MS = 600_000
LIFE_S = 86_400
# A process that has not said how many viewers it has for this long has none.
VIEWERS_FRESH_S = 10

_LUA = Path(__file__).parent / "lua"
_APPEND = Script(_LUA / "append.lua", plain)
_SINCE = Script(_LUA / "since.lua", plain)


class Position(NamedTuple):
    """A place in a room's log: the log's life, and the last event's number in it (0: none yet)."""

    epoch: str
    offset: int


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


def append(*, room_id: int, event: Event) -> Position:
    """Gives an event its offset, logs and publishes it. Raises Unavailable."""
    now = int(clock.now().timestamp() * 1000)
    json = encode_event(event)
    try:
        epoch, offset = _APPEND.run(
            [keys.position(room_id), keys.log(room_id)],
            [keys.channel(room_id), _new_epoch(), now, event.type, json, KEEP_EVENTS, KEEP_MS, LIFE_S],
        )
    except RedisAway as error:
        raise Unavailable(retry_after=2) from error
    return Position(epoch.decode(), int(offset))


def append_once(*, room_id: int, event: Event) -> None:
    """For a write that is repeated: appends its event unless the log has it. Raises Unavailable.

    So a client that got no answer, because Redis or this process went away between commit and append, makes it told
    by asking again.
    """
    try:
        with plain().guard():
            entries = plain().client().lrange(keys.log(room_id), 0, -1)
    except RedisAway as error:
        raise Unavailable(retry_after=2) from error
    mark = b'"id":%d,"type":"%s"' % (event.id, event.type.encode())
    if not any(mark in entry[:120] for entry in entries):
        append(room_id=room_id, event=event)


async def since(*, room_id: int, epoch: str, offset: int) -> Window:
    """All events after a position, or the latest ones when that cannot be said. Raises RedisAway."""
    found = await _SINCE.arun(
        [keys.position(room_id), keys.log(room_id)], [epoch, offset, _new_epoch(), KEEP_EVENTS, LIFE_S]
    )
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


def read_message(message: bytes) -> tuple[str, LoggedEvent]:
    """A published event and its epoch."""
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
