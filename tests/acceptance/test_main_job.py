"""The main job on the real thing: each step of `make journey` is a test, against web and workers as they are run."""

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

import pytest

from config.devservers import servers
from config.devservers.process import end, free_port, spawn
from config.journey.step import Step
from config.journey.steps import CHAPTERS
from config.journey.walk import Walk
from config.run.application import MANAGE, commands, is_ready

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).resolve().parents[2]
STEPS = [step for chapter in CHAPTERS for step in chapter.steps]
JOURNEY = (sys.executable, "-m", "config.journey")


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running Backyard with the merchant's part of the demo, on servers of its own."""
    folder = tmp_path_factory.mktemp("acceptance")
    port = free_port()
    with ExitStack() as stack:
        running = stack.enter_context(servers(folder))
        ours = {"BACKYARD_ENV": "test", "BACKYARD_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
        env = {**os.environ, **running.environment, **ours, "PORT": str(port)}
        demo = ("demo", "--stores", "half_past_four", "--picture-width", "96", "--processes", "2")
        for words in (("migrate", "--no-input", "-v", "0"), demo):
            subprocess.run([*MANAGE, *words], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        processes = [spawn(command, cwd=ROOT, env=env) for command in commands(port, folder / "access.log").values()]
        stack.callback(end, *processes, gentle=signal.SIGTERM, grace=10)
        deadline = time.monotonic() + 60
        while not is_ready(port):
            assert time.monotonic() < deadline, "the application did not become ready within 60 s"
            time.sleep(0.1)
        yield folder


@pytest.fixture(scope="module")
def walk(var: Path) -> Iterator[Walk]:
    """A journey that its steps share."""
    journey = Walk.from_folder(var)
    yield journey
    journey.tidy()


@pytest.fixture(scope="module")
def failed() -> list[str]:
    """Steps that did not hold; those after them may need what they did not make."""
    return []


# Their times count, but not while the first of them still waits for everything to start.
@pytest.mark.parametrize(
    "step",
    [pytest.param(step, id=step.name, marks=[pytest.mark.alone] * (step is not STEPS[0])) for step in STEPS],
)
def test_main_job(walk: Walk, failed: list[str], step: Step) -> None:
    if failed:
        pytest.skip(f"{failed[0]} did not hold")
    try:
        step.run(walk)
    except BaseException:
        failed.append(step.name)
        raise


def test_what_a_journey_made_is_tidied_up(walk: Walk, failed: list[str]) -> None:
    if failed:
        pytest.skip(f"{failed[0]} did not hold")
    nobody, name, store = walk["nobody"], walk.name, walk.store
    followers = nobody.get(f"/stores/{store}").ok()["followers"]
    walk.tidy()
    posts = nobody.get(f"/stores/{store}/posts?limit=50").ok()["items"]
    assert [post["text"] for post in posts if name in post["text"]] == []
    questions = nobody.get(f"/rooms/{walk.room}/questions?limit=50").ok()["items"]
    assert [one["text"] for one in questions if name in one["text"]] == []
    assert nobody.get(f"/stores/{store}").ok()["followers"] == followers - 3
    assert nobody.get(f"/stores?q=journey_{name}").ok()["items"] == []
    nobody.client.close()


# --- the command ----------------------------------------------------------------------------------------------------


def journey(var: Path) -> subprocess.CompletedProcess[str]:
    """`make journey`, once everything is installed."""
    env = {**os.environ, "BACKYARD_VAR": str(var), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(JOURNEY, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.alone
def test_the_command_says_each_step_and_ends_with_0(var: Path, failed: list[str]) -> None:
    if failed:
        pytest.skip(f"{failed[0]} did not hold")
    done = journey(var)
    assert done.returncode == 0, done.stdout
    assert all(step.title in done.stdout for step in STEPS)
    assert done.stdout.splitlines()[-1].startswith(f"All {len(STEPS)} steps held, in ")
    assert done.stderr == ""


def test_the_first_step_that_does_not_hold_ends_it_with_1_and_a_line(var: Path, tmp_path: Path) -> None:
    note = json.loads((var / "demo.json").read_text())
    note["accounts"]["merchant"]["password"] = "guessed wrong"
    (tmp_path / "demo.json").write_text(json.dumps(note))
    shutil.copytree(var / "mail", tmp_path / "mail", dirs_exist_ok=True)
    done = journey(tmp_path)
    assert done.returncode == 1
    assert "\u2717" in done.stdout
    assert done.stderr == ""


def test_without_a_running_backyard_a_line_says_what_to_do(tmp_path: Path) -> None:
    done = journey(tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == f"There is no {tmp_path}/demo.json: start Backyard first, with make run\n"
    address = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "demo.json").write_text(json.dumps({"base_url": address, "accounts": {}}))
    done = journey(tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1].strip() == f"nothing answers at {address}: is it running?"
