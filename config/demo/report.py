"""Says how far the loading is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from core.progress import say, step

T = TypeVar("T")
Show = Callable[[int, int], None]
LINE_EVERY_S = 1.0


class Reporter(Protocol):
    """Something that is told of each step."""

    def each(self, title: str, things: Iterable[T], total: int) -> Iterator[T]:
        """Passes `things` on, one after the other, and tells how many of `total` are done."""


class Report:
    """Tells people on standard output. `make run` reads the plain lines and makes them a bar of its own."""

    def __init__(self, *, line_every_s: float = LINE_EVERY_S) -> None:
        self._line_every_s = line_every_s

    def each(self, title: str, things: Iterable[T], total: int) -> Iterator[T]:
        """Passes `things` on, one after the other, and shows how many of `total` are done."""
        with self._shown(title) as show:
            show(0, total)
            for done, thing in enumerate(things, start=1):
                yield thing
                show(done, total)

    @contextmanager
    def _shown(self, title: str) -> Iterator[Show]:
        if sys.stdout.isatty():
            with step(title) as bar:
                yield bar.at
        else:
            yield _lines(title, self._line_every_s)


def _lines(title: str, every_s: float) -> Show:
    """Shows by a line at the beginning, at the end, and now and then between."""
    said = 0.0

    def show(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if done in (0, total) or now - said >= every_s:
            said = now
            say(f"{title} {done}/{total}")

    return show


class Silent:
    """Tells nobody."""

    def each(self, title: str, things: Iterable[T], total: int) -> Iterator[T]:
        """Passes `things` on."""
        yield from things
