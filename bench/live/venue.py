"""Where a bench of rooms takes place: a site, a crowd before its doors, and who says things in a room."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil  # type: ignore[import-untyped]

from bench.live.crowd import Crowd, Socket
from bench.live.frames import BadStream, Told
from bench.stage import ROOT, Site, Stage, Web

PATIENCE_S = 60.0


@dataclass
class Venue:
    """The product's process, the compared chat's, one whose clients seem far away, and everybody who may come."""

    server: str
    stage: Stage
    site: Site
    web: Web
    chat: Web
    web_far_away: Web
    feeder: Feeder
    host: str
    tokens: Sequence[str]
    crowd: Crowd = field(default_factory=Crowd)

    def room(self, *, questions: int = 0) -> dict[str, Any]:
        """A new live room: its id, and those of its questions."""
        owner = len(self.tokens) + 1
        made: dict[str, Any] = self.site.inside("room", host=owner, asker=1, questions=questions)
        return made

    def watch(self, room: int, token: str, **options: Any) -> Socket:
        """Somebody comes to a room."""
        return self.crowd.come(self.web.port, f"/ws/rooms/{room}", cookie(token, self.web.port), **options)

    def audience(self, room: int, count: int) -> list[Socket]:
        """So many people, once all are welcomed."""
        return self.welcomed([self.watch(room, token) for token in self.tokens[:count]])

    def chatters(self, path: str, count: int) -> list[Socket]:
        """So many sockets of the chat's process, once all are welcomed."""
        return self.welcomed([self.crowd.come(self.chat.port, path) for _ in range(count)])

    def welcomed(self, sockets: list[Socket]) -> list[Socket]:
        """Waits until all are."""
        patience = PATIENCE_S + len(sockets) / 100
        if not self.crowd.run(patience, lambda: all(one.welcomed or one.closed for one in sockets)):
            raise BadStream(f"{sum(not one.welcomed for one in sockets)} sockets were not welcomed in {patience:.0f} s")
        refused = [one.code for one in sockets if one.closed]
        if refused:
            raise BadStream(f"{len(refused)} sockets were closed at the door with {set(refused)}: {self.crowd.errors}")
        return sockets


def cookie(token: str, port: int) -> str:
    """The headers of a browser that is signed in and shows a page of the process at this port."""
    return f"Origin: http://localhost:{port}\r\nCookie: sessionid={token}\r\n"


class Feeder:
    """Who says things, in a process of their own: answers of a length into rooms' logs and the chat."""

    def __init__(self, site: Site) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.inside.feeder"],
            cwd=ROOT, env=site.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.pid = self._process.pid

    def wait_ready(self) -> None:
        """Until it listens."""
        if self.read() != "ready\n":
            raise BadStream("the feeder did not start")

    def tell(self, line: str) -> None:
        """What to do."""
        assert self._process.stdin is not None
        print(line, file=self._process.stdin, flush=True)

    def read(self) -> str:
        """What it answers."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def close(self) -> None:
        """It ends with its input."""
        self._process.communicate(timeout=10)


@dataclass(frozen=True)
class Talk:
    """What the feeder says in one place; `characters` is the length of each answer."""

    feeder: Feeder
    place: str
    characters: int = 50

    def say(self, count: int) -> None:
        """So many events, now."""
        self.feeder.tell(f"{self.place} {self.characters} {count}")

    def steadily(self, rate: float, seconds: float) -> None:
        """So many a second, from now on; ask `said` for when."""
        self.feeder.tell(f"{self.place} {self.characters} {rate} {seconds}")

    def said(self) -> list[float]:
        """When each was said, by the monotonic clock."""
        found: list[float] = json.loads(self.feeder.read())
        return found


class Progress:
    """How far the slowest of some sockets is; listens to their crowd. A missing or double event ends it all."""

    def __init__(self, sockets: Sequence[Socket], *, advanced: Callable[[], None] | None = None) -> None:
        offsets = {one.offset for one in sockets}
        if len(offsets) != 1:
            raise BadStream(f"sockets of one room stand at {sorted(offsets)[:5]}")
        (self.slowest,) = offsets
        self.sockets = frozenset(sockets)
        self.frames = self.deliveries = 0
        self.advanced = advanced
        self._at: Counter[int] = Counter({self.slowest: len(sockets)})

    def __call__(self, hearer: Socket, told: Told) -> None:
        """A frame came."""
        if told.kind != "events" or hearer not in self.sockets:
            return
        if hearer.gaps or hearer.doubles:
            raise BadStream(f"a socket was told {told.first} to {told.last} and has {hearer.offset}")
        at = self._at
        at[told.first - 1] -= 1
        at[told.last] += 1
        self.frames += 1
        self.deliveries += told.last - told.first + 1
        if not at[self.slowest]:
            while not at[self.slowest]:
                del at[self.slowest]
                self.slowest += 1
            if self.advanced is not None:
                self.advanced()


def resident_kib(web: Web) -> float:
    """Resident memory of a web process."""
    return float(psutil.Process(web.process.pid).memory_info().rss) / 1024


def milliseconds_since(moment: float) -> float:
    """By the monotonic clock."""
    return (time.monotonic() - moment) * 1000
