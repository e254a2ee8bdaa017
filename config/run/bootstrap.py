"""Makes `.venv` and installs a lock into it, once: `python3 -m config.run.bootstrap run` or `dev`; `clean` removes all.

Standard library only: it runs before anything is installed, on the Python of the machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from core.progress import Step, follow, say, step

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMP = VENV / ".installed.json"  # which lock, by its hash, is in here
MARK = VENV / ".installing"  # still there at the next start: an installation was cut off
LOG = ROOT / "var" / "log" / "install.log"
CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis")


class CannotInstall(Exception):
    """The environment was not made; the message is one line for people."""


def main(arguments: list[str]) -> int:
    """Do what the one argument says; 0, or 1 after one line that says why not."""
    # An installation that is cut off is begun anew, so a signal may end us anywhere; only not with a traceback.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        clean() if arguments == ["clean"] else ensure(arguments[0])
    except (CannotInstall, OSError) as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130
    return 0


def ensure(lock: str) -> None:
    """Install requirements/`lock`.txt unless that very text is installed. Raises CannotInstall."""
    if lock_hash(lock) == installed().get(lock):
        return
    LOG.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(ROOT / "requirements", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with step("waiting for another installation"):
            fcntl.flock(folder, fcntl.LOCK_EX)
    if lock_hash(lock) != installed().get(lock):
        make_venv()
        install(lock)


def lock_hash(lock: str) -> str:
    """The hash of a lock's text, by which its installation is known."""
    return hashlib.sha256((ROOT / "requirements" / f"{lock}.txt").read_bytes()).hexdigest()


def installed() -> dict[str, str]:
    """Lock name -> hash of what is installed; empty for no or an unfinished environment."""
    if MARK.exists() or not (VENV / "bin" / "python").exists() or not STAMP.exists():
        return {}
    try:
        return dict(json.loads(STAMP.read_text()))
    except ValueError:
        return {}


def make_venv() -> None:
    """Have a `.venv` with a working Python; one whose installation was cut off is made anew."""
    if MARK.exists() or not (VENV / "bin" / "python").exists():
        shutil.rmtree(VENV, ignore_errors=True)
    if VENV.exists():
        return
    # From inside an environment, its own Python's parent: an environment of an environment breaks with the first.
    python = getattr(sys, "_base_executable", None) or sys.executable
    with step("making .venv") as current:
        code, lines = run([python, "-m", "venv", str(VENV)], current.note)
    if code != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise CannotInstall(explain_venv(lines))


def install(lock: str) -> None:
    """Let pip install a lock, every file checked against its hash."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    total = len(re.findall(r"^[\w.-]+(?:\[.*\])?==", text, re.MULTILINE))
    MARK.touch()
    options = ["--disable-pip-version-check", "--no-input", "--require-hashes", "--progress-bar", "off"]
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", *options, "-r", f"requirements/{lock}.txt"]
    with step("installing packages") as current:
        code, lines = run(command, lambda line: show_pip(current, line, total))
    if code != 0:
        if code > 0:  # pip undoes what it had begun, unless it was killed
            MARK.unlink()
        raise CannotInstall(f"{explain_pip(lines)} (everything pip said: {LOG.relative_to(ROOT)})")
    # The lock for development contains the other one, at the same versions.
    stamp = {lock: lock_hash(lock)} | ({"run": lock_hash("run")} if lock == "dev" else {})
    STAMP.write_text(json.dumps(stamp))
    MARK.unlink()


def show_pip(current: Step, line: str, total: int) -> None:
    """Move the bar by what pip prints; it counts nothing itself."""
    if line.startswith(("Collecting ", "Requirement already satisfied", "Ignoring ")):
        current.at(min(current.done + 1, total), total)
        current.text = line.split()[1].split("==")[0]
    elif line.startswith("Installing collected"):
        current.text = "unpacking"


def run(command: list[str], show: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run a program, its output through `show`; its exit code and lines. It does not outlive us."""
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            lines = follow(process, show, LOG)
        except BaseException:
            process.kill()
            raise
    return process.returncode, lines


def explain_venv(lines: list[str]) -> str:
    """Why there is no `.venv`, in one line."""
    if any("ensurepip" in line for line in lines):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return f"Python's venv module is not complete here: apt-get install python{version}-venv, then run again."
    return f"Cannot make .venv: {(lines or ['no message'])[-1]}"


# The first that fits explains the failure. The network comes before "no matching distribution", which it also causes.
PIP_FAILURES = (
    (r"No space left on device", "The disk is full."),
    (r"DO NOT MATCH THE HASHES", "A downloaded package is not the one in the lock: nothing was installed."),
    (
        r"NewConnectionError|name resolution|Max retries exceeded|Read timed out|ConnectTimeout|SSLError|ProxyError",
        "pip cannot reach its package index: check the network, or pip's own settings for a mirror or proxy.",
    ),
    (
        r"command '\S*(cc|clang|\+\+)\S*' failed: No such file|unable to execute '\S*(cc|clang|\+\+)"
        r"|\b(cc|gcc|clang|[cg]\+\+): (command )?not found",
        "A package has no ready build for this machine, and there is no C compiler to build it: "
        "apt-get install build-essential python3-dev (or your system's C compiler), then run again.",
    ),
    (
        r"Python\.h: No such file",
        "A package must be built and lacks Python's headers: apt-get install python3-dev.",
    ),
    (r"No module named pip", ".venv has no pip: make clean, then run again."),
)


def explain_pip(lines: list[str]) -> str:
    """Why pip failed, in one line, from what it printed."""
    output = "\n".join(lines)
    for pattern, sentence in PIP_FAILURES:
        if re.search(pattern, output):
            return sentence
    if found := re.search(r"Failed building wheel for (\S+)|No matching distribution found for (\S+)", output):
        return f"There is no build of {found[1] or found[2]} for this machine and Python {sys.version.split()[0]}."
    errors = [line for line in lines if "ERROR" in line]
    return (errors or lines or ["pip failed without a word"])[-1]


def clean() -> None:
    """Remove `.venv`, the local data and all caches. Raises CannotInstall when Backyard runs here."""
    var = ROOT / "var"
    if (var / "run.lock").exists():
        with (var / "run.lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotInstall("Backyard runs in this folder: stop it first.") from None
    for name in (".venv", "var", *CACHES):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in ROOT.rglob("__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
