"""`python -m bench.inside`: runs parts by name, a line of JSON each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from bench.inside import active, inboxes, modes, plain_sql, rooms, script, sessions, world

PARTS: dict[str, Callable[..., Any]] = {
    "world": world.build,
    "sessions": sessions.sign_in,
    "fill_inboxes": inboxes.fill,
    "count_entries": inboxes.count_entries,
    "push": inboxes.push,
    "memory_usage": inboxes.memory_usage,
    "active_inboxes": active.build,
    "choose_modes": modes.choose,
    "switching": modes.switching,
    "pull_stores": modes.pull_stores,
    "set_mode": modes.set_mode,
    "mode_of": modes.mode_of,
    "room": rooms.make,
    "room_position": rooms.position,
    "script_ceiling": script.ceiling,
    "rebuild_sql": plain_sql.rebuild,
}


def main() -> None:
    """Answers each line of input, [name, arguments] in JSON, with a line of output; prints go to stderr."""
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        for line in sys.stdin:
            name, arguments = json.loads(line)
            print(json.dumps(PARTS[name](**arguments)), file=answers, flush=True)


if __name__ == "__main__":
    main()
