"""An event loop on which nobody waits: where it would sleep, its clock jumps to whatever comes next."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

# What each turn of the loop takes by its clock, as computing does.
TURN_S = 1e-6


class _Skipping(selectors.DefaultSelector):
    """Takes a wait for time that has passed."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready at once."""
        assert timeout is not None, "everybody waits for somebody else: this would never go on"
        self.now += max(0.0, timeout) + TURN_S
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """Its time is that of its own waits: they take none of ours, and a busy machine makes none longer. No threads."""

    def __init__(self) -> None:
        self._waits = _Skipping()
        super().__init__(self._waits)

    def time(self) -> float:
        """Seconds waited so far."""
        return self._waits.now


def skipping_waits(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that runs on such a loop."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=SkippingLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run
