"""A crowd of websocket clients: each keeps what it was told, when, and how it was closed, and comes back if it may."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.interactions.live.screen import Frame

CAME_WITHIN_S = 20.0
RESUME = "resume"


class Viewer:
    """One client in front of a room, as a careful one is written: it holds every event once, in order, or knows better.

    `offsets` are the events that it took, `heard_at` when each came (monotonic); `faults` what no client sees: a gap,
    an event twice. After a close of 4000-4499 it comes back to `addresses`' last and resumes where it was.
    """

    def __init__(self, room_id: int, addresses: Sequence[str], first: Sequence[Frame], options: dict[str, Any]) -> None:
        self.room_id = room_id
        self.addresses = addresses
        self.welcome: Frame | None = None
        self.epoch = ""
        self.offset = 0
        self.offsets: list[int] = []
        self.heard_at: dict[int, float] = {}
        self.faults: list[str] = []
        self.frames: list[Frame] = []
        self.recovered: list[Frame] = []
        self.refusals: list[str] = []
        self.closes: list[tuple[int, float]] = []
        self.socket: ClientConnection | None = None
        self._first = first
        self._options = options
        self._resuming = False
        self._later: asyncio.Task[None] | None = None

    @property
    def told_to_wait(self) -> bool:
        """Whether it was sent away to come back later."""
        return bool(self.closes) and 4000 <= self.closes[-1][0] < 4500

    async def live(self) -> None:
        """Watches until it is closed for good, or as often as it has somewhere to go."""
        for visit, address in enumerate(self.addresses):
            if visit:
                await asyncio.sleep(random.uniform(0, 0.3))  # as clients are told to
            code = await self._visit(address)
            self.closes.append((code, time.monotonic()))
            if not 4000 <= code < 4500:
                return

    async def _visit(self, address: str) -> int:
        url = f"{address.replace('http', 'ws', 1)}/ws/rooms/{self.room_id}"
        try:
            async with connect(url, max_size=None, ping_interval=None, open_timeout=20, **self._options) as socket:
                self.socket = socket
                self._resuming = bool(self.epoch)
                for frame in self._first:
                    await socket.send(json.dumps(frame))
                if self._resuming:
                    await self._resume()
                elif not self._first:
                    await self.send({"type": "ping"})
                async for text in socket:
                    self._hear(json.loads(text))
                return socket.close_code or 1006
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        except (OSError, InvalidHandshake) as error:
            self.faults.append(f"could not come in: {error!r}")
            return 1006

    async def send(self, frame: Frame) -> None:
        """A frame, without waiting for its reply."""
        assert self.socket is not None
        await self.socket.send(json.dumps(frame))

    def _hear(self, frame: Frame) -> None:
        if frame.get("type") == "welcome":
            self.welcome = frame
            if not self._resuming:
                self.epoch, self.offset = frame["epoch"], frame["offset"]
        elif frame.get("type") == "events":
            # While it waits for what it missed, the newest is in there as well.
            if not self._resuming:
                self._take(frame["epoch"], frame["events"])
        elif frame.get("type") == "recovered":
            self.recovered.append(frame)
            self._resuming = False
            if frame["recovered"]:
                self._take(frame["epoch"], frame["events"])
            else:
                self.epoch, self.offset = frame["epoch"], frame["offset"]
        else:
            if "error" in frame:
                self.refusals.append(frame["error"]["code"])
                if self._resuming and frame.get("reply") == RESUME and frame["error"]["retry_after"]:
                    self._later = asyncio.create_task(self._resume(frame["error"]["retry_after"]))
            self.frames.append(frame)

    async def _resume(self, after_s: float = 0) -> None:
        """Asks for what was missed; told to wait, it waits."""
        await asyncio.sleep(after_s)
        await self.send({"type": "resume", "id": RESUME, "epoch": self.epoch, "offset": self.offset})

    def _take(self, epoch: str, events: Sequence[Frame]) -> None:
        if epoch != self.epoch:
            self.faults.append(f"events of epoch {epoch} at {self.epoch}")
        for event in events:
            if event["offset"] != self.offset + 1:
                self.faults.append(f"{event['offset']} after {self.offset}")
            self.offset = event["offset"]
            self.offsets.append(self.offset)
            self.heard_at[self.offset] = time.monotonic()


class Crowd:
    """Viewers on an event loop in a thread of their own, so that a test goes on meanwhile."""

    def __init__(self) -> None:
        self.viewers: list[Viewer] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="crowd", daemon=True)
        self._thread.start()
        self._lives: set[asyncio.Task[None]] = set()

    def come(
        self,
        number: int,
        room_id: int,
        *addresses: str,
        first: Sequence[Frame] = (),
        welcome: bool = True,
        **options: Any,
    ) -> list[Viewer]:
        """So many viewers at the first address; when they must leave, at the next. Returns once all are welcome."""
        options = {"compression": None} | options
        made = [Viewer(room_id, addresses, first, options) for _ in range(number)]
        self.viewers += made
        for start in range(0, number, 50):  # a door is only so wide
            self.run(self._begin(made[start : start + 50]))
            if welcome:
                self._until_welcome(made[start : start + 50])
        return made

    def expect(self, room_id: int, *addresses: str, epoch: str, offset: int, **options: Any) -> Viewer:
        """One who was there before, and comes back from this position when everybody is let in."""
        viewer = Viewer(room_id, addresses, (), {"compression": None} | options)
        viewer.epoch, viewer.offset = epoch, offset
        self.viewers.append(viewer)
        return viewer

    def let_in(self) -> None:
        """All who are expected, at once."""
        self.run(self._begin(self.viewers))

    def _until_welcome(self, viewers: Sequence[Viewer]) -> None:
        self.until(lambda: all(viewer.welcome for viewer in viewers), seconds=CAME_WITHIN_S)

    async def _begin(self, viewers: Sequence[Viewer]) -> None:
        for viewer in viewers:
            life = asyncio.create_task(viewer.live())
            self._lives.add(life)
            life.add_done_callback(self._lives.discard)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Does something on the crowd's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def until(self, happened: Callable[[], object], *, seconds: float) -> None:
        """Waits for something the viewers see; says what they saw instead."""
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, self.story()
            time.sleep(0.02)

    def until_all_have(self, offset: int, *, seconds: float) -> None:
        """Every viewer has reached this event."""
        self.until(lambda: all(viewer.offset >= offset for viewer in self.viewers), seconds=seconds)

    def story(self) -> str:
        """What is known of the viewers, in a few lines."""
        rows = [(viewer.offset, viewer.closes[-1:], viewer.refusals[-3:], viewer.faults[:3]) for viewer in self.viewers]
        few = sorted({repr(row) for row in rows})[:8]
        return f"{len(rows)} viewers; (offset, last close, refusals, faults):\n" + "\n".join(few)

    def check_whole(self, first: int, last: int) -> None:
        """Every viewer has every event from `first` to `last`, once, in order."""
        wanted = list(range(first, last + 1))
        for viewer in self.viewers:
            assert not viewer.faults, self.story()
            assert viewer.offsets == wanted, self.story()

    def close(self) -> None:
        """All hang up."""

        async def end() -> None:
            lives = list(self._lives)
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)

        self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


@contextmanager
def crowds() -> Iterator[Crowd]:
    """A crowd that goes home in the end."""
    crowd = Crowd()
    try:
        yield crowd
    finally:
        crowd.close()
