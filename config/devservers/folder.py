"""A server's working folder: one process at a time, and a password only its owner can read."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import IO

from config.devservers.errors import FolderInUse


class FolderLock:
    """A folder that one process at a time works in. The lock goes with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock file at `path`, made if needed. Raises FolderInUse with what its holder noted."""
        self._file: IO[str] = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = self._file.read().strip() or "another process"
            self._file.close()
            raise FolderInUse(f"{path.parent} is in use by {holder}.") from None
        self.note(f"process {os.getpid()}")

    def note(self, text: str) -> None:
        """Say who holds it, for the message others get."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()

    def release(self) -> None:
        """Let others in. Harmless when done before."""
        self._file.close()


def password_in(folder: Path) -> str:
    """The server's password, made on first use; readable by the owner alone."""
    path = folder / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()
