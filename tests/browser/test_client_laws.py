"""The client against a server that says what a test wants: repeats, gaps, other logs, waits and refusals."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

# A socket that a test speaks for; what the client sends is in `sent`.
SCRIPTED = """() => {
  window.sockets = [];
  window.WebSocket = class {
    constructor(url) { Object.assign(this, { url, readyState: 0, sent: [] }); sockets.push(this); }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.readyState = 3; }
    opens() { this.readyState = 1; this.onopen?.({}); }
    says(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
    ends(code) { this.readyState = 3; this.onclose({ code }); }
  };
  window.welcome = (epoch, offset, more = {}) => ({
    type: "welcome", room: { id: 1, status: "live", slow_mode_s: 0 }, epoch, offset, questions: [], products: [],
    likes: 0, viewers: 1, you: { id: null, can: {}, why_not: {} }, ...more });
  window.events = (epoch, ...offsets) => ({
    type: "events", epoch, events: offsets.map((offset) => ({ type: "pin", offset, question_id: 1, pinned: true })) });
  window.start = async (options) => {
    const { LiveRoom } = await import("/static/clients/backyard-live.js");
    window.heard = [];
    window.room = new LiveRoom(1, options ?? {});
    room.addEventListener("event", ({ detail }) => heard.push(detail.offset));
    room.addEventListener("reset", ({ detail }) => heard.push(detail.reason));
    room.connect();
    await Promise.resolve();
    sockets[0].opens();
    sockets[0].says(welcome("a", 5));
  };
  window.again = async () => {  // another connection, at once
    const count = sockets.length;
    for (let wait = 0; wait < 100 && sockets.length === count; wait++) await new Promise((go) => setTimeout(go, 20));
    sockets.at(-1).opens();
    return sockets.at(-1);
  };
}"""


@pytest.fixture
def page(visit: Visit) -> Page:
    """A page whose sockets a test speaks for; retries come at once."""
    page = visit("/healthz").page
    page.evaluate(SCRIPTED)
    page.evaluate("Math.random = () => 0")
    return page


def play(page: Page, scene: str) -> Any:
    """Runs a scene in the page; gives what it returns, in good time."""
    late = "new Promise((give) => setTimeout(give, 8000, 'too late'))"
    return page.evaluate(f"() => Promise.race([(async () => {{ await start(); {scene} }})(), {late}])")


def test_what_is_repeated_is_delivered_once(page: Page) -> None:
    scene = """const s = sockets[0]; s.says(events('a', 5, 6)); s.says(events('a', 6, 7)); s.says(events('a', 7));
        return heard"""
    assert play(page, scene) == [6, 7]


def test_a_gap_is_asked_for_and_what_follows_it_waits(page: Page) -> None:
    heard, sent = play(
        page,
        """const s = sockets[0]; s.says(events('a', 6, 9)); s.says(events('a', 10)); const before = [...heard];
        s.says({ ...events('a', 7, 8, 9), type: 'recovered', recovered: true, offset: 9 }); s.says(events('a', 11));
        return [[before, heard], s.sent]""",
    )
    assert heard == [[6], [6, 7, 8, 9, 10, 11]]
    assert sent == [{"type": "resume", "id": "resume", "epoch": "a", "offset": 6}]


def test_after_a_reconnect_live_events_wait_for_what_was_missed(page: Page) -> None:
    before, heard, sent = play(
        page,
        """sockets[0].says(events('a', 6)); sockets[0].ends(1006); const s = await again();
        s.says(welcome('a', 8)); s.says(events('a', 9)); const before = [...heard];
        s.says({ ...events('a', 7, 8, 9), type: 'recovered', recovered: true, offset: 9 }); s.says(events('a', 10));
        return [before, heard, s.sent]""",
    )
    assert (before, heard) == ([6], [6, 7, 8, 9, 10])
    assert sent == [{"type": "resume", "id": "resume", "epoch": "a", "offset": 6}]


def test_what_cannot_be_recovered_resets_and_goes_on_from_the_welcome(page: Page) -> None:
    scene = """sockets[0].ends(4001); const s = await again(); s.says(welcome('a', 400, { likes: 9 }));
        s.says(events('a', 401)); s.says({ type: 'recovered', recovered: false, epoch: 'a', offset: 401, events: [] });
        s.says(events('a', 402)); return [heard, room.position, room.state.likes]"""
    assert play(page, scene) == [["position", 401, 402], {"epoch": "a", "offset": 402}, 9]


def test_another_log_resets_without_asking(page: Page) -> None:
    scene = """sockets[0].ends(4002); const s = await again(); s.says(welcome('b', 2)); s.says(events('b', 3));
        return [heard, room.position, s.sent]"""
    assert play(page, scene) == [["epoch", 3], {"epoch": "b", "offset": 3}, []]


def test_events_of_another_log_are_not_taken_for_ours(page: Page) -> None:
    scene = """sockets[0].says(events('b', 6)); const before = [...heard, room.link.state]; const s = await again();
        s.says(welcome('b', 7)); return [before, heard]"""
    assert play(page, scene) == [["waiting"], ["epoch"]]


def test_without_a_log_the_place_is_kept_until_there_is_one(page: Page) -> None:
    scene = """sockets[0].says(events('a', 6)); sockets[0].ends(1006); let s = await again(); s.says(welcome(null, 0));
        const kept = { ...room.position }; s.ends(4002); s = await again(); s.says(welcome('a', 6));
        return [kept, s.sent, heard]"""
    kept, sent, heard = play(page, scene)
    assert kept == {"epoch": "a", "offset": 6}
    assert sent == [{"type": "resume", "id": "resume", **kept}]
    assert heard == [6]


def test_a_server_that_asks_for_time_to_resume_is_given_it(page: Page) -> None:
    scene = """sockets[0].ends(1006); const s = await again(); s.says(welcome('a', 5));
        s.says({ reply: 'resume', error: { code: 'unavailable', detail: 'Later.', retry_after: 1 } });
        const at_once = s.sent.length; await new Promise((go) => setTimeout(go, 1200));
        return [at_once, s.sent.length]"""
    assert play(page, scene) == [1, 2]


def test_a_server_that_names_a_time_is_not_called_before(page: Page) -> None:
    scene = """const error = { code: 'too_many_sockets', detail: 'Too many.', retry_after: 60 };
        sockets[0].says({ type: 'error', error }); sockets[0].ends(4008);
        const wait = room.link.nextTry - Date.now(); dispatchEvent(new Event('online'));
        return [wait > 59_000 && wait < 61_000, sockets.length, room.link.code]"""
    assert play(page, scene) == [True, 1, 4008]


@pytest.mark.parametrize(("code", "reason"), [(4500, "signed_out"), (4503, "forbidden"), (4504, "bad_frames")])
def test_some_codes_are_for_good(page: Page, code: int, reason: str) -> None:
    scene = f"""const asked = room.ask('?').catch(({{ code }}) => code); sockets[0].ends({code});
        await new Promise((go) => setTimeout(go, 100)); return [room.link.reason, sockets.length, await asked]"""
    assert play(page, scene) == [reason, 1, "closed"]


def test_frames_wait_for_a_connection_and_are_sent_again_until_they_are_answered(page: Page) -> None:
    first, second, third, answer = play(
        page,
        """let got = null; const [s] = sockets; room.pin(7).then((reply) => (got = reply)); const first = s.sent;
        s.ends(4000); const t = await again(); room.hide(8); const early = t.sent.length; t.says(welcome('a', 5));
        const second = t.sent.filter(({ type }) => type === 'pin');
        t.says({ reply: second[0].id, ok: true, question: 7 });
        t.ends(4000); const u = await again(); u.says(welcome('a', 5)); await Promise.resolve();
        return [first, [early, second], u.sent.filter(({ type }) => type === 'pin'), got]""",
    )
    assert first == [{"type": "pin", "question": 7, "pinned": True, "id": "f1"}]
    assert second == [0, first]
    assert third == []
    assert answer == {"ok": True, "question": 7}


def test_a_ticket_is_first_and_the_welcome_of_a_nobody_is_not_for_us(page: Page) -> None:
    tickets, sent, entered = page.evaluate("""async () => {
      let tickets = 0;
      await start({ ticket: async () => `t${++tickets}` });  // welcomed before the ticket was read
      const [s] = sockets, early = room.state;
      s.says({ reply: 'auth', ok: true }); s.says(welcome('a', 5)); s.ends(1006); const t = await again();
      t.says({ reply: 'auth', error: { code: 'bad_ticket', detail: 'Old.', retry_after: null } }); await again();
      return [tickets, sockets.map(({ sent }) => sent[0]), [early, room.state !== null]];
    }""")
    assert tickets == 3
    assert sent == [{"type": "auth", "id": "auth", "ticket": f"t{number}"} for number in (1, 2, 3)]
    assert entered == [None, True]


def test_a_product_that_is_shown_and_a_new_table_are_followed(page: Page) -> None:
    scene = """const s = sockets[0];
        const put = (offset, event) => s.says({ type: 'events', epoch: 'a', events: [{ ...event, offset }] });
        put(6, { type: 'products', products: [{ id: 1, featured: false }, { id: 2, featured: true }] });
        put(7, { type: 'feature', product_id: 1 }); const shown = room.state.products.map(({ featured }) => featured);
        put(8, { type: 'feature', product_id: null });
        s.says({ type: 'you', role: null, can: { ask: false }, why_not: { ask: 'muted' }, retry_after: 30 });
        s.says({ type: 'something new', offset: 3 });
        return [shown, room.state.products.map(({ featured }) => featured), room.state.you.retry_after, heard]"""
    assert play(page, scene) == [[True, False], [False, False], 30, [6, 7, 8]]


def test_retries_spread_and_grow_to_half_a_minute(page: Page) -> None:
    longest, shortest = page.evaluate("""async () => {
      const { backoff } = await import("/static/clients/backyard-live.js");
      return [Array.from({ length: 12 }, (_, n) => backoff(n + 1, () => 1)), backoff(5, () => 0)];
    }""")
    assert longest == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]
    assert shortest == 0


def test_closing_ends_all(page: Page) -> None:
    scene = """const asked = room.ask('?').catch(({ code }) => code); room.close(); dispatchEvent(new Event('online'));
        await new Promise((go) => setTimeout(go, 100));
        return [await asked, room.link.state, room.link.reason, sockets.length, sockets[0].readyState]"""
    assert play(page, scene) == ["closed", "closed", "closed", 1, 3]
