"""`python -m config.journey`: plays every step against the system that var/demo.json tells of; 0 when all held."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path

from config.journey.client import Broken
from config.journey.steps import CHAPTERS
from config.journey.walk import Walk, milliseconds

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Play; 1 with a line at the first step that does not hold."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a check mark is no reason to fail
    start = time.monotonic()
    try:
        walk = Walk.from_folder(Path(os.environ.get("BACKYARD_VAR") or ROOT / "var"))
    except Broken as problem:
        print(problem)
        return 1
    print(f"A journey through {walk.base_url}, as {walk.name}", flush=True)
    try:
        held = play(walk)
    except KeyboardInterrupt:
        print("stopped")
        return 130
    finally:
        walk.tidy()
    if held is None:
        return 1
    print(f"\nAll {held} steps held, in {time.monotonic() - start:.1f} s.")
    return 0


def play(walk: Walk) -> int | None:
    """Runs the steps and prints each; how many there were, None when one did not hold."""
    count = 0
    for chapter in CHAPTERS:
        print(f"\n{chapter.title}")
        for step in chapter.steps:
            count += 1
            began = time.monotonic()
            try:
                remark = step.run(walk)
            except Exception as error:
                print(f"  \u2717 {step.title}\n    {_reason(walk, error)}", flush=True)
                return None
            took = milliseconds(time.monotonic() - began)
            print(f"  \u2713 {took:>8}  {step.title}{f' ({remark})' if remark else ''}", flush=True)
    return count


def _reason(walk: Walk, error: Exception) -> str:
    if isinstance(error, Broken):
        return str(error)
    if isinstance(error, ConnectionError):
        return f"nothing answers at {walk.base_url}: is it running?"
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
