"""SIGTERM to a web process: its viewers go elsewhere, one after the other, and miss nothing; what it began is done."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from interactions.live.events import QuestionHidden
from interactions.live.room import append, now_at
from interactions.models import LiveRoom, Question, RoomEvent
from tests.faults.conftest import Held
from tests.faults.processes import (
    IN_FULL,
    SERVERS,
    SERVERS_IF_IN_FULL,
    Web,
    allowed,
    environment,
    wait_for,
    web_process,
)
from tests.faults.sockets import Crowd
from tests.interactions.live.screen import ticket_of
from tests.people import NO_TLS, Person, make_order, make_person

pytestmark = pytest.mark.fault
SOCKETS = 500


@contextmanager
def events(room_id: int, *, every: float) -> Iterator[list[int]]:
    """Something happens in the room again and again; the offsets so far."""
    said: list[int] = []
    enough = threading.Event()

    def go_on() -> None:
        while not enough.wait(every):
            said.append(append(room_id=room_id, event=QuestionHidden(id=len(said) + 1, question_id=1)).offset)

    thread = threading.Thread(target=go_on, name="events")
    thread.start()
    try:
        yield said
    finally:
        enough.set()
        thread.join()


class Watched:
    """Asks a process again and again whether it is ready, until nobody answers.

    `ready_at` is when the last question was put that was answered with yes, `refused` how many were answered with no.
    """

    def __init__(self, web: Web) -> None:
        self.ready_at = 0.0
        self.refused = 0
        self.gone_at = 0.0
        self._url = f"{web.url}/readyz"
        self._thread = threading.Thread(target=self._watch, name="readyz")
        self._thread.start()

    def _watch(self) -> None:
        while not self.gone_at:
            asked = time.monotonic()
            try:
                code = httpx.get(self._url, timeout=5, verify=NO_TLS).status_code
            except httpx.HTTPError:
                self.gone_at = asked
            else:
                self.refused += code == 503
                self.ready_at = asked if code == 200 else self.ready_at
                time.sleep(0.02)

    def join(self) -> None:
        """Once it is gone."""
        self._thread.join(30)


@contextmanager
def kept_waiting(person: Person) -> Iterator[None]:
    """Whoever would write about this person waits in PostgreSQL."""
    with psycopg.connect(environment()["DATABASE_URL"]) as connection:
        connection.execute("SELECT 1 FROM accounts_user WHERE id = %s FOR UPDATE", [person.id])
        yield


@pytest.mark.alone
@pytest.mark.parametrize("server", SERVERS)
def test_drill_12_sigterm_with_500_sockets(
    server: str, standing_daphne: Web, room: LiveRoom, crowd: Crowd, held: Held, tmp_path: Path
) -> None:
    number = SOCKETS if server == "daphne" or IN_FULL else 120
    second = standing_daphne
    with web_process(tmp_path / "first.log", server) as first:
        with events(room.pk, every=0.05) as said:
            viewers = crowd.come(number, room.pk, first.url, second.url)
            watched, told = Watched(first), time.monotonic()
            first.process.terminate()
            crowd.until(lambda: all(viewer.recovered for viewer in viewers), seconds=25)
            first.process.wait(15)
            ended = time.monotonic()
            watched.join()
            crowd.until_all_have(said[-1] + 3, seconds=10)
        assert {viewer.closes[0][0] for viewer in viewers} == {4000}
        assert all(viewer.recovered[0]["recovered"] for viewer in viewers)
        assert not any(viewer.faults for viewer in viewers), crowd.story()
        closed = sorted(viewer.closes[0][1] for viewer in viewers)
        spread = closed[-1] - closed[0]
        assert spread > 0.7 * min(5.0, number / 100), "they come back one after the other"
        assert watched.refused > 2
        assert watched.ready_at < closed[0], "not ready first"
        assert ended - told < allowed(8)
        assert first.tracebacks() == second.tracebacks() == []
    what = f"{number} sockets closed over {spread:.1f} s and resumed on another process, {server}"
    held("drill 12", f"{what} ended {ended - told:.1f} s after SIGTERM")


@pytest.mark.parametrize("server", SERVERS)
def test_what_was_begun_is_finished_and_whoever_comes_is_sent_elsewhere(
    server: str, room: LiveRoom, crowd: Crowd, tmp_path: Path
) -> None:
    with web_process(tmp_path / "web.log", server) as web, ThreadPoolExecutor(1) as elsewhere:
        dora, theo = make_person(web.url, "Dora"), make_person(web.url, "Theo")
        make_order(user=dora.user, store=room.store)
        (asker,) = crowd.come(1, room.pk, web.url, first=[{"type": "auth", "ticket": ticket_of(dora)}])
        (tapper,) = crowd.come(1, room.pk, web.url, first=[{"type": "auth", "ticket": ticket_of(theo)}])
        with kept_waiting(theo):
            with kept_waiting(dora):
                crowd.run(asker.send({"type": "ask", "text": "Is it organic?", "client_id": "1"}))
                renamed = elsewhere.submit(theo.patch, "/me", {"display_name": "Theodor"})
                time.sleep(0.5)
                crowd.run(tapper.send({"type": "tap", "id": "7", "count": 7}))
                crowd.until(lambda: any(said.get("reply") == "7" for said in tapper.frames), seconds=5)
                web.process.terminate()
                wait_for(lambda: asker.closes, seconds=10)
                (late,) = crowd.come(1, room.pk, web.url, welcome=False)
                wait_for(lambda: late.closes, seconds=10)
                assert (asker.closes[0][0], late.closes[0][0], late.welcome) == (4000, 4000, None)
                assert httpx.get(f"{web.url}/readyz").json()["process"] == "draining"
                assert Question.objects.count() == 0
            wait_for(Question.objects.exists, seconds=5)
            time.sleep(0.7)
            assert (web.process.poll(), renamed.done()) == (None, False)
        released = time.monotonic()
        assert renamed.result(5).json()["display_name"] == "Theodor"
        web.process.wait(5)
        assert time.monotonic() - released < allowed(1.5)
        dora.close()
        theo.close()
        assert web.tracebacks() == []
    assert Question.objects.get().text == "Is it organic?"
    position, totals = now_at(room.pk)
    assert (RoomEvent.objects.count(), position and position.offset, totals.likes) == (1, 1, 7), "written, and told"


@pytest.mark.parametrize("server", SERVERS_IF_IN_FULL)
def test_who_does_not_go_holds_up_nobody_elses_request(
    server: str, room: LiveRoom, crowd: Crowd, tmp_path: Path
) -> None:
    with web_process(tmp_path / "web.log", server) as web, ThreadPoolExecutor(1) as elsewhere:
        dora, theo = make_person(web.url, "Dora"), make_person(web.url, "Theo")
        make_order(user=dora.user, store=room.store)
        (asker,) = crowd.come(1, room.pk, web.url, first=[{"type": "auth", "ticket": ticket_of(dora)}])
        crowd.come(320, room.pk, web.url)
        with kept_waiting(dora):
            crowd.run(asker.send({"type": "ask", "text": "Is it organic?", "client_id": "1"}))
            with kept_waiting(theo):
                renamed = elsewhere.submit(theo.patch, "/me", {"display_name": "Theodor"})
                time.sleep(0.3)
                web.process.terminate()
                wait_for(lambda: "did not go in time" in web.log.read_text(), seconds=10)
                wait_for(lambda: refuses(web.port), seconds=1)
                time.sleep(0.3)
                assert (web.process.poll(), renamed.done()) == (None, False)
            assert renamed.result(5).json()["display_name"] == "Theodor"
        web.process.wait(5)
        dora.close()
        theo.close()
        assert web.tracebacks() == []
    assert Question.objects.exists(), "who waited longest is not cut off either"


def refuses(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("server", SERVERS_IF_IN_FULL)
def test_a_second_signal_ends_it_at_once(server: str, room: LiveRoom, crowd: Crowd, tmp_path: Path) -> None:
    with web_process(tmp_path / "web.log", server) as web:
        viewers = crowd.come(400, room.pk, web.url)
        web.process.terminate()
        web.process.terminate()  # who tells all processes of a group, and whose parent does too, means it once
        wait_for(lambda: sum(bool(viewer.closes) for viewer in viewers) > 110, seconds=10)
        assert web.process.poll() is None
        web.process.send_signal(signal.SIGINT)
        web.process.wait(10)
        crowd.until(lambda: all(viewer.closes for viewer in viewers), seconds=5)
        assert {viewer.closes[0][0] for viewer in viewers} > {4000}, "it did not close them all one after the other"
        assert web.tracebacks() == []


@pytest.mark.parametrize("server", SERVERS_IF_IN_FULL)
def test_without_sockets_there_is_nothing_to_wait_for(server: str, world: None, tmp_path: Path) -> None:
    with web_process(tmp_path / "web.log", server) as web:
        began = time.monotonic()
        web.process.send_signal(signal.SIGINT)
        web.process.wait(10)
        assert time.monotonic() - began < allowed(1.0)
        assert web.tracebacks() == []
