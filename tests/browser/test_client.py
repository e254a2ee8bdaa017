"""The reference client in a real browser: every event once and in order, whatever networks and servers do."""

from __future__ import annotations

import time
from typing import Any

import pytest

from core.redis import plain
from interactions.models import LiveRoom, Question, RoomStatus
from interactions.services import questions, rooms
from tests.browser.conftest import WAIT_MS, Look, Visit
from tests.browser.wire import Wire
from tests.conftest import Newcomer, Site
from tests.faults.processes import wait_for
from tests.people import Person

# A page of the site without a script of its own, so that only the client runs in it.
BLANK = "/healthz"
START = """async ({ room, options }) => {
  const live = await import("/static/clients/backyard-live.js");
  const heard = (window.heard = { events: [], resets: 0, welcomes: 0, states: [], errors: [], tickets: 0 });
  const withTicket = options.token && { ticket: async () => {
    heard.tickets += 1;
    const answer = await fetch("/api/v1/ws-tickets", { method: "POST", headers: { "X-Session-Token": options.token } });
    if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
    return (await answer.json()).ticket;
  } };
  window.live = live;
  window.room = new live.LiveRoom(room, withTicket || {});
  window.room.addEventListener("event", ({ detail }) => heard.events.push([window.room.position.epoch, detail.offset]));
  window.room.addEventListener("reset", () => (heard.resets += 1));
  window.room.addEventListener("welcome", () => (heard.welcomes += 1));
  window.room.addEventListener("state", ({ detail }) => heard.states.push(detail.state));
  window.room.addEventListener("error", ({ detail }) => heard.errors.push(detail.error.code));
  window.room.connect();
}"""


class Client:
    """The client in one page."""

    def __init__(self, look: Look, room: LiveRoom, **options: Any) -> None:
        self.page = look.page
        self.page.evaluate(START, {"room": room.pk, "options": options})

    def until(self, holds: str) -> None:
        """Waits for an expression of the page. Asked again and again from here: the page's policy forbids `eval`."""
        deadline = time.monotonic() + WAIT_MS / 1000
        while not self.page.evaluate(holds):
            assert time.monotonic() < deadline, (holds, self.page.evaluate("[heard, room.link, room.position]"))
            self.page.wait_for_timeout(20)

    def say(self, expression: str) -> Any:
        """What an expression of the page gives."""
        return self.page.evaluate(expression)

    def online(self) -> None:
        """Waits for the connection."""
        self.until("room.link.state === 'online' && room.state !== null")

    def offsets(self) -> list[int]:
        """Those of all events that were delivered, in the order they came."""
        return [offset for _, offset in self.say("heard.events")]


@pytest.fixture
def ask(room: LiveRoom, bob: Person) -> Any:
    """Bob asks so many questions, not through the browser under test."""
    asked = 0

    def ask_some(count: int) -> list[Question]:
        nonlocal asked
        found = []
        for _ in range(count):
            asked += 1
            found.append(
                questions.ask(user_id=bob.id, room_id=room.pk, text=f"Question {asked}?", client_id=f"c{asked}")
            )
        return found

    return ask_some


def test_events_come_once_and_in_order_although_the_network_was_cut(
    visit: Visit, wire: Wire, room: LiveRoom, ask: Any
) -> None:
    client = Client(visit(BLANK, base_url=wire.base_url), room)
    client.online()
    ask(3)
    client.until("heard.events.length === 3")
    wire.cut()
    client.until("room.link.state === 'waiting'")
    ask(4)
    wire.mend()
    client.until("heard.events.length >= 7")
    ask(2)
    client.until("heard.events.length >= 9")
    assert client.offsets() == list(range(1, 10))
    assert client.say("[heard.resets, room.state.questions.size]") == [0, 9]


