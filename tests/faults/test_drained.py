"""SIGTERM to a web process: its viewers go elsewhere one after the other and miss nothing; what it began is finished."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from interactions.live.events import QuestionHidden
from interactions.live.room import append
from interactions.models import LiveRoom
from tests.faults.conftest import Checked
from tests.faults.processes import IN_FULL, Web, web_process
from tests.faults.sockets import crowds
from tests.interactions.live.conftest import room

__all__ = ["room"]

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
    """Asks a process again and again whether it is ready, until nobody answers."""

    def __init__(self, web: Web) -> None:
        self.not_ready_at = 0.0
        self.gone_at = 0.0
        self._url = f"{web.url}/readyz"
        self._thread = threading.Thread(target=self._watch, name="readyz")
        self._thread.start()

    def _watch(self) -> None:
        while not self.gone_at:
            try:
                code = httpx.get(self._url, timeout=5).status_code
            except httpx.HTTPError:
                self.gone_at = time.monotonic()
            else:
                if code == 503 and not self.not_ready_at:
                    self.not_ready_at = time.monotonic()
                time.sleep(0.02)

    def join(self) -> None:
        """Once it is gone."""
        self._thread.join(30)


@pytest.mark.alone
@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_drill_12_sigterm_with_500_sockets(
    server: str, room: LiveRoom, checked: Checked, tmp_path: Path
) -> None:
    number = SOCKETS if server == "daphne" or IN_FULL else 120
    with web_process(tmp_path / "first.log", server) as first, web_process(tmp_path / "second.log") as second:
        with crowds() as crowd, events(room.pk, every=0.05) as said:
            viewers = crowd.come(number, room.pk, first.url, second.url)
            watched, told = Watched(first), time.monotonic()
            first.process.terminate()
            crowd.until(lambda: all(viewer.recovered for viewer in viewers), seconds=25)
            first.process.wait(15)
            ended = time.monotonic()
            watched.join()
            crowd.until_all_have(said[-1] + 3, seconds=10)
            closed = sorted(viewer.closes[0][1] for viewer in viewers)
            assert {viewer.closes[0][0] for viewer in viewers} == {4000}
            assert all(viewer.recovered[0]["recovered"] for viewer in viewers)
            assert not any(viewer.faults for viewer in viewers), crowd.story()
            assert told < watched.not_ready_at < closed[-1], "not ready first"
            assert watched.not_ready_at - told < 1.0
        assert ended - told < 12
        spread = closed[-1] - closed[0]
        assert spread > 0.7 * min(5.0, number / 100), "they come back one after the other"
        assert first.tracebacks() == second.tracebacks() == []
