"""Starts a server process, knows it while it runs and ends it, also one left over from a run that was killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from config.devservers.account import Account
from config.devservers.errors import CannotStart
from config.devservers.folder import FolderLock

GUARD = Path(__file__).with_name("guard.py")
HOST = "127.0.0.1"  # an address, never `localhost`, which is ::1 on some machines


@dataclass
class Server:
    """A server that answers at `url` until stopped."""

    name: str
    url: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]
    gentle: signal.Signals
    lock: FolderLock

    @property
    def pid(self) -> int:
        """Process id of the server itself, not of a wrapper."""
        return self.process.pid

    def stop(self, *, grace: float = 5.0) -> None:
        """End it within `grace` seconds, then by force; give the folder free. Harmless when it has ended."""
        end(self.process, gentle=self.gentle, grace=grace)
        self.lock.release()


def spawn(
    command: Sequence[object],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    orphan_signal: signal.Signals = signal.SIGTERM,
    own_session: bool = True,
    **streams: Any,
) -> subprocess.Popen[bytes]:
    """Start `command`, in a session of its own out of reach of a terminal's Ctrl-C unless `own_session` is false.

    On Linux it gets `orphan_signal` when the *thread* that called this ends, so call it from the main thread.
    """
    who = (account.uid, account.gid, int(account.how)) if account else (-1, -1, 0)
    guard = [sys.executable, "-IS", GUARD, os.getpid(), int(orphan_signal), *who]
    words = [str(word) for word in (*guard, *command)]
    return subprocess.Popen(words, cwd=cwd, env=env, start_new_session=own_session, **streams)


def end(*processes: subprocess.Popen[bytes], gentle: signal.Signals, grace: float) -> None:
    """End what `spawn` started: `gentle` to all, and when `grace` seconds did not do, whole sessions by force."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(gentle)
            process.send_signal(signal.SIGCONT)  # a stopped process ends only when it may run
    deadline = time.monotonic() + grace
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def end_leftover(pid_file: Path, folder: Path, gentle: signal.Signals) -> None:
    """End the server that a killed run left in `folder`, if it did; remove its stale pid file.

    The process must name the folder on its command line: after a restart of the machine its number may be another's.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if any(str(folder) in word for word in process.cmdline()):
            process.send_signal(gentle)
            process.resume()
            _, alive = psutil.wait_procs([process], timeout=10)
            for survivor in alive:
                survivor.kill()
                survivor.wait(5)
    except (OSError, ValueError, IndexError, psutil.Error):
        pass  # no such file, no number in it, no such process, or not ours to see
    pid_file.unlink(missing_ok=True)


def free_port() -> int:
    """A TCP port that was free a moment ago: a caller must be ready to try another."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def package_folder(package: str) -> Path:
    """Where a wheel that carries programs is installed, without importing it. Raises CannotStart."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(f"The package {package} is not installed; `make run` installs it.")
    return Path(next(iter(spec.submodule_search_locations)))


def last_words(log: Path, since: int) -> str:
    """The last line that a server wrote to its log after byte `since`, to explain why it ended."""
    with log.open("rb") as file:
        file.seek(since)
        lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "rror" in line]
    return (telling or lines or ["it left no message"])[-1]


def wait_until(answers: Callable[[], bool], process: subprocess.Popen[bytes], *, seconds: float) -> bool:
    """Ask `answers()` until it is true; False when the process ended or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answers():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    return False
