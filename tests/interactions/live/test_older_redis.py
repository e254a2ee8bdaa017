"""Redis comes back older than it was: no viewer takes new events for those that it has seen."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from interactions.live.events import QuestionHidden
from interactions.live.room import Position, append
from interactions.models import LiveRoom
from tests.faults.own_redis import OwnRedis, own_redis
from tests.faults.processes import web
from tests.interactions.live.screen import Screen, ticket_of
from tests.people import Person

__all__ = ["own_redis"]


def test_a_log_that_fell_back_begins_a_new_epoch(own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_PLAIN_URL", own_redis.url)

    def say(number: int) -> Position:
        return append(room_id=7, event=QuestionHidden(id=number, question_id=number))

    first, second = say(1), say(2)
    own_redis.save()
    forgotten = say(3)
    assert (first.epoch, forgotten.offset) == (second.epoch, 3)
    own_redis.die_and_come_back()
    anew = say(4)
    assert anew.epoch != first.epoch
    assert anew.offset == 1
    assert say(5) == (anew.epoch, 2)


def test_viewers_come_back_to_a_fresh_welcome(
    own_redis: OwnRedis, room: LiveRoom, alice: Person, bob: Person, tmp_path: Path
) -> None:
    with web(tmp_path / "web.log", REDIS_URL=own_redis.url) as address, ExitStack() as opened:

        def screen(person: Person) -> Screen:
            there = Person(base_url=address, user=person.user, token=person.token)
            found = opened.enter_context(Screen(address, room.pk))
            found.send({"type": "auth", "ticket": ticket_of(there)})
            found.welcome = found.of_type("welcome")
            there.close()
            return found

        asker, viewer = screen(bob), screen(alice)
        asker.do("ask", text="Kept?", client_id="1")
        own_redis.save()
        asker.do("ask", text="Forgotten by Redis?", client_id="2")
        viewer.ever(lambda frame: any(event["offset"] == 2 for event in frame.get("events", ())))
        own_redis.die_and_come_back()
        # By the hub alone, as soon as it is subscribed again.
        assert viewer.closed() == asker.closed() == 4002
        time.sleep(settings.REDIS_BREAKER_S)
        back = screen(alice)
        assert back.welcome["epoch"] != viewer.welcome["epoch"]
        assert sorted(question["text"] for question in back.welcome["questions"]) == ["Forgotten by Redis?", "Kept?"]
        assert back.do("resume", epoch=viewer.welcome["epoch"], offset=2)["recovered"] is False
        assert back.do("answer", question=back.welcome["questions"][0]["id"], text="Yes.")["ok"]
        assert back.ever(lambda frame: frame.get("type") == "events")["events"][0]["offset"] == 1
