"""`python -m bench NAME [--json] [options]`."""

from __future__ import annotations

import argparse
import json
import sys
from types import ModuleType

from bench import fanout, feed, memory, smoke

BENCHES: dict[str, ModuleType] = {"fanout": fanout, "feed": feed, "memory": memory, "smoke": smoke}


def main() -> int:
    """Run one bench; its result is the last line with --json, a table without."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = parser.add_subparsers(dest="name", required=True)
    for name, bench in BENCHES.items():
        own = names.add_parser(name, help=bench.__doc__, description=bench.__doc__)
        own.add_argument("--json", action="store_true", help="one JSON object as the last line")
        bench.options(own)
    chosen = parser.parse_args()
    result = {"bench": chosen.name} | BENCHES[chosen.name].run(chosen)
    if chosen.json:
        print(json.dumps(result))
    else:
        for key, value in result.items():
            print(f"{key:32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
