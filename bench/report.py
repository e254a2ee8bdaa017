"""The page that `make bench` writes: every must, what was measured, on which machine, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.musts import MUSTS, Must
from bench.sizes import SIZES

HEAD = """\
# Benchmarks

Written by `make bench` (size `{size}`); do not edit. Each figure is of one run on real servers, with the ceiling of the
machine from the same run beside it: absolute figures move from machine to machine, ratios travel. The musts are for
size `full`, on two cores.

## What must hold

| key | means | must | measured | |
| --- | --- | --- | --- | --- |
"""
HOW = """
## How it is measured

Everything runs on one machine, over loopback: PostgreSQL and Redis from their wheels, the web process and the worker as
`make run` starts them, and the load client in a process of its own, whose share of the processor is reported
(`client_cpu_share`). The data set is made by SQL from the same arguments each time. A run in which an answer was an
error, or a post was missing from a feed, ends without figures. A bench alone: `python -m bench NAME --json`.

- **fanout**: one store, followers of whom half have a full inbox. Time runs from the request that publishes until the
  worker has recorded the last range. The ceiling is `push.lua` on the same inboxes with the same batches, called by a
  client that packed every command beforehand and waits for nothing, in turn with the posts.
- **memory**: Redis's `used_memory` with and without the inboxes, and `MEMORY USAGE` of a sample, of inboxes that were
  built by a reader and then grew by pushes.
- **feed**: viewers who follow different stores read in turn with an empty route of the same application, with the same
  sign-in; the ratio is the median of the rounds'. Latency is measured at half of the peak rate, requests arriving by
  the clock and timed from when they were due. A cold page is one whose inbox was deleted just before.
- **latency**: some followers ask for their page every 20 ms until the post is on it, as a sample of all.
- **growth**: pages of both kinds are timed in turn, one at a time, and their medians compared.
- **live**: viewers signed in by cookie; one process of the product and one of a chat as the tutorial of Channels builds
  it (pub/sub layer, the same server, Redis, message size and client). A process of its own appends events to the room's
  log, or sends them to the chat's group: up to 8 at once, the next as soon as the slowest socket has the oldest. What
  does not arrive complete and in order ends the run. `lockstep_*` is the same with one event at a time. The client must
  have time to wait (`client_idle`, cores). An answer is timed from the host's frame on a socket, PostgreSQL included.
  Statements are counted in PostgreSQL's own log. Who stops reading does so with small buffers of the system, as far
  away, and with and without take turns.
- **soak**: people come, leave, return and resume, ask, vote and tap at random on two web processes while the host
  answers. Every client checks every offset, and in the end all must stand where the log stands.
"""


def write(path: str, results: Mapping[str, Mapping[str, Any]], *, size: str) -> None:
    """Writes the page."""
    rows = [
        _row(must, results[must.bench]) for must in MUSTS if must.bench in results and must.key in results[must.bench]
    ]
    parts = [HEAD.format(size=size), *rows, HOW, _commands(size, results), _ceilings(results), _machine(results)]
    Path(path).write_text("".join(parts), encoding="utf-8")


def _row(must: Must, result: Mapping[str, Any]) -> str:
    value = result[must.key]
    sign = "≥" if must.at_least else "≤"
    verdict = "met" if must.holds(value) else "**not met**"
    return f"| `{must.key}` | {must.means} | {sign} {_number(must.limit)} | {_number(value)} | {verdict} |\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _commands(size: str, names: Iterable[str]) -> str:
    lines = [f"python -m bench {name} --json {SIZES[size][name]}".rstrip() for name in names]
    return "\n## The commands\n\n```\n" + "\n".join(lines) + "\n```\n"


def _ceilings(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Everything else that was measured, by bench."""
    parts = ["\n## All figures\n"]
    for name, result in results.items():
        parts.append(f"\n**{name}**\n\n| key | value |\n| --- | --- |\n")
        for key, value in result.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                parts.append(f"| `{key}` | {_number(value)} |\n")
            elif key.startswith("cpu") and isinstance(value, dict):
                cores = ", ".join(f"{process} {busy:g}" for process, busy in value.items())
                parts.append(f"| `{key}` (cores) | {cores} |\n")
    return "".join(parts)


def _machine(results: Mapping[str, Mapping[str, Any]]) -> str:
    machine = next(iter(results.values()))["machine"]
    lines = ["\n## The machine\n\n"]
    for key, value in machine.items():
        shown = ", ".join(f"{name} {found}" for name, found in value.items()) if isinstance(value, dict) else value
        lines.append(f"- {key.replace('_', ' ')}: {shown}\n")
    return "".join(lines)
