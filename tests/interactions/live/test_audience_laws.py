"""Laws of an audience under every order of losses, repeats, late news, looks, joins, trimmed logs and new epochs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from interactions.live.audience import Audience
from interactions.live.room import LoggedEvent, Position, Window
from tests.interactions.live.test_audience import Viewer

KEEP = 6  # how much of its log this Redis keeps


def event(epoch: int, offset: int) -> LoggedEvent:
    """The event that every correct viewer has at this place."""
    return LoggedEvent(offset, "hide", b'{"offset":%d,"of":"%d"}' % (offset, epoch))


@dataclass
class Log:
    """A room's log as append.lua and since.lua keep it."""

    epoch: int = 1
    last: int = 0
    kept: int = 0

    def append(self) -> tuple[str, LoggedEvent]:
        self.last += 1
        self.kept = min(KEEP, self.kept + 1)
        return str(self.epoch), event(self.epoch, self.last)

    def since(self, known: Position) -> Window:
        missed = self.last - known.offset
        whole = known.epoch == str(self.epoch) and 0 <= missed <= self.kept
        first = known.offset + 1 if whole else self.last - self.kept + 1
        events = [event(self.epoch, offset) for offset in range(first, self.last + 1)]
        return Window(Position(str(self.epoch), self.last), whole, events)


@dataclass
class Seat:
    """A viewer, and the position that the welcome named."""

    at: Position
    viewer: Viewer = field(default_factory=Viewer)


class AudienceLaws(RuleBasedStateMachine):
    """One process's audience; the world between it and the log does what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.audience = Audience(1)
        self.flying: list[tuple[str, LoggedEvent]] = []
        self.looks: list[Window] = []
        self.seats: list[Seat] = []
        self.snapshots: list[Position] = []
        self.audience.catch_up(self.log.since(Position("", 0)))

    @rule(count=st.integers(1, 4))
    def something_happens(self, count: int) -> None:
        self.flying += [self.log.append() for _ in range(count)]

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def news_come(self, data: st.DataObject) -> None:
        """Some of what was ever published, in any order, and perhaps again later."""
        came = data.draw(st.lists(st.sampled_from(self.flying), max_size=6))
        self.audience.take(came)
        if data.draw(st.booleans()):
            self.flying = [message for message in self.flying if message not in came]

    @rule()
    def all_news_come(self) -> None:
        self.audience.take(self.flying)
        self.flying = []

    @rule()
    def all_news_are_lost(self) -> None:
        self.flying = []

    @precondition(lambda self: not self.looks)
    @rule()
    def a_look_begins(self) -> None:
        """Redis answers, but the answer is on its way for a while. There is one look at a time."""
        self.looks.append(self.log.since(self.audience.position))

    @precondition(lambda self: self.looks)
    @rule()
    def a_look_ends(self) -> None:
        self.audience.catch_up(self.looks.pop())

    @rule(noticed=st.booleans())
    def redis_begins_anew(self, noticed: bool) -> None:
        """Its old messages may still be under way."""
        self.log = Log(epoch=self.log.epoch + 1)
        if noticed and not self.looks:
            self.audience.catch_up(self.log.since(self.audience.position))

    @rule()
    def somebody_reads_the_room(self) -> None:
        self.snapshots.append(self.audience.position)

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def somebody_joins(self, data: st.DataObject) -> None:
        """With what they had read, however long ago: told what was missed since, or sent to read again."""
        self.join(data.draw(st.sampled_from(self.snapshots)))

    @rule()
    def somebody_comes(self) -> None:
        """Reads the room, and joins at once."""
        self.join(self.audience.position)

    def join(self, at: Position) -> None:
        missed = self.audience.after(at)
        if missed is not None:
            seat = Seat(at)
            self.seats.append(seat)
            seat.viewer.frames.append({"events": [{"offset": told.offset} for told in missed]})
            self.audience.outlets.add(seat.viewer.outlet)

    @invariant()
    def everybody_has_every_event_once_and_in_order(self) -> None:
        for seat in self.seats:
            offsets = seat.viewer.offsets
            assert offsets == list(range(seat.at.offset + 1, seat.at.offset + 1 + len(offsets)))
            for frame in seat.viewer.frames:
                assert frame.get("epoch", seat.at.epoch) == seat.at.epoch
                assert all(told.get("of", seat.at.epoch) == seat.at.epoch for told in frame["events"])

    @invariant()
    def who_is_here_is_where_the_audience_is(self) -> None:
        for seat in self.seats:
            if not seat.viewer.closed_with:
                reached = seat.at.offset + len(seat.viewer.offsets)
                assert Position(seat.at.epoch, reached) == self.audience.position

    @invariant()
    def nobody_is_sent_away_but_for_a_lost_position(self) -> None:
        assert {seat.viewer.closed_with for seat in self.seats} <= {0, 4002}

    def teardown(self) -> None:
        """A last look, with nothing under way: everybody is at the log's end, or was told that they are not."""
        if self.looks:
            self.a_look_ends()
        self.audience.catch_up(self.log.since(self.audience.position))
        assert self.audience.position == Position(str(self.log.epoch), self.log.last)
        self.everybody_has_every_event_once_and_in_order()
        self.who_is_here_is_where_the_audience_is()


class TestAudienceLaws(AudienceLaws.TestCase):  # type: ignore[misc, valid-type]  # hypothesis makes it
    """Runs where there is a loop, which sockets that are closed need."""

    def runTest(self) -> None:
        """As unittest calls it."""

        async def run() -> None:
            AudienceLaws.TestCase.runTest(self)

        asyncio.run(run())


TestAudienceLaws.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
