"""A worker that knows two more jobs: one kills it, one hangs. `python -m tests.faults.deadly procrastinate worker …`"""

from __future__ import annotations

import functools
import os
import signal
import sys
import time

KILL_WORKER = "tests.kill_worker"
HANG = "tests.hang"


@functools.cache
def know_the_jobs() -> None:
    """Registers the jobs; Django must be ready."""
    from core import jobs  # noqa: PLC0415

    @jobs.task(KILL_WORKER)
    def kill_worker() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @jobs.task(HANG)
    def hang() -> None:
        time.sleep(600)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    know_the_jobs()
    execute_from_command_line(sys.argv)
