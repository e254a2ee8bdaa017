"""The client through the death of the web process that serves it: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.devservers.process import end, free_port, spawn
from config.run.application import commands, is_ready
from interactions.models import LiveRoom, Question
from interactions.services import questions
from tests.browser.conftest import Visit
from tests.browser.test_client import BLANK, Client
from tests.faults.processes import ROOT, environment, wait_for
from tests.people import Person

pytestmark = pytest.mark.fault


class Web:
    """A web process of its own, always on the same port."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self.process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = commands(self.port, Path(os.devnull))["web"]
        more = {"PORT": str(self.port), "ALLOWED_ORIGINS": self.base_url, "BASE_URL": self.base_url}
        with self._log.open("ab") as output:
            return spawn(command, cwd=ROOT, env=environment(**more), stdout=output, stderr=subprocess.STDOUT)

    def wait(self) -> None:
        """Until it answers."""
        wait_for(lambda: is_ready(self.port), seconds=30)

    def kill(self) -> None:
        """Without a word: kill -9."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """On the same port."""
        self.process = self._spawn()


@pytest.fixture
def web(world: None, tmp_path: Path) -> Iterator[Web]:
    """A web process that a test may kill."""
    web = Web(tmp_path / "web.log")
    web.wait()
    yield web
    end(web.process, gentle=signal.SIGTERM, grace=5)


def test_kill_nine_loses_nothing(visit: Visit, web: Web, room: LiveRoom, alice: Person, bob: Person) -> None:
    client = Client(visit(BLANK, bob, base_url=web.base_url), room)
    client.online()
    asked = [client.say(f"room.ask('Before {number}?')")["question"] for number in range(3)]
    client.until("heard.events.length === 3")
    # The question leaves, and before a reply can come its server is dead.
    os.kill(web.process.pid, signal.SIGSTOP)
    client.say("window.flying = room.ask('In flight?').then((reply) => reply.question), null")
    web.kill()
    client.until("room.link.state === 'waiting'")
    client.say("window.later = room.ask('While it is away?').then((reply) => reply.question), null")
    questions.answer(user_id=alice.id, room_id=room.pk, question_id=asked[0], text="Answered meanwhile.")
    web.start_again()
    web.wait()
    flying, later = client.say("Promise.all([flying, later])")
    client.until("heard.events.length >= 6")
    client.page.wait_for_timeout(300)
    assert client.offsets() == [1, 2, 3, 4, 5, 6]
    assert client.say("heard.resets") == 0
    texts = Question.objects.order_by("id").values_list("text", flat=True)
    assert list(texts) == ["Before 0?", "Before 1?", "Before 2?", "In flight?", "While it is away?"]
    assert client.say("room.state.questions.size") == 5
    assert client.say(f"room.state.questions.get({asked[0]}).answer") == "Answered meanwhile."
    assert len({flying, later}) == 2
