"""Runs a command with a PostgreSQL and a Redis of its own: `python -m config.devservers exec -- COMMAND...`."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from config.devservers import CannotStart, servers
from config.devservers.process import spawn


class Ended(BaseException):
    """A signal asked us to end; raised wherever we are, so that every `finally` runs."""


def main() -> int:
    """Parse the command line; the exit code is the command's own, 1 when the servers do not start."""
    parser = argparse.ArgumentParser(prog="python -m config.devservers", description=__doc__)
    exec_ = parser.add_subparsers(required=True).add_parser(
        "exec", help="run a command with DATABASE_URL and REDIS_URL of throw-away servers"
    )
    exec_.add_argument(
        "--folder", type=Path, help="keep the data in this folder (default: a new one, removed at the end)"
    )
    exec_.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        exec_.error("which command?")
    signal.signal(signal.SIGTERM, _raise_ended)
    signal.signal(signal.SIGHUP, _raise_ended)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="backyard-"))
    try:
        return run(command, folder)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    except (Ended, KeyboardInterrupt):
        return 128 + signal.SIGTERM
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)


def run(command: list[str], folder: Path) -> int:
    """Run the command with servers in `folder`; its exit code, as a shell would give it."""
    with servers(folder) as running:
        process = None
        try:
            # In our own session: a terminal's Ctrl-C reaches the command itself, which we then let finish.
            process = spawn(command, env=os.environ | running.environment, own_session=False)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            code = process.wait()
        except Ended:
            if process is None:
                raise
            process.terminate()
            code = process.wait()
        return code if code >= 0 else 128 - code


def _raise_ended(signum: int, frame: FrameType | None) -> None:
    signal.signal(signum, signal.SIG_IGN)
    raise Ended


if __name__ == "__main__":
    sys.exit(main())
