"""The application's own processes, web and workers: starts them, shows what they print, watches and ends them."""

from __future__ import annotations

import http.client
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from config.devservers.process import HOST, end, spawn
from config.limits import LIMITS
from core.progress import fresh_line

# From SIGTERM to force: a web process sends some hundred sockets home meanwhile. Workers need no more than WORKER_S,
# after which they put back what they cannot finish.
GRACE_S = 7.0
WORKER_S = 3.0
MANAGE = (sys.executable, "manage.py")
# The checks, which load every route, were made by `migrate` and are by the web process.
WORKER = (*MANAGE, "procrastinate", "--skip-checks", "worker", f"--shutdown-graceful-timeout={WORKER_S}")
MANY_FILES = 65_536
# Connections that may wait to be accepted: of 2,000 that come back at once, daphne's own 50 leave hundreds unanswered.
BACKLOG = 1_024
# The room's protocol refuses a frame past its limit with a code; this bounds what is read before it can.
FRAME_BYTES = str(4 * LIMITS.live_frame_bytes)


def commands(port: int, access_log: Path) -> dict[str, tuple[str, ...]]:
    """What runs, by the name that its lines carry. Fan-out has a worker to itself: nothing may stand before it."""
    bounds = ("--websocket-max-message-size", FRAME_BYTES, "--websocket-max-frame-size", FRAME_BYTES)
    endpoint = f"tcp:{port}:interface={HOST}:backlog={BACKLOG}"
    listen = ("-e", endpoint, "--access-log", str(access_log), "--no-server-name", "--ping-interval", "25")
    return {
        "web": (sys.executable, "-m", "daphne", "-v", "0", *listen, *bounds, "config.asgi:application"),
        "fan-out": (*WORKER, "--name=fan-out", "--queues=feed", "--concurrency=4"),
        "jobs": (*WORKER, "--name=jobs", "--queues=default,media", "--concurrency=4"),
    }


class Application:
    """Web and workers as one thing that starts, is ready, and ends.

    honcho prints their lines; its Manager does not run them: it ends all at once, where the servers must end last, its
    children outlive a killed parent, and a Ctrl-C while it starts ends it with a traceback.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._printer = Printer(sys.stdout)
        self._printing = threading.Lock()
        self._colours: Iterator[str] = get_colours()
        self._readers: list[threading.Thread] = []
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, port: int, access_log: Path, env: Mapping[str, str]) -> None:
        """Start every process."""
        wanted = commands(port, access_log)
        self._printer.width = max(len(name) for name in wanted)
        for name, command in wanted.items():
            process = spawn(
                command, cwd=self._root, env=env,
                # A worker asked to end while its database ends too waits for it in vain. Killed, it loses nothing:
                # jobs that were cut off are taken up again.
                orphan_signal=signal.SIGKILL,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            self.processes[name] = process
            reader = threading.Thread(target=self._print, args=(name, process, next(self._colours)), daemon=True)
            reader.start()
            self._readers.append(reader)

    def stop(self) -> None:
        """End every process: all at once, together within GRACE_S, then by force."""
        end(*self.processes.values(), gentle=signal.SIGTERM, grace=GRACE_S)
        for reader in self._readers:
            reader.join(1)

    def _print(self, name: str, process: subprocess.Popen[bytes], colour: str) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            now = datetime.now().astimezone()
            try:
                with self._printing:
                    fresh_line()
                    self._printer.write(Message(type="line", data=line, time=now, name=name, colour=colour))
            except (OSError, ValueError):
                continue  # nobody reads us any more; the process must still not stand still on a full pipe


def is_ready(port: int) -> bool:
    """Whether /readyz says so. Asked directly: a proxy in the environment is not for our own machine."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def allow_many_sockets() -> None:
    """Raise our own limit of open files, and so our children's, as far as we may: the usual 1,024 is a small room."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(MANY_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
