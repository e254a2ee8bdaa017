"""`python -m bench NAME [--json] [options]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from bench import smoke

BENCHES: dict[str, Callable[[argparse.Namespace], dict[str, object]]] = {"smoke": smoke.run}


def main() -> int:
    """Run one bench; its result is the last line with --json, a table without."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measured round (default 3)")
    parser.add_argument("--posts", type=int, default=50, help="posts to publish (default 50)")
    parser.add_argument("--followers", type=int, default=200, help="followers to reach (default 200)")
    chosen = parser.parse_args()
    result = BENCHES[chosen.name](chosen)
    if chosen.json:
        print(json.dumps(result))
    else:
        for key, value in result.items():
            print(f"{key:32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
