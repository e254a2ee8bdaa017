"""The order of a start: servers, tables, demo data, web and workers; and of the end, the other way round."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil  # type: ignore[import-untyped]

from config.devservers import CannotStart, FolderInUse, FolderLock, Server, start_postgres, start_redis
from config.devservers.process import HOST, end, spawn
from config.run.application import MANAGE, Application, allow_many_sockets, is_ready
from config.run.prepared import state
from core.progress import follow, say, step

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 60
FOLDERS = ("log", "mail", "media", "static")


class Ended(BaseException):
    """A signal asked us to end; raised wherever we are, so that everything started is ended on the way out."""


@dataclass(frozen=True)
class Place:
    """Where and with what this start runs."""

    port: int
    var: Path
    env: dict[str, str]

    @property
    def url(self) -> str:
        """The address people open."""
        return f"http://{HOST}:{self.port}"


def main() -> int:
    """Run; 0 after an asked-for end, 1 after one line that says why it could not go on."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_ended)
    code = 0
    try:
        with ExitStack() as started:
            run(place_from_environment(os.environ), started)
    except Ended:
        say("stopped")
    except (CannotStart, OSError) as problem:
        say(str(problem))
        code = 1
    finally:
        _end_children()
    return code


def place_from_environment(environment: Mapping[str, str]) -> Place:
    """What PORT, BACKYARD_VAR and the others say. Raises CannotStart."""
    text = environment.get("PORT") or "8000"
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {text!r}.")
    var = Path(environment.get("BACKYARD_VAR") or ROOT / "var").resolve()
    defaults = {"BACKYARD_ENV": "development", "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
    return Place(int(text), var, {**defaults, **environment, "PORT": text, "BACKYARD_VAR": str(var)})


def run(place: Place, started: ExitStack) -> None:
    """Bring everything up, say so, and watch over it. Raises CannotStart when something is in the way or ends."""
    lock = claim(place.var)
    for name in FOLDERS:
        (place.var / name).mkdir(exist_ok=True)
    started.callback(lock.release)
    refuse_busy_port(place.port)
    lock.note(f"Backyard on {place.url}, process {os.getpid()}")
    running: dict[str, subprocess.Popen[bytes]] = {}
    servers = start_servers(place, started)
    running |= {server.name: server.process for server in servers}
    prepare(place, own_postgres=any(server.name == "postgres" for server in servers))
    allow_many_sockets()
    application = Application(ROOT)
    started.callback(application.stop)
    application.start(place.port, place.var / "log" / "access.log", place.env)
    running |= application.processes
    with step("starting web and workers"):
        watch(running, until=lambda: is_ready(place.port), seconds=READY_WITHIN_S)
    announce(place)
    watch(running)


def claim(var: Path) -> FolderLock:
    """Have the folder to ourselves. Raises CannotStart."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        return FolderLock(var / "run.lock")
    except FolderInUse as problem:
        raise CannotStart(f"{problem} Stop that first, or use another folder: make run BACKYARD_VAR=...") from None
    except PermissionError:
        raise CannotStart(f"{var} belongs to another user: run as that user, or give it to yours.") from None


def refuse_busy_port(port: int) -> None:
    """Raise CannotStart, now and not after a minute, when the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except PermissionError:
            raise CannotStart(f"Port {port} is not for ordinary users: make run PORT={port + 8000}") from None
        except OSError:
            raise CannotStart(f"Port {port} is busy: make run PORT={port + 1}") from None


def start_servers(place: Place, started: ExitStack) -> list[Server]:
    """Start PostgreSQL and Redis where the environment names none, and put their addresses into `place.env`."""
    servers: list[Server] = []
    if not place.env.get("DATABASE_URL"):
        with step("starting PostgreSQL"):
            servers.append(start_postgres(place.var / "postgres", durable=True))
        started.callback(servers[-1].stop, grace=3)
        place.env["DATABASE_URL"] = servers[-1].url
    if not place.env.get("REDIS_URL"):
        with step("starting Redis"):
            servers.append(start_redis(place.var / "redis", persist=True))
        started.callback(servers[-1].stop, grace=2)
        place.env["REDIS_URL"] = place.env["REDIS_PLAIN_URL"] = servers[-1].url
    # For `manage.py` in another terminal: set -a; . var/servers.env
    note = place.var / "servers.env"
    note.unlink(missing_ok=True)
    note.touch(mode=0o600)
    names = ("DATABASE_URL", "REDIS_URL", "REDIS_PLAIN_URL")
    note.write_text("".join(f"{name}='{place.env[name]}'\n" for name in names if name in place.env))
    started.callback(note.unlink, missing_ok=True)
    return servers


def prepare(place: Place, *, own_postgres: bool) -> None:
    """Bring tables and demo data up to date, unless our own PostgreSQL is known to have them. Raises CannotStart."""
    demo = place.env.get("BACKYARD_DEMO") != "no"
    files = [*ROOT.glob("*/migrations/*.py"), ROOT / "requirements" / "run.txt"]
    address = place.url if demo else ""  # var/demo.json names it
    demo_is_there = (place.var / "demo.json").exists() or not demo
    note = place.var / "postgres" / "prepared"  # goes with the data it speaks of
    url = place.env["DATABASE_URL"]
    if own_postgres and note.exists() and demo_is_there and note.read_text() == state(url, files, address):
        return
    manage(place, "preparing the database", "migrate", "--no-input")
    if demo:
        manage(place, "demo data", "demo", "--once")
    if own_postgres:
        note.write_text(state(url, files, address))


def manage(place: Place, title: str, *words: str) -> None:
    """Run a Django command as a step. Raises CannotStart with the last line it printed."""
    log = place.var / "log" / f"{words[0]}.log"
    with step(title) as current:
        process = spawn(
            [*MANAGE, *words], cwd=ROOT, env=place.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            lines = follow(process, current.note, log)
        finally:
            end(process, gentle=signal.SIGTERM, grace=2)
    if process.returncode != 0:
        said = next((line for line in reversed(lines) if "rror: " in line), (lines or ["no message"])[-1])
        raise CannotStart(f"{title} failed: {said} (everything it said: {log})")


def watch(
    running: Mapping[str, subprocess.Popen[bytes]], *, until: Callable[[], bool] | None = None, seconds: float = 0
) -> None:
    """Stay while all of `running` do, or until `until()`. Raises CannotStart when one ends or `seconds` are over."""
    deadline, parent = time.monotonic() + seconds, os.getppid()
    while True:
        for name, process in running.items():
            if process.poll() is not None:
                raise CannotStart(f"{name} ended by itself (exit code {process.returncode}), so everything stops.")
        if until:
            if until():
                return
            if time.monotonic() > deadline:
                raise CannotStart(f"The application was not ready within {seconds:.0f} s; its lines are above.")
        # make was killed and could not tell us. Started otherwise, outliving the parent is nohup's good right.
        if "MAKELEVEL" in os.environ and os.getppid() != parent:
            raise Ended
        time.sleep(0.1 if until else 0.5)


def announce(place: Place) -> None:
    """Print the addresses and who may sign in."""
    pages = {"API": "/api/v1/docs", "admin": "/admin/", "metrics": "/metrics"}
    lines = ["", f"ready {place.url}", *(f"  {name:<9} {place.url}{path}" for name, path in pages.items())]
    demo = place.var / "demo.json"
    if demo.exists():
        for who, account in json.loads(demo.read_text()).get("accounts", {}).items():
            lines.append(f"  {who:<9} {account['email']}  {account['password']}")
    lines += [f"  mail      {place.var / 'mail'}", f"  requests  {place.var / 'log' / 'access.log'}"]
    lines += ["Ctrl-C stops it.", ""]
    say("\n".join(lines))


def _raise_ended(signum: int, frame: FrameType | None) -> None:
    raise Ended


def _end_children() -> None:
    """Leave no process: what a second Ctrl-C kept from ending in its own time."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
            child.wait(2)
        except psutil.Error:
            continue
