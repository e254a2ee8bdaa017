"""What may be lost on the way to a process, or stands in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from interactions.live import hub
from interactions.live.events import Event
from interactions.live.keys import channel
from interactions.live.room import append
from interactions.models import LiveRoom
from tests.conftest import Site
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Screen
from tests.people import Person


def _database_url() -> str:
    found = connection.settings_dict
    password = f":{quote(found['PASSWORD'])}" if found["PASSWORD"] else ""
    return f"postgres://{quote(found['USER'])}{password}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@pytest.fixture
def daphne(site: Site) -> Iterator[str]:
    """A second web process, a real daphne, on the same PostgreSQL and Redis. Its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "config.asgi:application"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": _database_url(), "BASE_URL": base_url, "SECRET_KEY": settings.SECRET_KEY},
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, "daphne did not start"
            assert time.monotonic() < deadline, "daphne did not listen"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield base_url
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_a_cut_subscription_loses_nothing(watch: Watch, bob: Person, redis: Any) -> None:
    asker, viewer = watch(bob), watch()
    for number in range(12):
        if number % 3 == 0:
            redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert asker.do("ask", text=f"Question {number}?", client_id=str(number))["ok"]
    while len(viewer.events()) < 12:
        viewer.next()
    assert [event["offset"] for event in viewer.events()] == list(range(1, 13))
    assert len({event["question"]["text"] for event in viewer.events()}) == 12


def test_a_gap_is_filled_before_anything_newer_is_told(
    watch: Watch, room: LiveRoom, bob: Person, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker, viewer = watch(bob), watch()
    # A message that comes from nowhere but names a later offset: what lies before it has to be looked for.
    redis.publish(channel(room.pk), f'{viewer.welcome["epoch"]} 3 question {{"offset":3,"id":0,"type":"question"}}')
    for number in range(4):
        assert asker.do("ask", text=f"Question {number}?", client_id=str(number))["ok"]
    while len(viewer.events()) < 4:
        viewer.next()
    assert [event["offset"] for event in viewer.events()] == [1, 2, 3, 4]
    assert all("question" in event for event in viewer.events())


def test_a_lost_publish_is_found_in_a_silent_room(
    watch: Watch, room: LiveRoom, bob: Person, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LOOK_BEATS", 4)
    asker, viewer = watch(bob), watch()
    asker.do("ask", text="Heard?", client_id="1")
    viewer.event("question")
    # What append.lua does, with its publish lost.
    lost = '{"offset":2,"id":99,"type":"hide","question_id":1}'
    redis.rpush(f"live:{{r{room.pk}}}:log", f"{int(time.time() * 1000)} hide {lost}")
    redis.hincrby(f"live:{{r{room.pk}}}:position", "offset", 1)
    assert viewer.event("hide")["id"] == 99


class LongEvent(Event):
    """As long as an answer of 1,000 Chinese characters."""

    padding: str


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_a_client_that_stops_reading_is_closed_and_harms_nobody(
    site: Site, watch: Watch, room: LiveRoom, server: str, request: pytest.FixtureRequest
) -> None:
    base_url = site.base_url if server == "uvicorn" else request.getfixturevalue("daphne")
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    plug.connect(("127.0.0.1", int(base_url.rsplit(":", 1)[1])))
    with (
        Screen(base_url, room.pk) as viewer,
        Screen(base_url, room.pk, sock=plug, max_queue=1, compression=None) as sleeper,
    ):
        for screen in (viewer, sleeper):
            screen.send({"type": "ping"})
            screen.of_type("welcome")
        total = 3_000
        # The viewer shares a processor with much else here, and is to read all: it may be only so much behind.
        behind = threading.Semaphore(40)
        reading = threading.Thread(target=_read_events, args=(viewer, total, behind))
        reading.start()
        for number in range(total):
            assert behind.acquire(timeout=30), "the viewer was told no more"
            append(room_id=room.pk, event=LongEvent(id=number, type="question", padding="x" * 3_000))
        reading.join(timeout=60)
        assert [event["offset"] for event in viewer.events()] == list(range(1, total + 1))
        # It wakes up, reads what was under way, and then why there is no more.
        assert sleeper.closed() == 4001
        assert len(sleeper.events()) < total


def _read_events(screen: Screen, count: int, behind: threading.Semaphore) -> None:
    seen = 0
    while seen < count:
        if events := screen.next(30).get("events", ()):
            behind.release(len(events))
            seen += len(events)


def test_an_empty_room_leaves_nothing_running(watch: Watch, bob: Person, redis: Any) -> None:
    watch(bob).close()
    deadline = time.monotonic() + 5
    while redis.pubsub_channels("live:*"):
        assert time.monotonic() < deadline, "the subscription stayed"
        time.sleep(0.05)
    assert watch(bob).do("ask", text="Still there?", client_id="1")["ok"]


def test_totals_are_kept_for_the_time_after(
    watch: Watch, room: LiveRoom, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LOOK_BEATS", 4)
    screen = watch(bob)
    screen.send({"type": "tap", "count": 5})
    deadline = time.monotonic() + 5
    while not LiveRoom.objects.filter(likes=5, peak_viewers__gte=1).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
