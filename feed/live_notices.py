"""Notices that a store has gone live: each web process asks which rooms have just started, and tells their followers.

Nobody is told to tell: a process with feed sockets sends PostgreSQL one small statement in about 2 seconds, and only
where it finds a room that it has not told yet, asks who of its connected shoppers follows. So no notice is lost with a
hint, and a room that nobody starts costs next to nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from core import db, logs
from core.pictures import picture_url
from core.problems import Unavailable

log = logs.get(__name__)
Tell = Callable[[dict[str, Any]], Awaitable[None]]
# With what a look takes, a follower is told within 2 seconds.
EVERY_S = 1.5
# So long after its start a room is looked for; PostgreSQL is seldom out of reach for longer.
LOOK_BACK_S = 60
# A socket is told of rooms that started up to so long before it was opened, as who lost the last one may have missed
# them. Earlier ones are on top of the feed.
BEFORE_OPENED_S = 10
# Sockets whose people are asked about in one statement, and told in one go.
AT_ONCE = 250
# Rooms told in one look: fewer than the frames that may wait before a socket. Others have their turn in the next one.
ROOMS_MOST = 50

_STARTED_SQL = f"""
SELECT room.id, room.store_id, room.title, s.handle, s.name, s.avatar, room.started_at,
       extract(epoch FROM now() - room.started_at)::float
FROM interactions_liveroom room JOIN stores_store s ON s.id = room.store_id AND s.status = 'approved'
WHERE room.status = 'live' AND room.started_at > now() - make_interval(secs => {LOOK_BACK_S})
ORDER BY room.started_at
"""  # noqa: S608  # composed of our own constants
_FOLLOWERS_SQL = """
SELECT store_id, user_id FROM stores_follow
WHERE user_id = ANY (%(people)s::bigint[]) AND store_id = ANY (%(stores)s::bigint[])
  AND NOT muted AND notify IN ('live', 'all')
"""


class Started(NamedTuple):
    """A room that has just started: its notice, and the monotonic time of its start."""

    room_id: int
    store_id: int
    frame: dict[str, Any]
    at: float


@dataclass(frozen=True)
class _Socket:
    """An open socket. Numbers are given in the order of opening."""

    number: int
    user_id: int
    tell: Tell
    opened_at: float


@dataclass
class _Told:
    """How far a room's notice is: sockets up to this number had their turn. Forgotten after a time."""

    until: float
    upto: int = 0


class LiveNotices:
    """The feed sockets of one process, and which rooms they were told of, each once."""

    def __init__(self) -> None:
        self._sockets: dict[Tell, _Socket] = {}
        self._numbers = itertools.count(1)
        self._told: dict[int, _Told] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, user_id: int, tell: Tell) -> None:
        """One more socket; the first one begins the looking."""
        self._sockets[tell] = _Socket(next(self._numbers), user_id, tell, time.monotonic())
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="notices of live rooms")

    def remove(self, tell: Tell) -> None:
        """One less, the last one ends the looking; an unknown one is no error."""
        self._sockets.pop(tell, None)

    async def _run(self) -> None:
        while self._sockets:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except Unavailable:
                continue  # PostgreSQL is away; the next look goes on where this one was
            except Exception:
                log.exception("notices of live rooms failed and go on")

    async def look(self) -> None:
        """Tells whoever has not been told of the rooms that have just started."""
        rooms = await _just_started()
        self._forget(time.monotonic())
        for room in rooms:
            self._told.setdefault(room.room_id, _Told(time.monotonic() + 2 * LOOK_BACK_S))
        newest = next((socket.number for socket in reversed(self._sockets.values())), 0)
        rooms = [room for room in rooms if self._told[room.room_id].upto < newest][:ROOMS_MOST]
        if not rooms:
            return
        waiting = self._above(min(self._told[room.room_id].upto for room in rooms))
        for start in range(0, len(waiting), AT_ONCE):
            await self._serve(rooms, waiting[start : start + AT_ONCE])

    def _forget(self, now: float) -> None:
        for room_id in [room_id for room_id, told in self._told.items() if told.until < now]:
            del self._told[room_id]

    def _above(self, number: int) -> list[_Socket]:
        """The sockets that were opened after the one of this number, in their order."""
        newer = itertools.takewhile(lambda socket: socket.number > number, reversed(self._sockets.values()))
        return list(newer)[::-1]

    async def _serve(self, rooms: Sequence[Started], sockets: Sequence[_Socket]) -> None:
        """These sockets have their turn with each of these rooms that they have not had it with."""
        following = await _followers({room.store_id for room in rooms}, {socket.user_id for socket in sockets})
        for room in rooms:
            told, followers = self._told[room.room_id], following[room.store_id]
            due = [socket for socket in sockets if socket.number > told.upto and socket.user_id in followers]
            told.upto = max(told.upto, sockets[-1].number)
            for socket in due:
                if socket.tell in self._sockets and socket.opened_at < room.at + BEFORE_OPENED_S:
                    await socket.tell(room.frame)


async def _just_started() -> list[Started]:
    now = time.monotonic()
    return [
        Started(room_id, store_id, _frame(room_id, title, handle, name, avatar, started_at), now - age)
        for room_id, store_id, title, handle, name, avatar, started_at, age in await db.fetch_all(_STARTED_SQL, {})
    ]


def _frame(
    room_id: int, title: str, handle: str, name: str, avatar: dict[str, Any] | None, started_at: datetime
) -> dict[str, Any]:
    return {
        "type": "store_live",
        "room": room_id,
        "title": title,
        "store": {"handle": handle, "name": name, "avatar": picture_url(avatar)},
        "started_at": started_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


async def _followers(store_ids: set[int], user_ids: set[int]) -> dict[int, set[int]]:
    """Those of these people who want to hear of these stores, for each store."""
    found: dict[int, set[int]] = {store_id: set() for store_id in store_ids}
    people = {"stores": sorted(store_ids), "people": sorted(user_ids)}
    for store_id, user_id in await db.fetch_all(_FOLLOWERS_SQL, people):
        found[store_id].add(user_id)
    return found
