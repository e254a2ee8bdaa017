"""Workers that start in a moment: Django is made ready once, then each line read is the name of a worker to fork.

`python -m tests.faults.forks procrastinate worker …`; it says the process id of each. All of them end with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become_a_worker(name: str) -> None:
    """In the child: its connections bear this name."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ["PGAPPNAME"] = name
    sys.stdin.close()
    os.dup2(2, 1)  # what it prints goes to the log, not between the process ids
    execute_from_command_line(sys.argv)
    os._exit(0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who is killed leaves nothing behind
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            become_a_worker(line.strip())
        print(pid, flush=True)
