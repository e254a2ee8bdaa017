"""What a client says: each frame is read, counted and forgiven in one way, on a room's socket and on the feed's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from core.problems import Problem, RateLimited
from interactions.live.outlet import Outlet, encoded
from interactions.live.protocol import AnyFrame, BadFrame, Close, Resume, encode_refusal, parse

# How long a client without a cookie may take to send its ticket.
TICKET_S = 10.0
# Bad frames that close a socket; each good one forgives one.
BAD_FRAMES = 5
# What a client may miss at once is much to tell, and nobody loses their position three times in a breath.
RESUMES_AT_ONCE = 3
RESUMES_PER_S = 0.5


class Allowance:
    """So many frames a second, and so many at once. Below zero they are refused, far below the socket is closed."""

    __slots__ = ("_at", "_at_once", "_left", "_rate")

    def __init__(self, rate: float, at_once: float | None = None) -> None:
        self._rate = rate
        self._at_once = self._left = 2 * rate if at_once is None else at_once
        self._at = time.monotonic()

    def spend(self) -> float:
        """Takes one; how many are left, down to minus the rate and beyond for who goes on."""
        self._refill()
        self._left -= 1
        return self._left

    def take(self) -> bool:
        """Takes one if there is one: who is refused pays nothing."""
        self._refill()
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def _refill(self) -> None:
        now = time.monotonic()
        self._left = min(self._at_once, self._left + (now - self._at) * self._rate)
        self._at = now


class Hearing:
    """One socket's way in. `shared` is the allowance of all sockets of its person, once it is signed in."""

    __slots__ = ("_allowance", "_bad", "_outlet", "_resumes", "shared")

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._allowance = Allowance(settings.LIMITS.live_frames_per_s)
        self._resumes: Allowance | None = None
        self._bad = 0
        self.shared: Allowance | None = None

    def hear(self, message: Mapping[str, Any]) -> AnyFrame | None:
        """The frame in an ASGI message, to be done; None when it was refused, and the socket closed if that is due."""
        left = self._allowance.spend()
        if self._outlet.closed:
            return None
        if left < -settings.LIMITS.live_frames_per_s:
            self._outlet.close(Close.TOO_MANY)
            return None
        try:
            text = message.get("text")
            if text is None:
                raise BadFrame("Frames are JSON text.")
            frame = parse(text)
        except BadFrame as bad:
            self._bad += 1
            self.refuse(bad.reply, bad)
            if self._bad >= BAD_FRAMES:
                self._outlet.close(Close.BAD_FRAMES)
            return None
        self._bad = max(0, self._bad - 1)
        if left < 0 or (self.shared is not None and not self.shared.take()):
            self.refuse(frame.id, RateLimited(retry_after=1))
            return None
        if isinstance(frame, Resume) and not self._may_resume():
            self.refuse(frame.id, RateLimited(retry_after=2))
            return None
        return frame

    def refuse(self, frame_id: str | int | None, problem: Problem) -> None:
        """Says why a frame was not done."""
        self._outlet.push(encoded(encode_refusal(frame_id, problem)))

    def _may_resume(self) -> bool:
        if self._resumes is None:
            self._resumes = Allowance(RESUMES_PER_S, RESUMES_AT_ONCE)
        return self._resumes.take()