def test_a_network_that_died_without_a_word_is_noticed(visit: Visit, wire: Wire, room: LiveRoom, ask: Any) -> None:
    look = visit(BLANK, base_url=wire.base_url)
    look.page.clock.install()
    client = Client(look, room)
    client.online()
    wire.freeze()
    ask(2)
    look.page.clock.fast_forward(29_000)
    assert client.say("room.link.state") == "online"
    look.page.clock.fast_forward(2_000)
    look.page.clock.fast_forward(11_000)
    client.until("room.link.state !== 'online'")
    wire.mend()
    client.online()
    client.until("heard.events.length === 2")
    assert client.offsets() == [1, 2]


def test_without_a_network_it_waits_and_comes_back_at_once(visit: Visit, wire: Wire, room: LiveRoom, ask: Any) -> None:
    look = visit(BLANK, base_url=wire.base_url)
    client = Client(look, room)
    client.online()
    look.context.set_offline(True)
    wire.cut()
    client.until("room.link.state === 'waiting' && room.link.nextTry === null")
    ask(1)
    tries = len(client.say("heard.states.filter((state) => state === 'connecting')"))
    look.page.wait_for_timeout(700)
    assert len(client.say("heard.states.filter((state) => state === 'connecting')")) == tries
    wire.mend()
    look.context.set_offline(False)
    client.online()
    client.until("heard.events.length === 1")


def test_a_log_that_is_gone_resets_the_room(visit: Visit, room: LiveRoom, wire: Wire, ask: Any, alice: Person) -> None:
    client = Client(visit(BLANK, base_url=wire.base_url), room)
    client.online()
    first, *_ = ask(2)
    client.until("heard.events.length === 2")
    epoch = client.say("room.position.epoch")
    wire.cut()
    client.until("room.link.state === 'waiting'")
    plain().client().flushall()
    questions.hide(user_id=alice.id, room_id=room.pk, question_id=first.pk)
    wire.mend()
    client.until("heard.resets === 1")
    ask(1)
    client.until("heard.events.length === 3")
    assert client.say("room.position.epoch") != epoch
    shown = client.say("[...room.state.questions.values()].map((question) => question.text).sort()")
    assert shown == ["Question 2?", "Question 3?"]


def test_a_position_before_the_window_resets_the_room(visit: Visit, room: LiveRoom, wire: Wire, ask: Any) -> None:
    client = Client(visit(BLANK, base_url=wire.base_url), room)
    client.online()
    ask(2)
    client.until("heard.events.length === 2")
    wire.cut()
    client.until("room.link.state === 'waiting'")
    ask(3)
    client.say("room.position.offset = 9999")  # a place that this log never had
    wire.mend()
    client.until("heard.resets === 1")
    ask(1)
    client.until("heard.events.length === 3")
    assert client.say("[room.position.offset, room.state.questions.size]") == [6, 6]


def test_two_connections_of_one_person_each_hear_everything_once(visit: Visit, room: LiveRoom, bob: Person) -> None:
    here, there = (Client(visit(BLANK, bob), room) for _ in range(2))
    here.online()
    there.online()
    reply = here.say("room.ask('Which is the oldest?', { clientId: 'same' })")
    again = there.say("room.ask('Which is the oldest?', { clientId: 'same' })")
    assert reply["question"] == again["question"]
    for client in (here, there):
        client.until("heard.events.length >= 1")
        client.page.wait_for_timeout(200)
        assert client.offsets() == [1]
        assert client.say("room.state.questions.size") == 1


def test_a_ticket_is_fetched_for_every_connection(visit: Visit, room: LiveRoom, wire: Wire, bob: Person) -> None:
    client = Client(visit(BLANK, base_url=wire.base_url), room, token=bob.token)
    client.online()
    assert client.say("room.state.you.name") == "Bob"
    wire.cut()
    client.until("room.link.state === 'waiting'")
    wire.mend()
    client.online()
    client.until("heard.welcomes === 2")
    assert client.say("heard.tickets") >= 2
    assert client.say("room.ask('Is it loose leaf?')")["status"] == "waiting"


