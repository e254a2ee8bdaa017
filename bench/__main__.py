"""`python -m bench NAME [--json] [options]`, or `python -m bench all` for every one and docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from bench import capacity, fanout, feed, growth, latency, live, memory, smoke, soak
from bench.musts import met
from bench.report import write
from bench.sizes import SIZES
from bench.stage import Stage, say, stage
from config.run.application import allow_many_sockets

BENCHES: dict[str, Any] = {
    "memory": memory,
    "fanout": fanout,
    "feed": feed,
    "latency": latency,
    "growth": growth,
    "live": live,
    "soak": soak,
    "capacity": capacity,
    "smoke": smoke,
}


def main() -> int:
    """Run one bench; its result is the last line with --json, a table without. 0 when all that it saw was right."""
    chosen = _parser().parse_args()
    allow_many_sockets()
    with stage() as running:
        if chosen.name == "all":
            return _all(chosen, running)
        result = _one(chosen, running)
    _show(result, as_json=chosen.json)
    return 0


def _show(result: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result), flush=True)
    else:
        for key, value in result.items():
            print(f"{key:32} {value}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = parser.add_subparsers(dest="name", required=True)
    for name, bench in BENCHES.items():
        own = names.add_parser(name, help=bench.__doc__, description=bench.__doc__)
        own.add_argument("--json", action="store_true", help="one JSON object as the last line")
        bench.options(own)
    every = names.add_parser("all", help="every bench in turn", description="Every bench in turn.")
    every.add_argument("--json", action="store_true", help="a JSON object for each, a line each")
    every.add_argument("--size", choices=sorted(SIZES), default="moderate", help="default: moderate")
    every.add_argument("--only", nargs="+", choices=sorted(BENCHES), help="these alone")
    every.add_argument("--write", metavar="FILE", help="write a page of the results")
    return parser


def _one(chosen: argparse.Namespace, running: Stage) -> dict[str, object]:
    found: dict[str, object] = BENCHES[chosen.name].run(chosen, running)
    return {"bench": chosen.name} | found | {"met": met(chosen.name, found)}


def _all(chosen: argparse.Namespace, running: Stage) -> int:
    """All on the same servers, each in databases of its own; a bench that finds something wrong ends it."""
    results = {}
    wanted = {name: words for name, words in SIZES[chosen.size].items() if name in (chosen.only or SIZES[chosen.size])}
    for name, words in wanted.items():
        say(f"--- {name} {words}")
        results[name] = _one(_parser().parse_args([name, *words.split()]), running)
        _show(results[name], as_json=chosen.json)
        running.clear()
    if chosen.write:
        write(chosen.write, results, size=chosen.size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
