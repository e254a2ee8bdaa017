"""`python -m bench.inside NAME JSON`: runs one part with these arguments; its result is the last line, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from bench.inside import inboxes, plain_sql, script, sessions, world

PARTS: dict[str, Callable[..., Any]] = {
    "world": world.build,
    "sessions": sessions.sign_in,
    "fill_inboxes": inboxes.fill,
    "count_entries": inboxes.count_entries,
    "push": inboxes.push,
    "memory_usage": inboxes.memory_usage,
    "script_ceiling": script.ceiling,
    "rebuild_sql": plain_sql.rebuild,
}


def main() -> None:
    """Run it; everything that is printed on the way goes to stderr."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    with redirect_stdout(sys.stderr):
        result = PARTS[name](**arguments)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
