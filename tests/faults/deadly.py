"""A worker that knows one more job: it kills the worker. `python -m tests.faults.deadly procrastinate worker …`"""

from __future__ import annotations

import os
import signal
import sys

KILL_WORKER = "tests.kill_worker"


def know_the_job() -> None:
    """Registers the job; Django must be ready."""
    from core import jobs  # noqa: PLC0415

    @jobs.task(KILL_WORKER)
    def kill_worker() -> None:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    know_the_job()
    execute_from_command_line(sys.argv)
