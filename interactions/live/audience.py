"""One room's sockets in this process: what they were told, and telling them more. Nothing here waits, so no races."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from core import logs
from interactions.live.outlet import Encoded, Outlet, encoded
from interactions.live.protocol import Close
from interactions.live.room import MOST_MISSED, OVERRULING, LoggedEvent, Position, Totals, Window, overrule
from interactions.live.snapshot import Snapshot
from interactions.models import RoomStatus

log = logs.get(__name__)


def events_frame(epoch: str, events: Sequence[LoggedEvent]) -> Encoded:
    """`events` as all sockets get it; the log's JSON is passed on as it is."""
    joined = b",".join(event.json for event in events)
    return encoded(b'{"type":"events","epoch":"%s","events":[%s]}' % (epoch.encode(), joined))


# After a cut everybody comes back at once, from the same few positions.
_recovered: deque[tuple[Position, int, Encoded]] = deque(maxlen=8)


def recovered_frame(position: Position, events: Sequence[LoggedEvent] | None) -> Encoded:
    """`recovered`: the missed events, or None when they cannot be told. The same frame for the same gap."""
    count = -1 if events is None else len(events)
    for to, missed, frame in _recovered:
        if to == position and missed == count:
            return frame
    frame = encoded(
        b'{"type":"recovered","recovered":%s,"epoch":"%s","offset":%d,"events":[%s]}'
        % (
            b"false" if events is None else b"true",
            position.epoch.encode(),
            position.offset,
            b",".join(event.json for event in events or ()),
        )
    )
    _recovered.append((position, count, frame))
    return frame


class Audience:
    """The local viewers of a room, at one common position of its log.

    `position` has an empty epoch until the log has been read: then sockets are served from PostgreSQL alone.
    """

    def __init__(self, room_id: int) -> None:
        self.room_id = room_id
        self.position = Position("", 0)
        # The latest events, for those who come back; as the log keeps them.
        self.recent: deque[LoggedEvent] = deque(maxlen=MOST_MISSED)
        self.outlets: set[Outlet] = set()
        # Sockets on their way in, which keep the room here while they read it.
        self.joining = 0
        self.opened = asyncio.Event()
        self.reading = asyncio.Lock()
        # Whether a look at the log is to begin which will find what is missing by now.
        self.look_due = False
        # Whether the log could not be read, and whether the hub's subscription has been confirmed.
        self.behind = False
        self.subscribed = False
        self.live = False
        # Grows whenever what people may do here may have changed.
        self.rules = 0
        self.snapshot: Snapshot | None = None
        self.snapshot_lock = asyncio.Lock()
        # For the pulse: hearts since its last beat, questions whose votes changed, and what was told last.
        self.taps = 0
        self.voted: set[int] = set()
        self.votes_told: dict[int, int] = {}
        self.totals = Totals(0, 0)
        self.saved = Totals(0, 0)
        self._untold: set[Outlet] = set()

    @property
    def empty(self) -> bool:
        """Whether nobody here needs the room any more."""
        return not self.outlets and not self.joining

    def remember(self, snapshot: Snapshot) -> None:
        """The room as it has just been read."""
        # An event that came while it was being read knows better whether the room is live.
        if self.snapshot is None or snapshot.position == self.position:
            self.live = snapshot.status == RoomStatus.LIVE
        self.snapshot = snapshot
        self.totals = self.totals._replace(likes=max(self.totals.likes, snapshot.likes))

    def take(self, published: Sequence[tuple[str, LoggedEvent]]) -> bool:
        """Events as published, each with its epoch. False when something is missing before one: read the log."""
        epoch, reached = self.position
        following: list[LoggedEvent] = []
        whole = True
        for of_epoch, event in published:
            if of_epoch != epoch or event.offset > reached + 1:
                whole = False
            elif event.offset == reached + 1:
                following.append(event)
                reached += 1
        if following:
            self._deliver(epoch, following)
        return whole

    def catch_up(self, window: Window) -> None:
        """What the log said after the position that this audience was at when it was asked."""
        position, whole, events = window
        if position.epoch == self.position.epoch:
            missed = [event for event in events if event.offset > self.position.offset]
            if whole or (missed and missed[0].offset == self.position.offset + 1):
                if missed:
                    self._deliver(position.epoch, missed)
            elif position.offset != self.position.offset:
                self._start_over(window)
        else:
            self._start_over(window)

    def _start_over(self, window: Window) -> None:
        """Another log, or one trimmed past us: whoever is here has lost the position and must come back."""
        for outlet in list(self.outlets):
            outlet.close(Close.LOST_POSITION)
        self.position = window.position
        self.recent = deque(window.events, maxlen=MOST_MISSED)
        self.snapshot = None

    def _deliver(self, epoch: str, events: Sequence[LoggedEvent]) -> None:
        self.position = Position(epoch, events[-1].offset)
        told = list(events)
        for event in events:
            if event.type in OVERRULING:
                self.snapshot = None
                overrule(self.recent, event)
                overrule(told, event)
        self.recent.extend(told)
        self.broadcast(events_frame(epoch, told))
        for event in events:
            self.rules += event.type in {"settings", "started"}
            if event.type == "started":
                self.live = True
            elif event.type == "ended":
                self.end()

    def broadcast(self, frame: Encoded) -> None:
        """One frame to every socket here."""
        for outlet in list(self.outlets):
            outlet.push(frame)

    def tick(self, totals: Totals) -> None:
        """Tells likes and viewers, when they changed. A socket that has frames to read is told with a later tick."""
        waiting = self.outlets if totals != self.totals else self._untold & self.outlets
        self.totals = totals
        self._untold = {outlet for outlet in waiting if outlet.busy}
        frame = encoded(b'{"type":"tick","likes":%d,"viewers":%d}' % totals)
        for outlet in waiting - self._untold:
            outlet.push(frame)

    def take_votes(self) -> dict[int, int | None]:
        """Questions whose votes are to be told now, with the number told last a beat ago; None: none was."""
        found: dict[int, int | None] = dict.fromkeys(self.voted) | self.votes_told
        self.voted, self.votes_told = set(), {}
        return found

    def end(self) -> None:
        """The room is over."""
        self.live = False
        for outlet in list(self.outlets):
            outlet.close(Close.ROOM_ENDED)

    def after(self, position: Position) -> list[LoggedEvent] | None:
        """The events between a position and ours, from memory; None when memory does not say."""
        missed = self.position.offset - position.offset
        if position.epoch != self.position.epoch or not 0 <= missed <= len(self.recent):
            return None
        return list(islice(self.recent, len(self.recent) - missed, None)) if missed else []

    def admit(self, outlet: Outlet, snapshot: Snapshot, you: bytes) -> bool:
        """Welcomes a socket, tells it what has happened since the snapshot, and from now on everything.

        False when the snapshot is too old for that: take a new one.
        """
        missed = self.after(snapshot.position)
        if missed is None:
            return False
        outlet.push(self._welcome(snapshot, you))
        if missed:
            outlet.push(events_frame(self.position.epoch, missed))
        if any(event.type == "ended" for event in missed):
            outlet.close(Close.ROOM_ENDED)
        self.outlets.add(outlet)
        return True

    def _welcome(self, snapshot: Snapshot, you: bytes) -> Encoded:
        likes = max(snapshot.likes, self.totals.likes)
        viewers = max(self.totals.viewers, len(self.outlets) + 1)
        return encoded(b'%s"likes":%d,"viewers":%d,"you":%s}' % (snapshot.welcome, likes, viewers, you))
