"""Which account a server runs as: one's own, or for root, whom PostgreSQL refuses, somebody without rights."""

from __future__ import annotations

import os
import pwd
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from config.devservers.errors import CannotStart

# linux/capability.h: what root needs to become somebody else, and to let that somebody pass closed folders.
CHOWN, DAC_OVERRIDE, SETGID, SETUID, SETPCAP = (1 << bit for bit in (0, 1, 6, 7, 8))


class How(IntEnum):
    """How guard.py becomes the account."""

    PLAIN = 0  # as it is
    REACHING = 1  # with the right to pass folders closed to it: a checkout in root's home
    RENAMED = 2  # still root for the files, but called otherwise, in a namespace: a root that may become nobody else


@dataclass(frozen=True)
class Account:
    """A user of this machine, and the way to become it."""

    uid: int
    gid: int
    how: How

    def take(self, path: Path) -> None:
        """Make `path` and all below it the account's own. A renamed root owns its files already."""
        if self.how is How.RENAMED or path.stat().st_uid == self.uid:
            return
        for folder, _, files in os.walk(path):
            for name in ("", *files):
                os.lchown(os.path.join(folder, name), self.uid, self.gid)
        if path.is_file():
            os.chown(path, self.uid, self.gid)


def unprivileged_account(data: Path, program: Path) -> Account | None:
    """Who runs `program` on `data`: None is ourselves. Raises CannotStart when root finds nobody.

    Root takes the account that owns the data already, so that root and an ordinary user can take turns on one folder.
    """
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    entry = (_entry(owner) if owner else None) or _entry("nobody") or _entry("daemon")
    if entry is None or entry.pw_uid == 0:
        raise CannotStart(
            "PostgreSQL does not run as root, and this machine has no account `nobody` to run it as: "
            "run as an ordinary user, or give DATABASE_URL."
        )
    closed = not (_open_to_all(program) and _open_to_all(data.parent))
    return Account(entry.pw_uid, entry.pw_gid, how=_how(entry.pw_uid, closed=closed))


def _how(uid: int, *, closed: bool) -> How:
    """The least that does it."""
    if not sys.platform.startswith("linux"):
        return How.PLAIN
    needed = CHOWN | SETGID | SETUID | ((DAC_OVERRIDE | SETPCAP) if closed else 0)
    status = Path("/proc/self/status").read_text()
    ours = int(status.split("CapEff:")[1].split()[0], 16)
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    known = any(int(first) <= uid < int(first) + int(count) for first, _, count in ranges)
    if ours & needed != needed or not known:
        return How.RENAMED
    return How.REACHING if closed else How.PLAIN


def _entry(who: str | int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(who) if isinstance(who, str) else pwd.getpwuid(who)
    except KeyError:
        return None


def _open_to_all(path: Path) -> bool:
    """Whether every folder down to `path` lets strangers pass, and `path` lets them read or run it."""
    return all(step.stat().st_mode & 0o001 for step in (path, *path.resolve().parents))
