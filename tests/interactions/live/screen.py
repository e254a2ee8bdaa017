"""A screen in front of a live room: a real websocket, and everything that came over it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.people import Person

Frame = dict[str, Any]
WAIT_S = 8.0


def ticket_of(person: Person) -> str:
    """A fresh ticket."""
    answer = person.post("/ws-tickets")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ticket"])


class Screen:
    """Reads frames in order; those that were passed over stay in `seen`."""

    def __init__(self, base_url: str, room_id: int = 0, *, path: str = "", **options: Any) -> None:
        """`path`: of another socket than the room's."""
        headers = options.pop("headers", {})
        self._open = ExitStack()
        self.socket = self._open.enter_context(
            connect(
                base_url.replace("http", "ws", 1) + (path or f"/ws/rooms/{room_id}"),
                additional_headers=headers,
                open_timeout=10,
                max_size=None,
                **options,
            )
        )
        self.seen: list[Frame] = []
        self.welcome: Frame = {}
        self.read_at: list[float] = []
        self._ids = itertools.count(1)

    def send(self, frame: Frame | str | bytes) -> None:
        """A frame without waiting for its reply."""
        self.socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    def next(self, timeout: float = WAIT_S) -> Frame:
        """The next frame, whatever it is."""
        frame: Frame = json.loads(self.socket.recv(timeout=timeout))
        self.seen.append(frame)
        self.read_at.append(time.monotonic())
        return frame

    def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The next frame that is wanted."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            frame = self.next(deadline - time.monotonic())
            if wanted(frame):
                return frame
        raise AssertionError(f"never came; seen: {self.seen}")

    def ever(self, wanted: Callable[[Frame], bool]) -> Frame:
        """A wanted frame, whether it was passed over already or is still to come."""
        return next((frame for frame in self.seen if wanted(frame)), None) or self.until(wanted)

    def of_type(self, kind: str) -> Frame:
        """The next frame of a type."""
        return self.until(lambda frame: frame.get("type") == kind)

    def event(self, kind: str) -> Frame:
        """The next event of a type; its frame's epoch is added."""
        frame = self.until(
            lambda frame: frame.get("type") == "events" and any(event["type"] == kind for event in frame["events"])
        )
        event: Frame = next(event for event in frame["events"] if event["type"] == kind)
        return event | {"epoch": frame["epoch"]}

    def do(self, kind: str, **fields: Any) -> Frame:
        """Sends a frame and gives its reply."""
        frame_id = f"f{next(self._ids)}"
        self.send({"type": kind, "id": frame_id} | fields)
        return self.until(lambda frame: frame.get("reply") == frame_id)

    def refusal(self, kind: str, **fields: Any) -> str:
        """Sends a frame and gives the code it was refused with."""
        reply = self.do(kind, **fields)
        assert "error" in reply, reply
        assert "ok" not in reply
        return str(reply["error"]["code"])

    def quiet(self, seconds: float) -> list[Frame]:
        """Whatever comes within a time."""
        deadline, found = time.monotonic() + seconds, []
        while (left := deadline - time.monotonic()) > 0:
            try:
                found.append(self.next(left))
            except TimeoutError:
                break
        return found

    def closed(self) -> int:
        """The code that the server closes with; frames before that go to `seen`."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            try:
                self.next(deadline - time.monotonic())
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006
        raise AssertionError(f"stayed open; seen: {self.seen}")

    def events(self) -> list[Frame]:
        """All events seen so far, in the order they came."""
        return [event for frame in self.seen if frame.get("type") == "events" for event in frame["events"]]

    def close(self) -> None:
        """Hangs up."""
        self._open.close()

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
