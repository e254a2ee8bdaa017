"""People in a room who come, go, come back, ask, vote and tap as they like, for a soak."""

from __future__ import annotations

import random
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence

from bench.live.crowd import Crowd, Socket
from bench.live.frames import Told
from bench.live.venue import cookie

ANSWER_EVERY_S = 1.0
AWAY_S = (0.1, 2.0)
# What they do, and how often. Few ask: each question goes to everybody.
ACTS = {"tap": 50, "return": 20, "leave": 20, "ask": 4, "vote": 4, "ping": 2}


class Meter:
    """What the crowd was told: how long after it was said, and which questions there are; listens to the crowd."""

    def __init__(self, thirds: Callable[[float], int]) -> None:
        self.late_ms = (array("d"), array("d"), array("d"))
        self.said: dict[str, float] = {}
        self.waiting: list[int] = []
        self.questions: list[int] = []
        self.events = self.deliveries = 0
        self._thirds = thirds
        self._moments: dict[int, float] = {}

    def __call__(self, hearer: Socket, told: Told) -> None:
        """A frame came."""
        if told.kind == "welcome":
            hearer.tag.welcomed(hearer)
        elif told.kind == "events" and not hearer.resuming:
            if told.last > self.events:
                self._learn(told)
            self.deliveries += told.last - told.first + 1
            now = time.monotonic()
            for offset in range(told.first, told.last + 1):
                moment = self._moments.get(offset, 0.0)
                if moment > hearer.tag.since:  # who had just come is told what was said before
                    self.late_ms[self._thirds(now)].append((now - moment) * 1000)

    def _learn(self, told: Told) -> None:
        for event in told.frame["events"]:
            question = event.get("question")
            if event["offset"] <= self.events or question is None:
                continue
            said = self.said.pop(question["answer"] or question["text"], None)
            if said is not None:
                self._moments[event["offset"]] = said
            if event["type"] == "question":
                self.waiting.append(question["id"])
                self.questions.append(question["id"])
        self.events = told.last


class Person:
    """One of them: a session, a way to come, and the place in the log that was reached."""

    def __init__(self, room: Room, token: str) -> None:
        self.room, self.token = room, token
        self.since = float("inf")
        self.socket: Socket | None = None

    def come(self, place: tuple[str, int] | None = None) -> None:
        """To one of the processes; from a place in the log on, if there is one."""
        if self.room.over:
            return
        port = random.choice(self.room.ports)
        self.since = float("inf")
        path = f"/ws/rooms/{self.room.number}"
        self.socket = self.room.crowd.come(port, path, cookie(self.token, port), tag=self)
        self.room.did["return" if place else "join"] += 1
        if place is not None:
            self.socket.resume(*place)

    def welcomed(self, socket: Socket) -> None:
        """In the room, and told from now on."""
        self.since = time.monotonic()

    def act(self) -> None:
        """Does one thing, and plans the next."""
        room, socket = self.room, self.socket
        if room.over:
            return
        room.crowd.at(time.monotonic() + random.expovariate(1 / room.every_s), self.act)
        if socket is None or not socket.welcomed or socket.resuming:
            return
        if socket.closed:
            room.shut(socket)
            self._away(socket.epoch, socket.offset)
            return
        (act,) = random.choices(list(ACTS), list(ACTS.values()))
        room.did[act] += act != "return"
        getattr(self, f"_{act}")(socket)

    def _tap(self, socket: Socket) -> None:
        count = random.randint(1, 50)
        self.room.taps += count
        socket.send({"type": "tap", "count": count})

    def _ping(self, socket: Socket) -> None:
        socket.send({"type": "ping", "id": "ping"})

    def _ask(self, socket: Socket) -> None:
        name = f"{random.getrandbits(64):x}"
        text = f"Does number {name} come in blue as well?"
        self.room.meter.said[text] = time.monotonic()
        socket.send({"type": "ask", "id": name, "client_id": name, "text": text})

    def _vote(self, socket: Socket) -> None:
        if self.room.meter.questions:
            kind = random.choice(("upvote", "upvote", "unvote"))
            question = random.choice(self.room.meter.questions[-50:])
            socket.send({"type": kind, "id": "vote", "question": question})

    def _leave(self, socket: Socket) -> None:
        self.room.take_stock(socket)
        self._hang_up(socket)
        self.socket = None
        self.room.crowd.at(time.monotonic() + random.uniform(*AWAY_S), self.come)

    def _return(self, socket: Socket) -> None:
        self.room.take_stock(socket)
        self._hang_up(socket)
        self._away(socket.epoch, socket.offset)

    def _hang_up(self, socket: Socket) -> None:
        (socket.leave if random.random() < 0.5 else socket.gone)()

    def _away(self, epoch: str, offset: int) -> None:
        self.socket = None
        self.room.crowd.at(time.monotonic() + random.uniform(*AWAY_S), lambda: self.come((epoch, offset)))


class Host(Person):
    """Answers one question after the other, and shows or hides one now and then."""

    def act(self) -> None:
        """Answers the oldest question that has none."""
        room, socket = self.room, self.socket
        if room.over:
            return
        room.crowd.at(time.monotonic() + ANSWER_EVERY_S, self.act)
        if socket is None or not socket.welcomed or not room.meter.waiting:
            return
        question, dice = room.meter.waiting.pop(0), random.random()
        text = f"It does: ask for {random.getrandbits(64):x} at the counter."
        room.meter.said[text] = time.monotonic()
        socket.send({"type": "answer", "id": question, "question": question, "text": text})
        room.did["answer"] += 1
        if dice < 0.1:
            socket.send({"type": "pin", "id": "pin", "question": question, "pinned": True})


class Room:
    """All of them, and what is known in the end."""

    def __init__(self, number: int, ports: Sequence[int], meter: Meter, *, every_s: float) -> None:
        self.number, self.ports, self.meter = number, ports, meter
        # Somebody does something every so many seconds, on average.
        self.every_s = every_s
        self.crowd = Crowd()
        self.crowd.hears = meter
        self.did: Counter[str] = Counter()
        self.taps = self.gaps = self.doubles = self.lost = 0
        self.shut_with: Counter[int | None] = Counter()
        self.people: list[Person] = []
        self.over = False

    def open(self, host: str, tokens: Sequence[str], seconds: float) -> None:
        """Everybody comes within some seconds, and then does as they like."""
        self.people = [Host(self, host), *(Person(self, token) for token in tokens)]
        now = time.monotonic()
        for person in self.people:
            self.crowd.at(now + random.uniform(0, seconds), person.come)
            self.crowd.at(now + seconds + random.uniform(0, self.every_s), person.act)

    def shut(self, socket: Socket) -> None:
        """The server closed somebody, who did nothing wrong."""
        self.take_stock(socket)
        self.shut_with[socket.code] += 1

    def take_stock(self, socket: Socket) -> None:
        """What one socket was told is counted once, when it goes."""
        self.gaps += socket.gaps
        self.doubles += socket.doubles
        self.lost += socket.recovered is False

    @property
    def sockets(self) -> list[Socket]:
        """Of those who are here."""
        return [person.socket for person in self.people if person.socket is not None]

    def together(self, offset: int) -> bool:
        """Whether all who are here have everything."""
        return all(one.closed or (one.welcomed and not one.resuming and one.offset == offset) for one in self.sockets)
