"""Shows which step something long is in: a moving line with a bar on a terminal, plain lines elsewhere.

Standard library only: it also runs before anything is installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

REDRAW_S = 0.2
PLAIN_LINE_EVERY_S = 10.0
COUNT = re.compile(r"\b(\d+)\s?/\s?(\d+)\b")


class Step:
    """One step as it goes on."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.started = time.monotonic()
        self.text = ""
        self.done = self.total = 0

    def note(self, text: str) -> None:
        """Show `text` as what is being done; "3/12" in it moves the bar."""
        found = COUNT.search(text)
        if found:
            self.at(int(found[1]), int(found[2]))
        self.text = (COUNT.sub("", text) if found else text).strip()

    def at(self, done: int, total: int) -> None:
        """Move the bar."""
        self.done, self.total = done, total

    def line(self) -> str:
        """All of it in one line."""
        bar = ""
        if 0 < self.done <= self.total:
            filled = 20 * self.done // self.total
            bar = f" [{'#' * filled}{'.' * (20 - filled)}] {self.done}/{self.total}"
        return f"{self.title}{bar} {time.monotonic() - self.started:.0f} s  {self.text}"


@contextmanager
def step(title: str, *, out: TextIO | None = None) -> Iterator[Step]:
    """Show `title` on `out` (standard output) while the block runs, and how long it took when that is worth knowing."""
    shown_on = out or sys.stdout
    current, over = Step(title), threading.Event()
    draw = _draw_moving if shown_on.isatty() else _draw_plain
    drawing = threading.Thread(target=draw, args=(current, over, shown_on), daemon=True)
    drawing.start()
    try:
        yield current
    finally:
        over.set()
        drawing.join()
    took = time.monotonic() - current.started
    if shown_on.isatty():
        say(f"{title}: {took:.1f} s", out=out)
    elif took >= 1:
        say(f"  done in {took:.1f} s", out=out)


def say(text: str, *, out: TextIO | None = None) -> None:
    """Print a line; a reader who went away is no reason to fail."""
    try:
        print(text, file=out, flush=True)
    except BrokenPipeError:
        sys.stdout = sys.stderr


def fresh_line() -> None:
    """Clear what a step has drawn, before somebody else prints a line."""
    if sys.stdout.isatty():
        sys.stdout.write("\r\x1b[K")


def follow(process: subprocess.Popen[bytes], show: Callable[[str], None], log: Path) -> list[str]:
    """Give each line of a program's output to `show` and to `log`; all its lines, when it has ended."""
    lines = []
    assert process.stdout is not None
    with log.open("a", encoding="utf-8") as file:
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            file.write(line + "\n")
            lines.append(line)
            show(line)
    process.wait()
    return lines


def _draw_moving(current: Step, over: threading.Event, out: TextIO) -> None:
    while not over.wait(REDRAW_S):
        width = shutil.get_terminal_size().columns - 1
        out.write("\r\x1b[K" + current.line()[:width])
        out.flush()
    out.write("\r\x1b[K")
    out.flush()


def _draw_plain(current: Step, over: threading.Event, out: TextIO) -> None:
    say(f"{current.title} ...", out=out)
    while not over.wait(PLAIN_LINE_EVERY_S):
        say(f"  {current.line()}", out=out)
