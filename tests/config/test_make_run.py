"""`make run` as people use it: ready, one clear line when something is in the way, and gone when it should be."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from config.devservers.process import free_port
from config.run import bootstrap
from config.run.prepared import state

ROOT = Path(__file__).resolve().parents[2]
RUN = (sys.executable, "-m", "config.run")


class Start:
    """One start, without installing and demo data, in a process group of its own like a terminal's."""

    def __init__(self, var: Path) -> None:
        self.port = free_port()
        began = time.monotonic()
        self.process = subprocess.Popen(
            RUN, cwd=ROOT, env=environment(var, self.port), stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self.output = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if line.startswith("ready http://"):
                break
        self.took = time.monotonic() - began
        runner = psutil.Process(self.process.pid)
        self.family = [runner, *runner.children(recursive=True)]

    def member(self, word: str) -> psutil.Process:
        """The process with this word on its command line."""
        return next(one for one in self.family if any(word in part for part in one.cmdline()))

    def until_gone(self) -> tuple[int, str]:
        """The exit code and the last line, once every process has ended, as each must within 10 s."""
        deadline = time.monotonic() + 10
        rest, _ = self.process.communicate(timeout=10)
        _, alive = psutil.wait_procs(self.family, timeout=max(0.0, deadline - time.monotonic()))
        assert not alive
        return self.process.returncode, (self.output + rest).splitlines()[-1]


def environment(var: Path, port: int | str) -> dict[str, str]:
    """A terminal's, without what the tests' own servers put there."""
    ours = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "MAKELEVEL"}}
    return ours | {
        "PORT": str(port),
        "BACKYARD_VAR": str(var),
        "BACKYARD_ENV": "development",
        "BACKYARD_DEMO": "no",
    }


def refused(var: Path, port: int | str) -> str:
    """What a start that cannot be says; it must be one line."""
    done = subprocess.run(
        RUN, cwd=ROOT, env=environment(var, port), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    return done.stdout


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one machine's data, closed to other accounts and with a space in its path."""
    return tmp_path_factory.mktemp("our var")


@pytest.fixture
def start(var: Path) -> Iterator[Start]:
    """A start that is ready; what a test leaves of it is ended by force."""
    start = Start(var)
    yield start
    for process in start.family:
        if process.is_running():
            process.kill()
    start.process.wait(5)


# --- from ready to gone ---------------------------------------------------------------------------------------------


def test_ready_with_all_its_parts_alone_in_its_folder_and_gone_after_ctrl_c(start: Start, var: Path) -> None:
    assert f"ready http://127.0.0.1:{start.port}\n" in start.output
    for step in ("starting PostgreSQL", "starting Redis", "preparing the database", "starting web and workers"):
        assert f"{step} ...\n" in start.output
    for part in ("daphne", "--queues=feed", "--queues=default,media", "/bin/postgres", "/redis-server"):
        assert start.member(part).is_running()
    assert (var / "servers.env").stat().st_mode & 0o077 == 0
    assert f"is in use by Backyard on http://127.0.0.1:{start.port}," in refused(var, free_port())
    assert f"Port {start.port} is busy: make run PORT={start.port + 1}" in refused(var / "other", start.port)
    with ExitStack() as opened:
        sockets = [opened.enter_context(connect(f"ws://127.0.0.1:{start.port}/ws/feed")) for _ in range(20)]
        os.killpg(start.process.pid, signal.SIGINT)
        assert start.until_gone() == (0, "stopped")
        for socket in sockets:
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=1)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4000, "come back later"
    assert not (var / "servers.env").exists()


def test_sigterm_ends_it_and_a_second_start_is_quick(start: Start, var: Path) -> None:
    start.process.terminate()
    assert start.until_gone() == (0, "stopped")
    second = Start(var)
    second.process.terminate()
    assert second.until_gone() == (0, "stopped")
    assert "preparing the database" not in second.output
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)  # others at work on this machine take their share of the 8 s
    assert second.took < 8 * max(1.0, busy)


def test_second_ctrl_c_does_not_wait_for_a_process_that_hangs(start: Start) -> None:
    start.member("daphne").suspend()
    start.member("--queues=feed").suspend()
    os.killpg(start.process.pid, signal.SIGINT)
    time.sleep(0.5)
    os.killpg(start.process.pid, signal.SIGINT)
    assert start.until_gone() == (0, "stopped")


