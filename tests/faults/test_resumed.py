"""Drills 13 and 14: many come back at once, and some from where nobody can take them up again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.redis import plain
from interactions.live import keys
from interactions.live.events import QuestionHidden
from interactions.live.room import Position, append
from interactions.models import LiveRoom
from tests.faults.conftest import Held
from tests.faults.processes import IN_FULL, SERVERS_IF_IN_FULL, Web, environment, web_process
from tests.faults.sockets import Crowd
from tests.faults.statements import counted
from tests.interactions.live.screen import Frame, Screen
from tests.people import make_user, sign_in

pytestmark = pytest.mark.fault
BACK = 2_000 if IN_FULL else 400
MOST_STATEMENTS = 20


def say(room: LiveRoom, number: int) -> Position:
    """So many events; where the log then stands."""
    position = append(room_id=room.pk, event=QuestionHidden(id=1, question_id=1))
    for event in range(2, number + 1):
        position = append(room_id=room.pk, event=QuestionHidden(id=event, question_id=event))
    return position


@pytest.mark.alone
@pytest.mark.parametrize("server", SERVERS_IF_IN_FULL)
def test_drill_13_everybody_resumes_at_once(
    server: str, room: LiveRoom, crowd: Crowd, held: Held, tmp_path: Path
) -> None:
    position = say(room, 50)
    people = [sign_in(make_user(f"Reader {n}")) for n in range(BACK // 20)]
    with (
        counted(environment()["DATABASE_URL"]) as wire,
        web_process(tmp_path / "web.log", server, DATABASE_URL=wire.url) as web,
    ):
        before, began = wire.asked, time.monotonic()
        for number in range(BACK):
            cookie = {"Cookie": f"sessionid={people[number]}"} if number < len(people) else {}
            options = {"additional_headers": cookie, "origin": web.url}
            crowd.expect(room.pk, web.url, epoch=position.epoch, offset=number % 50, **options)
        crowd.let_in()
        crowd.until(lambda: all(viewer.recovered or viewer.told_to_wait for viewer in crowd.viewers), seconds=60)
        took, asked = time.monotonic() - began, wire.asked - before
        for number, viewer in enumerate(crowd.viewers):
            if viewer.recovered:
                assert viewer.recovered[0]["recovered"], crowd.story()
                assert viewer.offsets == list(range(number % 50 + 1, 51)), crowd.story()
            assert not viewer.faults, crowd.story()
        recovered = sum(bool(viewer.recovered) for viewer in crowd.viewers)
        assert recovered >= BACK * 0.9
        assert asked <= MOST_STATEMENTS
        assert web.tracebacks() == []
    waiting = ", the others were told to wait" if recovered < BACK else ""
    what = f"{recovered:,} of {BACK:,} resumed within {took:.1f} s{waiting}"
    held("drill 13", f"{what}; {asked} statements in PostgreSQL ({server})")


def resumed(web: Web, room: LiveRoom, epoch: str, offset: int) -> Frame:
    """What somebody is told who comes back to a process that has just opened the room."""
    with Screen(web.url, room.pk) as screen:
        screen.send({"type": "resume", "epoch": epoch, "offset": offset})
        found = screen.of_type("recovered")
        assert not screen.events()
        assert screen.do("ping")["ok"]
    return found


def test_drill_14_who_cannot_be_taken_up_is_told_so_and_gets_nothing_partial(
    standing: Web, room: LiveRoom, held: Held
) -> None:
    epoch, last = say(room, 30)
    plain().client().ltrim(keys.log(room.pk), 10, -1)
    nothing = {"type": "recovered", "recovered": False, "epoch": epoch, "offset": last, "events": []}
    lost = [("another", 20), ("", 0), (epoch[:-1], 29), (epoch, 9), (epoch, 0), (epoch, 31), (epoch, 2**53 - 1)]
    for of_epoch, offset in lost:
        assert resumed(standing, room, of_epoch, offset) == nothing, (of_epoch, offset)
    for offset in (10, 29, 30):
        found = resumed(standing, room, epoch, offset)
        assert found["recovered"] is True
        assert [event["offset"] for event in found["events"]] == list(range(offset + 1, 31))
    plain().client().delete(keys.position(room.pk), keys.log(room.pk))
    assert resumed(standing, room, epoch, 30)["recovered"] is False
    held("drill 14", f"{len(lost)} wrong epochs, trimmed and future offsets, and a log that is gone: nothing partial")


def test_drill_14_a_log_that_went_on_past_what_it_keeps(
    standing: Web, room: LiveRoom, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interactions.live.room.KEEP_MS", 0)
    epoch, last = say(room, 400)
    assert resumed(standing, room, epoch, 99)["recovered"] is False
    assert len(resumed(standing, room, epoch, 100)["events"]) == 300
    assert last == 400
    held("drill 14", "a log of 400 that keeps 300: from 100 on whole, before that nothing partial")
