"""What is too much of one person, of one room, of one address and of one process, and how it is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from core.problems import RateLimited
from interactions.live import room as live_log
from interactions.live.events import Event
from interactions.live.hearing import Allowance
from interactions.live.outlet import MAX_FRAME_BYTES
from interactions.models import AskPolicy, LiveRoom, Question
from interactions.services import questions
from tests.conftest import Newcomer, Site
from tests.interactions.live.conftest import Watch
from tests.interactions.live.screen import Screen
from tests.people import Person


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets limits: `limit(questions_rate="3/minute")`."""
    return lambda **numbers: monkeypatch.setattr(settings, "LIMITS", replace(settings.LIMITS, **numbers))


def test_a_person_asks_so_many_questions_on_all_their_screens(
    watch: Watch, alice: Person, bob: Person, room: LiveRoom, limit: Any
) -> None:
    limit(questions_rate="3/minute")
    phone, desk, host = watch(bob), watch(bob), watch(alice)
    for number, screen in enumerate((phone, desk, phone)):
        assert screen.do("ask", text=f"{number}?", client_id=str(number))["ok"]
    refused = desk.do("ask", text="3?", client_id="3")["error"]
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retry_after"] <= 60
    assert phone.do("ask", text="0?", client_id="0")["ok"], "the same question again costs nothing"
    for number in range(5):
        assert host.do("ask", text=f"{number}?", client_id=str(number))["ok"], "staff is exempt"
    assert Question.objects.count() == 8


def test_a_room_takes_so_many_questions(room: LiveRoom, newcomer: Newcomer, limit: Any) -> None:
    limit(room_questions_rate="2/minute")
    LiveRoom.objects.update(ask_policy=AskPolicy.EVERYONE)
    people = [newcomer(name) for name in ("Ann", "Ben", "Cal")]
    for person in people[:2]:
        questions.ask(user_id=person.id, room_id=room.pk, text="Why?", client_id="1")
    with pytest.raises(RateLimited):
        questions.ask(user_id=people[2].id, room_id=room.pk, text="Why?", client_id="1")


def test_a_person_votes_so_often(watch: Watch, bob: Person, limit: Any) -> None:
    limit(votes_rate="3/minute")
    screen = watch(bob)
    question = screen.do("ask", text="Why?", client_id="1")["question"]
    for kind in ("upvote", "unvote", "upvote"):
        assert screen.do(kind, question=question)["ok"]
    assert screen.refusal("unvote", question=question) == "rate_limited"


def test_a_persons_sockets_share_what_they_may_send(watch: Watch, bob: Person, charlie: Person) -> None:
    screens, other = [watch(bob) for _ in range(4)], watch(charlie)
    for number in range(12):
        for screen in screens:
            screen.send({"type": "tap", "id": number, "count": 1})
    for screen in screens:
        screen.until(lambda frame: frame.get("reply") == 11)
    replies = [frame for screen in screens for frame in screen.seen if "reply" in frame and frame["reply"] != "auth"]
    done = [reply for reply in replies if reply.get("ok")]
    assert 20 <= len(done) <= 30
    assert {reply["error"]["code"] for reply in replies if "error" in reply} == {"rate_limited"}
    assert other.do("ping")["ok"]


def test_who_is_refused_pays_nothing() -> None:
    allowance = Allowance(0.001, 2)
    assert [allowance.take() for _ in range(100)].count(True) == 2
    assert allowance.spend() > -1.1


def test_an_address_has_so_many_signed_out_sockets(
    site: Site, room: LiveRoom, watch: Watch, bob: Person, limit: Any
) -> None:
    limit(live_sockets_per_address=2)
    signed_in = [watch(bob) for _ in range(3)]
    nobody = [watch(), watch()]
    with Screen(site.base_url, room.pk) as third:
        assert third.of_type("error")["error"]["code"] == "too_many_sockets"
        assert third.closed() == 4008
    with connect(f"ws://127.0.0.1:{site.port}/ws/feed") as feed:
        assert json.loads(feed.recv(timeout=5))["error"]["code"] == "too_many_sockets"
        with pytest.raises(ConnectionClosed):
            feed.recv(timeout=5)
    nobody[0].close()
    assert signed_in[0].do("ping")["ok"]
    nobody[1].until(lambda frame: frame.get("viewers") == 4)
    watch()


def test_a_full_process_refuses_handshakes(site: Site, watch: Watch, bob: Person, room: LiveRoom, limit: Any) -> None:
    screen = watch(bob)
    limit(live_sockets_per_process=1)
    with pytest.raises(InvalidStatus) as refused:
        Screen(site.base_url, room.pk)
    assert refused.value.response.status_code == 503
    assert bob.get("/instance").json()["limits"]["live_sockets_per_process"] == 1, "HTTP goes on"
    screen.close()


class LongEvent(Event):
    """As long as four answers."""

    padding: str = "x" * 4_000


def test_more_than_fits_a_frame_is_not_recovered(watch: Watch, room: LiveRoom) -> None:
    screen = watch()
    screen.do("ping")
    count = MAX_FRAME_BYTES // 4_000 + 1
    for number in range(1, count + 1):
        live_log.append(room_id=room.pk, event=LongEvent(id=number, type="question"))
        screen.until(lambda frame: frame["type"] == "events")
    late = watch()
    epoch = late.welcome["epoch"]
    assert late.do("resume", epoch=epoch, offset=5) | {"reply": 0} == {"reply": 0, "ok": True, "recovered": True}
    assert late.do("resume", epoch=epoch, offset=0) | {"reply": 0} == {"reply": 0, "ok": True, "recovered": False}


def test_one_resumes_three_times_in_a_breath_and_then_every_two_seconds(watch: Watch) -> None:
    screen = watch()
    position = {"epoch": screen.welcome["epoch"], "offset": screen.welcome["offset"]}
    for _ in range(3):
        assert screen.do("resume", **position)["recovered"]
    refused = screen.do("resume", **position)["error"]
    assert (refused["code"], refused["retry_after"]) == ("rate_limited", 2)
    assert screen.do("ping")["ok"]
