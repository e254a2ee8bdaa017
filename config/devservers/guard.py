"""Becomes another program that ends when its parent does and that, started by root, runs as somebody else.

    python -IS guard.py PARENT SIGNAL UID GID HOW COMMAND...

Runs as a script of its own instead of as `preexec_fn`, which is unsafe beside threads. PARENT is the process id that
has to live, SIGNAL what the program gets when that dies (Linux only: elsewhere an orphan is found and ended by the next
start). UID -1 changes nobody; HOW is an `account.How`.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

PLAIN, REACHING, RENAMED = 0, 1, 2
# linux/prctl.h, linux/securebits.h, linux/capability.h, linux/sched.h
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE = 0x20080522, 1
CLONE_NEWUSER = 0x10000000


def main(arguments: list[str]) -> None:
    """Change account, tie the life to the parent's, become the program."""
    parent, death_signal, uid, gid, how = (int(word) for word in arguments[:5])
    libc = ctypes.CDLL(None, use_errno=True)
    if uid >= 0:
        try:
            become(libc, uid, gid, how)
        except OSError as problem:
            sys.exit(f"error: this root may not become another account ({problem.strerror}): run as an ordinary user")
    if sys.platform.startswith("linux"):
        # After the change of account, which would forget it.
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("error: the starting process is gone")
    try:
        os.execvp(arguments[5], arguments[5:])  # noqa: S606 - the command comes from our own caller
    except OSError as problem:
        sys.exit(f"error: {arguments[5]}: {problem.strerror}")


def become(libc: ctypes.CDLL, uid: int, gid: int, how: int) -> None:
    """Be another account from here on. Raises OSError."""
    if how == RENAMED:
        rename(libc, uid, gid)
        return
    if how == REACHING:
        # Capabilities outlive the change of account, and count in access(2), by which PostgreSQL looks for its parts.
        check(libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if how == REACHING:
        keep_reach(libc)


def rename(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Call ourselves `uid` and `gid` without being them, in a namespace of users of our own."""
    own_uid, own_gid = os.geteuid(), os.getegid()
    check(libc.unshare(CLONE_NEWUSER))
    for name, text in (("setgroups", "deny"), ("gid_map", f"{gid} {own_gid} 1"), ("uid_map", f"{uid} {own_uid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def keep_reach(libc: ctypes.CDLL) -> None:
    """Of all of root's rights keep one over the coming exec: to pass folders closed to this account.

    Without it, a checkout in root's closed home would need copies of the server's programs elsewhere.
    """
    mask = 1 << CAP_DAC_OVERRIDE
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, struct.pack("6I", mask, mask, mask, 0, 0, 0)))
    check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def check(result: int) -> None:
    """Raise what a C function answered with."""
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main(sys.argv[1:])
