"""What gets lost between a write and its viewers is found: a cut subscription, and a process killed before it told."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db.models import F

from core.redis import plain
from interactions.live.events import QuestionHidden
from interactions.live.room import append, now_at
from interactions.models import LiveRoom, Question, RoomEvent
from interactions.tasks import tell_untold
from tests.faults.conftest import Held
from tests.faults.processes import IN_FULL, Web, environment, wait_for, web_process, worker
from tests.faults.sockets import Crowd
from tests.interactions.live.screen import ticket_of
from tests.people import Person, make_order, make_person

pytestmark = pytest.mark.fault
CUTS = 20 if IN_FULL else 8
EVENTS = 1_000 if IN_FULL else 400


def test_drill_9_cut_subscriptions(
    standing_daphne: Web, standing_uvicorn: Web, room: LiveRoom, crowd: Crowd, held: Held
) -> None:
    for web in (standing_daphne, standing_uvicorn):
        crowd.come(10, room.pk, web.url)
    redis: Any = plain().client()
    already = [web.tracebacks() for web in (standing_daphne, standing_uvicorn)]
    cut = 0
    for number in range(1, EVENTS + 1):
        if number % (EVENTS // CUTS) == 1:
            cut += redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        append(room_id=room.pk, event=QuestionHidden(id=number, question_id=number))
        time.sleep(0.014)  # slow enough that a subscription is back when the next cut comes
    crowd.until_all_have(EVENTS, seconds=10)
    crowd.check_whole(1, EVENTS)
    assert not any(viewer.closes for viewer in crowd.viewers)
    assert cut >= CUTS, "somebody subscribes"
    for web in (standing_daphne, standing_uvicorn):
        assert "subscription was lost" in web.log.read_text()
    assert [web.tracebacks() for web in (standing_daphne, standing_uvicorn)] == already
    held("drill 9", f"{EVENTS} events for 20 viewers of two processes, {cut} subscriptions cut meanwhile")


@contextmanager
def committed_but_not_told(web: Web, person: Person, questions: int) -> Iterator[None]:
    """Kills a process between the commit of what is asked in the body and its word to Redis.

    The question waits in PostgreSQL until Redis takes no more writes; Redis forgets what it put off of a dead client.
    """
    redis: Any = plain().client()
    with psycopg.connect(environment()["DATABASE_URL"]) as connection:
        connection.execute("SELECT 1 FROM accounts_user WHERE id = %s FOR UPDATE", [person.id])
        yield
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        wait_for(lambda: connection.execute(waiting).fetchone(), seconds=5)
        redis.execute_command("CLIENT", "PAUSE", 10_000, "WRITE")
    try:
        while Question.objects.count() < questions:
            time.sleep(0.002)
        os.kill(web.process.pid, signal.SIGKILL)
        web.process.wait(5)
        time.sleep(0.2)
    finally:
        redis.execute_command("CLIENT", "UNPAUSE")


def test_a_process_killed_between_commit_and_word_leaves_no_event_untold(
    standing_daphne: Web, room: LiveRoom, crowd: Crowd, held: Held, tmp_path: Path
) -> None:
    (viewer,) = crowd.come(1, room.pk, standing_daphne.url)
    with web_process(tmp_path / "web.log") as web:
        dora = make_person(web.url, "Dora")
        make_order(user=dora.user, store=room.store)
        (asker,) = crowd.come(1, room.pk, web.url, first=[{"type": "auth", "ticket": ticket_of(dora)}])
        with committed_but_not_told(web, dora, 1):
            crowd.run(asker.send({"type": "ask", "text": "Is it organic?", "client_id": "1"}))
        dora.close()
    position, _ = now_at(room.pk)
    assert (RoomEvent.objects.count(), position and position.offset, viewer.offset) == (1, 0, 0), (
        "it was told after all"
    )
    began = time.monotonic()
    if IN_FULL:
        with worker(tmp_path / "worker.log"):
            crowd.until(lambda: viewer.offset, seconds=30)
    else:
        # Whoever has just committed is given five seconds; then the job, which runs every ten.
        assert tell_untold(0) == 0
        RoomEvent.objects.update(created_at=F("created_at") - timedelta(seconds=6))
        assert tell_untold(0) == 1
        crowd.until(lambda: viewer.offset, seconds=2)
    assert (viewer.offsets, viewer.faults) == ([1], [])
    assert tell_untold(0) == 0
    held(
        "a process killed between commit and word", f"its viewers elsewhere hear {time.monotonic() - began:.1f} s later"
    )
