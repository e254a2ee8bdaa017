"""The hub: one a process. It hears of every event of the rooms that are watched here, and keeps their audiences whole.

One Redis subscription has a channel for each room with local viewers (ear.py). What it may lose is found by the offsets
and filled from the room's log: at once when a later event shows the gap, whenever a channel is confirmed, and in the
regular look at the log, which also finds a lost publish in a silent room.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
import weakref
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any

from channels.db import database_sync_to_async
from django.db import OperationalError
from psycopg_pool import PoolTimeout

from core import logs
from core.redis import RedisAway
from interactions.live import keys, room, snapshot, taps
from interactions.live.audience import Audience
from interactions.live.ear import Ear
from interactions.live.hints import tell_moderators
from interactions.live.outlet import Encoded, Outlet, encoded
from interactions.live.room import MOST_MISSED, LoggedEvent
from interactions.live.snapshot import Snapshot
from interactions.services import questions, rooms

log = logs.get(__name__)

LOOK_BEATS = int(25 / taps.BEAT_S)  # how often positions are compared with the logs
MEND_BEATS = int(2 / taps.BEAT_S)  # the same for audiences that could not read theirs or are not subscribed
OPEN_S = 2.0  # how long a newcomer waits for the log before being served from PostgreSQL alone
# How long newcomers share one while nothing happens. Every event makes a new one; what is no event has to be seen soon,
# as that the store was suspended, or that PostgreSQL is away.
SNAPSHOT_S = 1.0
LAST_BEATS = (0.5, 1.0, 2.0, 4.0)  # pauses after which the hearts of a room that is empty now are tried again
FLUSH_S = 2.0  # how long a process that ends waits for what is still to be written


class Hub:
    """Works while there are rooms to watch, and rests, without connection or task, while there are none."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(6)
        self.audiences: dict[int, Audience] = {}
        self._by_channel: dict[str, Audience] = {}
        self._ear = Ear(self)
        self._work: dict[str, asyncio.Task[None]] = {}
        self._errands: set[asyncio.Task[None]] = set()

    # --- coming and going ---------------------------------------------------------------------------------------------

    async def enter(self, room_id: int) -> Audience:
        """The room's audience, which has read the log if that answers, for a newcomer; call `leave_door` after it."""
        audience = self.audiences.get(room_id) or self._open(room_id)
        audience.joining += 1
        if not audience.opened.is_set():
            try:
                await asyncio.wait_for(audience.opened.wait(), OPEN_S)
            except TimeoutError:
                audience.behind = True
            except BaseException:
                self.leave_door(audience)
                raise
        return audience

    def _open(self, room_id: int) -> Audience:
        audience = self.audiences[room_id] = Audience(room_id)
        channel = keys.channel(room_id)
        self._by_channel[channel] = audience
        # Whoever was here a moment ago, this audience has to hear that it hears.
        self._ear.ask_again(channel)
        self._errand(self._ear.follow())
        self._errand(self.look(audience))
        self._go_on("listening", self._ear.listen)
        self._go_on("pulse", self._pulse)
        return audience

    def _go_on(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begins what may have ended when nobody was here."""
        if name not in self._work or self._work[name].done():
            self._work[name] = asyncio.create_task(work(), name=f"live rooms: {name}")

    def leave_door(self, audience: Audience) -> None:
        """Somebody who entered now has a seat (is in `outlets`), or went away."""
        audience.joining -= 1
        self._forget_empty(audience)

    def leave(self, audience: Audience, outlet: Outlet) -> None:
        """A seat is free again."""
        audience.outlets.discard(outlet)
        self._forget_empty(audience)

    def _forget_empty(self, audience: Audience) -> None:
        if audience.empty and self.audiences.get(audience.room_id) is audience:
            del self.audiences[audience.room_id]
            del self._by_channel[keys.channel(audience.room_id)]
            self._errand(self._ear.follow())
            self._write_out(audience)
            self._errand(self._sign_off(audience.room_id))

    def _write_out(self, audience: Audience) -> None:
        """Writes what an audience still holds: hearts, totals, votes."""
        self._errand(self._beat_and_save(audience))
        self._errand(self._tell_last_votes(audience))

    async def _tell_last_votes(self, audience: Audience) -> None:
        for pause in LAST_BEATS:
            try:
                await self._tell_votes([audience])
            except Exception as error:
                log.warning("the last votes of room %s were not told: %r", audience.room_id, error)
            if not (audience.voted or audience.votes_told):
                break
            await asyncio.sleep(pause)

    async def _beat_and_save(self, audience: Audience) -> None:
        for pause in LAST_BEATS:
            if not audience.taps:
                break
            await self._beat([audience], count_viewers=False)
            if audience.taps:  # Redis was away
                await asyncio.sleep(pause)
        await self._save(audience)

    async def _sign_off(self, room_id: int) -> None:
        if room_id not in self.audiences:
            await taps.leave(room_id=room_id, process=self.process)

    async def snapshot(self, audience: Audience) -> Snapshot:
        """The room for a newcomer, shared with those who come at about the same time. Raises NotFound.

        It is as new as the newcomer: nothing was told since, or it was read while they waited for it.
        """
        came_at = time.monotonic()
        async with audience.snapshot_lock:
            found = audience.snapshot
            fresh = found is not None and found.position == audience.position and found.age_s < SNAPSHOT_S
            if found is None or not (fresh or found.read_at > came_at):
                found = await _read(audience)
                audience.remember(found)
            return found

    # --- hearing: what the ear calls ----------------------------------------------------------------------------------

    def wanted(self) -> Collection[str]:
        """The channels of the rooms that are watched here."""
        return self._by_channel.keys()

    def confirmed(self, channel: bytes) -> None:
        """The room is heard from now on: what came before is in its log."""
        audience = self._by_channel.get(channel.decode())
        if audience is not None:
            audience.subscribed = True
            self._errand(self.look(audience))

    def heard(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Events, which each audience is told together, and hints."""
        published: dict[Audience, list[tuple[str, LoggedEvent]]] = {}
        hints: dict[Audience, list[Encoded]] = {}
        for channel, data in messages:
            audience = self._by_channel.get(channel.decode())
            if audience is None:
                continue
            epoch, event = room.read_message(data)
            if epoch == room.UNLOGGED:
                hints.setdefault(audience, []).append(encoded(event.json))
            else:
                published.setdefault(audience, []).append((epoch, event))
        # First, so that nobody hears that a question is held after it was approved.
        for audience, frames in hints.items():
            tell_moderators(audience, frames)
        for audience, events in published.items():
            if not audience.take(events):
                self._errand(self.look(audience))

    def deaf(self) -> None:
        """The subscription is lost."""
        for audience in self.audiences.values():
            audience.subscribed = False

    async def look(self, audience: Audience) -> None:
        """Reads from the log what the audience has missed, if anything."""
        if audience.look_due:
            return  # somebody is about to, after this moment
        audience.look_due = True
        async with audience.reading:
            audience.look_due = False
            asked_at = audience.position
            try:
                window = await room.since(
                    room_id=audience.room_id, epoch=asked_at.epoch, offset=asked_at.offset,
                    most=sys.maxsize, latest=MOST_MISSED,
                )  # fmt: skip
            except RedisAway:
                audience.behind = True
                return
            finally:
                audience.opened.set()
            audience.behind = False
            audience.catch_up(window)

    # --- the pulse ----------------------------------------------------------------------------------------------------

    async def _pulse(self) -> None:
        beats = 0
        telling: asyncio.Task[None] | None = None
        while self.audiences:
            await asyncio.sleep(taps.BEAT_S)
            beats += 1
            watched = [audience for audience in self.audiences.values() if audience.outlets]
            slow = beats % taps.SLOW_BEATS == 0
            await self._beat(watched, count_viewers=slow)
            if slow and (telling is None or telling.done()):
                telling = self._errand(self._tell_votes(watched))
            for audience in list(self.audiences.values()):
                if beats % LOOK_BEATS == 0:
                    self._errand(self._look_and_save(audience))
                elif beats % MEND_BEATS == 0 and (audience.behind or not audience.subscribed):
                    self._errand(self._mend(audience))

    async def _beat(self, audiences: Sequence[Audience], *, count_viewers: bool) -> None:
        try:
            await taps.beat(audiences, process=self.process, count_viewers=count_viewers)
        except RedisAway:
            pass
        except Exception:
            log.exception("a beat of the live rooms failed")

    async def _mend(self, audience: Audience) -> None:
        await self.look(audience)
        if not audience.subscribed:
            self._ear.ask_again(keys.channel(audience.room_id))
            await self._ear.follow()

    async def _look_and_save(self, audience: Audience) -> None:
        await self.look(audience)
        await self._save(audience)

    async def _save(self, audience: Audience) -> None:
        if audience.live and audience.totals != audience.saved:
            totals = audience.totals
            save = database_sync_to_async(rooms.save_totals, thread_sensitive=False)
            await save(room_id=audience.room_id, likes=totals.likes, viewers=totals.viewers)
            audience.saved = totals

    async def _tell_votes(self, audiences: Sequence[Audience]) -> None:
        """Tells what was voted for, and looks again at what was told last."""
        voted = {audience: audience.take_votes() for audience in audiences}
        told: dict[int, int | None] = {}
        for found in voted.values():
            told |= found
        if not told:
            return
        try:
            now_told = await database_sync_to_async(questions.tell_votes, thread_sensitive=False)(told=told)
        except BaseException:
            for audience, found in voted.items():
                audience.voted |= found.keys()
            raise
        for audience, found in voted.items():
            audience.votes_told = {number: now_told[number] for number in found if number in now_told}

    async def flush(self) -> None:
        """For a process about to end: writes the hearts, votes and totals that wait for a beat. Bounded in time."""
        for audience in list(self.audiences.values()):
            self._write_out(audience)
        if self._errands:
            await asyncio.wait(set(self._errands), timeout=FLUSH_S)

    def _errand(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs something aside; what it raises is logged."""
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)
        return task

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, RedisAway):
            log.warning("an errand of the live rooms failed: %r", error)


async def _read(audience: Audience) -> Snapshot:
    read: Callable[..., Awaitable[Snapshot]] = database_sync_to_async(snapshot.read, thread_sensitive=False)
    try:
        return await read(room_id=audience.room_id, position=audience.position)
    except OperationalError as error:
        if isinstance(error.__cause__, PoolTimeout):
            raise
        # A connection that was cut while it slept in the pool: nobody need come again for that.
        return await read(room_id=audience.room_id, position=audience.position)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The running event loop's hub, which is the process's, but for tests that run several loops."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
