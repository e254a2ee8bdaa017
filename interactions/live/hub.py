"""The hub: one a process. It hears of every event of the rooms that are watched here, and keeps their audiences whole.

One Redis connection subscribes to a channel for each room with local viewers. What a subscription may lose is found by
the offsets and filled from the room's log: at once when a later event shows the gap, on every new subscription, and in
the regular look at the log, which also finds a lost publish in a silent room.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
import weakref
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from core import logs
from core.redis import RedisAway, subscriber
from interactions.live import keys, room, snapshot, taps
from interactions.live.audience import Audience
from interactions.live.outlet import Outlet
from interactions.live.room import MOST_MISSED, LoggedEvent
from interactions.live.snapshot import Snapshot
from interactions.services import questions, rooms

log = logs.get(__name__)

LOOK_BEATS = int(25 / taps.BEAT_S)  # how often positions are compared with the logs
MEND_BEATS = int(2 / taps.BEAT_S)  # the same for audiences that could not read theirs or are not subscribed
OPEN_S = 2.0  # how long a newcomer waits for the log before being served from PostgreSQL alone
SNAPSHOT_S = 1.0  # how long newcomers share one while nothing happens
MOST_AT_ONCE = 100  # events in one frame
RETRY_S = 0.5  # between attempts to subscribe


class Hub:
    """Works while there are rooms to watch, and rests, without connection or task, while there are none."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(6)
        self.audiences: dict[int, Audience] = {}
        self._people: Counter[int] = Counter()
        self._by_channel: dict[bytes, Audience] = {}
        self._subscription: Any = None
        self._running: list[asyncio.Task[None]] = []
        self._errands: set[asyncio.Task[None]] = set()

    # --- coming and going ---------------------------------------------------------------------------------------------

    async def enter(self, room_id: int) -> Audience:
        """The room's audience, which has read the log if that answers, for a newcomer; call `leave_door` after it."""
        audience = self.audiences.get(room_id)
        if audience is None:
            audience = self.audiences[room_id] = Audience(room_id)
            self._by_channel[keys.channel(room_id).encode()] = audience
            if not self._running:
                self._running = [asyncio.create_task(self._listen()), asyncio.create_task(self._pulse())]
            else:
                self._errand(self._subscribe(audience))
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
            del self._by_channel[keys.channel(audience.room_id).encode()]
            self._errand(self._unsubscribe(audience))

    def count_in(self, user_id: int) -> bool:
        """Counts a person's socket; False when they have as many as they may."""
        if self._people[user_id] >= settings.LIMITS.live_sockets_per_person:
            return False
        self._people[user_id] += 1
        return True

    def count_out(self, user_id: int) -> None:
        """A person's socket is gone."""
        self._people[user_id] -= 1
        if not self._people[user_id]:
            del self._people[user_id]

    async def snapshot(self, audience: Audience) -> Snapshot:
        """The room for a newcomer, shared with those who come at about the same time. Raises NotFound.

        It is as new as the newcomer: nothing was told since, or it was read while they waited for it.
        """
        came_at = time.monotonic()
        async with audience.snapshot_lock:
            found = audience.snapshot
            fresh = found is not None and found.position == audience.position and found.age_s < SNAPSHOT_S
            if found is None or not (fresh or found.read_at > came_at):
                read = database_sync_to_async(snapshot.read, thread_sensitive=False)
                found = await read(room_id=audience.room_id, position=audience.position)
                audience.remember(found)
            return found

    # --- hearing ------------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while self.audiences:
            try:
                await self._listen_while_it_lasts()
            except Exception as error:  # whatever the driver raises: make another subscription
                log.warning("the live rooms' subscription was lost: %r", error)
                await asyncio.sleep(RETRY_S)
        # Nothing was awaited since nobody was here: rest.
        for task in self._running:
            if task is not asyncio.current_task():
                task.cancel()
        self._running = []

    async def _listen_while_it_lasts(self) -> None:
        async with subscriber() as client, client.pubsub() as subscription:
            first = list(self.audiences)
            await subscription.subscribe(*map(keys.channel, first))
            self._subscription = subscription
            try:
                for audience in self.audiences.values():
                    if audience.room_id not in first:
                        self._errand(self._subscribe(audience))
                while self.audiences:
                    self._hear(await _messages(subscription))
                    # Messages that are there already are read without waiting: let the sockets be written to.
                    await asyncio.sleep(0)
            finally:
                self._subscription = None
                for audience in self.audiences.values():
                    audience.subscribed = False

    def _hear(self, messages: list[dict[str, Any]]) -> None:
        published: dict[Audience, list[tuple[str, LoggedEvent]]] = {}
        for message in messages:
            audience = self._by_channel.get(message["channel"])
            if audience is None:
                continue
            if message["type"] == "subscribe":
                audience.subscribed = True
                self._errand(self.look(audience))
            elif message["type"] == "message":
                published.setdefault(audience, []).append(room.read_message(message["data"]))
        for audience, events in published.items():
            if not audience.take(events):
                self._errand(self.look(audience))

    async def _subscribe(self, audience: Audience) -> None:
        subscription = self._subscription
        if subscription is not None:  # else _listen is about to subscribe to everything
            await subscription.subscribe(keys.channel(audience.room_id))

    async def _unsubscribe(self, audience: Audience) -> None:
        subscription = self._subscription
        if subscription is not None and audience.room_id not in self.audiences:
            await subscription.unsubscribe(keys.channel(audience.room_id))
        await taps.leave(room_id=audience.room_id, process=self.process)

    async def look(self, audience: Audience) -> None:
        """Reads from the log what the audience has missed, if anything."""
        async with audience.reading:
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
        while True:
            await asyncio.sleep(taps.BEAT_S)
            beats += 1
            watched = [audience for audience in self.audiences.values() if audience.outlets]
            slow = beats % taps.SLOW_BEATS == 0
            try:
                await taps.beat(watched, process=self.process, count_viewers=slow)
            except RedisAway:
                pass
            except Exception:
                log.exception("a beat of the live rooms failed")
            if slow:
                self._tell_votes(watched)
            for audience in list(self.audiences.values()):
                if beats % LOOK_BEATS == 0:
                    self._errand(self._look_and_save(audience))
                elif beats % MEND_BEATS == 0 and (audience.behind or not audience.subscribed):
                    self._errand(self._mend(audience))

    async def _mend(self, audience: Audience) -> None:
        if not audience.subscribed:
            await self._subscribe(audience)
        await self.look(audience)

    async def _look_and_save(self, audience: Audience) -> None:
        await self.look(audience)
        if audience.live and audience.totals != audience.saved:
            audience.saved = audience.totals
            save = database_sync_to_async(rooms.save_totals, thread_sensitive=False)
            await save(room_id=audience.room_id, likes=audience.saved.likes, viewers=audience.saved.viewers)

    def _tell_votes(self, audiences: list[Audience]) -> None:
        voted = [question_id for audience in audiences for question_id in audience.voted]
        for audience in audiences:
            audience.voted.clear()
        if voted:
            tell = database_sync_to_async(questions.tell_votes, thread_sensitive=False)
            self._errand(tell(question_ids=voted))

    def _errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something aside; what it raises is logged."""
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, RedisAway):
            log.warning("an errand of the live rooms failed: %r", error)


async def _messages(subscription: Any) -> list[dict[str, Any]]:
    """What has come in, as soon as something has: what comes together is told in one frame."""
    found: list[dict[str, Any]] = []
    message = await subscription.get_message(timeout=5)
    while message is not None:
        found.append(message)
        message = await subscription.get_message(timeout=0) if len(found) < MOST_AT_ONCE else None
    return found


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The running event loop's hub, which is the process's, but for tests that run several loops."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