def test_part_that_dies_ends_everything_with_a_line(start: Start) -> None:
    start.member("--queues=feed").kill()
    assert start.until_gone() == (1, "fan-out ended by itself (exit code -9), so everything stops.")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children of a parent's death")
def test_runner_that_is_killed_leaves_no_process(start: Start) -> None:
    start.process.kill()
    assert start.until_gone()[0] == -signal.SIGKILL


# --- in the way -----------------------------------------------------------------------------------------------------


def test_port_that_is_none_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "http") == "PORT must be a number from 1 to 65535, not 'http'.\n"
    assert refused(tmp_path, "99999") == "PORT must be a number from 1 to 65535, not '99999'.\n"


def test_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with_address = environment(tmp_path, free_port()) | {"DATABASE_URL": f"postgres://x:y@127.0.0.1:{free_port()}/z"}
    done = subprocess.run(RUN, cwd=ROOT, env=with_address, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == ""
    last = done.stdout.splitlines()[-1]
    assert last.startswith("preparing the database failed: ")
    assert "onnect" in last
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("version", ["3.10.12", None])
def test_python_too_old_or_none_is_told_in_one_line(tmp_path: Path, version: str | None) -> None:
    for name in ("make", "sh", "sed"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    if version:
        (tmp_path / "python3").write_text(f'#!/bin/sh\ntest "$1" = --version && echo Python {version} || exit 1\n')
        (tmp_path / "python3").chmod(0o755)
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    done = subprocess.run(
        ["make", "run"], cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Backyard needs Python 3.11 or newer" in done.stderr
    assert version is None or f"Python {version}" in done.stderr


def test_a_new_migration_or_a_lost_one_makes_a_start_prepare_again(tmp_path: Path) -> None:
    url, migration = os.environ["DATABASE_URL"], tmp_path / "0001_initial.py"
    migration.write_text("first")
    known = state(url, [migration], "fact")
    assert state(url, [migration], "fact") == known
    assert state(url, [migration], "other fact") != known
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE django_migrations AS SELECT 7 AS id")
        try:
            assert state(url, [migration], "fact") != known
        finally:
            connection.execute("DROP TABLE django_migrations")
    migration.write_text("changed")
    assert state(url, [migration], "fact") != known


# --- installing -----------------------------------------------------------------------------------------------------


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment in which the lock for running is installed, as far as the notes in it say."""
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    for name, value in {"VENV": folder, "STAMP": folder / "stamp", "MARK": folder / "mark"}.items():
        monkeypatch.setattr(bootstrap, name, value)
    (folder / "stamp").write_text(json.dumps({"run": bootstrap.lock_hash("run")}))
    return folder


def test_installed_lock_is_not_installed_again(venv: Path) -> None:
    assert bootstrap.installed() == {"run": bootstrap.lock_hash("run")}
    assert bootstrap.main(["run"]) == 0


def test_installation_that_was_cut_off_or_lost_its_python_counts_for_nothing(venv: Path) -> None:
    (venv / "mark").touch()
    assert bootstrap.installed() == {}
    (venv / "mark").unlink()
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to(venv / "gone")
    assert bootstrap.installed() == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", "there is no C compiler"),
        ("unable to execute 'gcc': No such file or directory", "there is no C compiler"),
        ("/bin/sh: 1: cc: not found", "there is no C compiler"),
        ("src/a.c:1:10: fatal error: Python.h: No such file or directory", "python3-dev"),
        ("ERROR: Failed building wheel for pillow-heif", "no build of pillow-heif"),
        ("ERROR: No matching distribution found for orjson==3.13.0", "no build of orjson==3.13.0"),
        ("OSError: [Errno 28] No space left on device", "The disk is full."),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "not the one in the lock"),
        ("NewConnectionError: Failed to establish a new connection: [Errno 101]", "cannot reach its package index"),
        ("ERROR: something quite new", "ERROR: something quite new"),
    ],
)
def test_pips_failures_are_told_in_a_sentence(line: str, told: str) -> None:
    said = bootstrap.explain_pip(["Collecting orjson==3.13.0", line])
    assert told in said
    assert "\n" not in said
