"""Several processes load the stores' months, each its share: drawing and writing keep every core busy."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from threading import Thread

from django.conf import settings

from config.devservers.process import end, spawn

COUNT = re.compile(r"(\d+)/\d+$")
LINE_EVERY_S = 0.3


class HandFailed(Exception):
    """One of the processes ended with an error."""


class Hand:
    """One process, told its share as "part/parts", and how many things it has done."""

    def __init__(self, share: str, width: int, only: Collection[str]) -> None:
        self.done = 0
        self.last_line = ""
        command = [sys.executable, Path(settings.BASE_DIR) / "manage.py", "demo"]
        self.process = spawn(
            [*command, "--share", share, "--picture-width", width, *(["--stores", *only] if only else [])],
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for raw in self.process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            self.last_line = line or self.last_line
            if found := COUNT.search(line):
                self.done = int(found[1])

    def finished(self) -> bool:
        """Whether it has ended well. Raises HandFailed."""
        try:
            code = self.process.wait(LINE_EVERY_S)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(5)
        if code != 0:
            raise HandFailed(self.last_line or f"a process ended with {code}")
        return True


def work(parts: int, width: int, only: Collection[str]) -> Iterator[object]:
    """Passes on a thing for each that one of `parts` processes has done. Raises HandFailed."""
    hands = [Hand(f"{part}/{parts}", width, only) for part in range(parts)]
    told = 0
    try:
        while True:
            finished = [hand.finished() for hand in hands]
            done = sum(hand.done for hand in hands)
            yield from range(done - told)
            told = done
            if all(finished):
                return
    finally:
        end(*(hand.process for hand in hands), gentle=signal.SIGTERM, grace=2)