@pytest.mark.parametrize("arrives", [False, True])
def test_a_question_in_flight_is_sent_again_and_asked_once(
    visit: Visit, room: LiveRoom, wire: Wire, bob: Person, arrives: bool
) -> None:
    client = Client(visit(BLANK, bob, base_url=wire.base_url), room)
    client.online()
    if arrives:
        wire.deafen()
    else:
        wire.freeze()
    client.say("window.asked = room.ask('Is it loose leaf?'), null")
    if arrives:
        wait_for(Question.objects.exists, seconds=8)
    wire.cut()
    client.until("room.link.state === 'waiting'")
    assert Question.objects.exists() == arrives
    wire.mend()
    assert client.say("asked")["status"] == "waiting"
    assert Question.objects.filter(room=room).count() == 1
    client.until("heard.events.length === 1 && room.state.questions.size === 1")


def test_refusals_say_why_and_how_long(visit: Visit, room: LiveRoom, bob: Person, charlie: Person) -> None:
    LiveRoom.objects.filter(id=room.pk).update(slow_mode_s=60)
    refused = """room.ask('And now?').catch(({ code, retryAfter, clientId }) => [code, retryAfter, clientId.length])"""
    client = Client(visit(BLANK, bob), room)
    client.online()
    client.say("room.ask('First?')")
    code, retry_after, length = client.say(refused)
    assert (code, length) == ("slow_mode", 24)
    assert 55 <= retry_after <= 60
    stranger = Client(visit(BLANK, charlie), room)
    stranger.online()
    assert stranger.say("room.state.you.why_not.ask") == "not_a_buyer"
    assert stranger.say(refused)[0] == "not_a_buyer"


def test_hearts_are_added_up(visit: Visit, room: LiveRoom, bob: Person) -> None:
    look = visit(BLANK, bob)
    sent: list[str] = []
    look.page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(str(data))))
    client = Client(look, room)
    client.online()
    client.say("Array.from({ length: 70 }, () => room.tap()), null")
    client.until("room.state.likes === 70")
    taps = [frame for frame in sent if '"tap"' in frame]
    assert taps == ['{"type":"tap","count":50}', '{"type":"tap","count":20}']


def test_who_signs_out_stays_out(visit: Visit, room: LiveRoom, bob: Person) -> None:
    client = Client(visit(BLANK, bob), room)
    client.online()
    assert bob.delete("/_allauth/app/v1/auth/session").status_code == 401
    client.until("room.link.state === 'closed'")
    assert client.say("[room.link.code, room.link.reason]") == [4500, "signed_out"]
    assert client.say("room.ask('Hello?').catch(({ code }) => code)") == "closed"


def test_an_ended_room_is_not_dialled_again(visit: Visit, room: LiveRoom, alice: Person) -> None:
    client = Client(visit(BLANK), room)
    client.online()
    rooms.end_room(user=alice.user, room_id=room.pk)
    client.until("room.link.state === 'closed'")
    assert client.say("[room.link.code, room.link.reason, room.state.status]") == [4501, "room_ended", "ended"]


def test_a_room_that_starts_is_followed(visit: Visit, room: LiveRoom, alice: Person) -> None:
    LiveRoom.objects.filter(id=room.pk).update(status=RoomStatus.SCHEDULED)
    client = Client(visit(BLANK), room)
    client.online()
    assert client.say("room.state.status") == "scheduled"
    rooms.start_room(user=alice.user, room_id=room.pk)
    client.until("room.state.status === 'live'")


def test_the_feed_socket_says_when_it_came_back(visit: Visit, wire: Wire, room: LiveRoom, bob: Person) -> None:
    client = Client(visit(BLANK, bob, base_url=wire.base_url), room)
    client.until("window.live")
    client.say(
        "window.feed = new live.FeedSocket(), window.welcomes = [],"
        " feed.addEventListener('welcome', ({ detail }) => welcomes.push(detail.again)), feed.connect(), null"
    )
    client.until("welcomes.length === 1")
    wire.cut()
    client.until("feed.link.state === 'waiting'")
    wire.mend()
    client.until("welcomes.length === 2")
    assert client.say("welcomes") == [False, True]


def test_any_page_of_the_world_may_import_it(newcomer: Newcomer, site: Site) -> None:
    answer = newcomer("Dev").http.get(f"{site.base_url}/static/clients/backyard-live.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
