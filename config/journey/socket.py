"""A websocket that was opened with a ticket, and the frames that came over it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from config.journey.client import Broken, Person

Frame = dict[str, Any]


class Socket:
    """One connection of a native app."""

    def __init__(self, person: Person, path: str, *, ticket: str | None = None) -> None:
        """Opens it and signs in with a fresh ticket, or with the given one."""
        if ticket is None:
            ticket = str(person.post("/ws-tickets").ok(201)["ticket"])
        self._numbers = itertools.count(1)
        self._heard: list[Frame] = []
        address = person.client.base_url.replace("http", "ws", 1) + path
        self._open = ExitStack()
        self._connection = self._open.enter_context(connect(address, proxy=None, open_timeout=10, close_timeout=2))
        self.send({"type": "auth", "id": "auth", "ticket": ticket})

    def send(self, frame: Frame | str) -> None:
        """Sends a frame, or a text that shall pass for one."""
        self._connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    def ask(self, frame: Frame) -> Frame:
        """Sends a frame and gives the reply to it."""
        number = next(self._numbers)
        self.send({**frame, "id": number})
        return self.until(lambda got: got.get("reply") == number, what=f"reply to {frame['type']}")

    def until(self, wanted: Callable[[Frame], bool], *, what: str, seconds: float = 5.0) -> Frame:
        """The first frame, from those already heard on, that is wanted. Raises Broken after `seconds`."""
        for frame in self._heard:
            if wanted(frame):
                self._heard.remove(frame)
                return frame
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            frame = self._next(left, what)
            if wanted(frame):
                return frame
            self._heard.append(frame)
        raise Broken(f"no {what} within {seconds:.0f} s")

    def frame(self, kind: str, *, seconds: float = 5.0) -> Frame:
        """The first frame of a type."""
        return self.until(lambda got: got.get("type") == kind, what=f"{kind} frame", seconds=seconds)

    def event(self, kind: str, question: int) -> Frame:
        """The first event of a type about a question, with the epoch of its frame."""
        found: list[Frame] = []

        def about(frame: Frame) -> bool:
            for event in frame.get("events", ()) if frame.get("type") == "events" else ():
                if event["type"] == kind and question in (
                    event.get("question_id"),
                    event.get("question", {}).get("id"),
                ):
                    found.append({**event, "epoch": frame["epoch"]})
            return bool(found)

        self.until(about, what=f"{kind} event")
        return found[0]

    def _next(self, seconds: float, what: str) -> Frame:
        try:
            frame: Frame = json.loads(self._connection.recv(timeout=seconds))
        except TimeoutError:
            raise Broken(f"no {what} in time") from None
        except ConnectionClosed as closed:
            raise Broken(f"no {what}: the socket was closed with {closed.rcvd and closed.rcvd.code}") from None
        return frame

    def close_code(self, *, seconds: float = 5.0) -> int | None:
        """The code that the server closes with, once it does. Raises Broken when it does not."""
        deadline = time.monotonic() + seconds
        try:
            while (left := deadline - time.monotonic()) > 0:
                self._connection.recv(timeout=left)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
        except TimeoutError:
            pass
        raise Broken(f"the socket was still open after {seconds:.0f} s")

    def close(self) -> None:
        """Hangs up."""
        self._open.close()
