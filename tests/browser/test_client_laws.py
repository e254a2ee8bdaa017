"""The client against a server that says what a test wants: repeats, gaps, other logs, waits and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

FILE = Path(__file__).resolve().parents[2] / "clients" / "js" / "backyard-live.js"

# A socket that a test speaks for; what the client sends is in `sent`.
SCRIPTED = """() => {
  window.sockets = [];
  window.WebSocket = class {
    constructor(url) { Object.assign(this, { url, readyState: 0, sent: [] }); sockets.push(this); }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.readyState = 3; }
    opens() { this.readyState = 1; this.onopen?.({}); }
    says(frame) { this.says_text(JSON.stringify(frame)); }
    says_text(data) { this.onmessage({ data }); }
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
    window.errors = [];
    window.room = new LiveRoom(1, options ?? {});
    room.addEventListener("event", ({ detail }) => heard.push(detail.offset));
    room.addEventListener("reset", ({ detail }) => heard.push(detail.reason));
    room.addEventListener("error", ({ detail }) => errors.push(detail.error.code));
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


def answer(route: Route) -> None:
    """The client's file, and a page without anything."""
    if route.request.url.endswith(".js"):
        route.fulfill(content_type="text/javascript", body=FILE.read_text())
    else:
        route.fulfill(content_type="text/html", body="<!doctype html><title>Nothing</title>")


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """A page of no server at all."""
    context = browser.new_context(base_url="http://client.test")
    context.route("**/*", answer)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(blank: Page) -> Iterator[Page]:
    """A page whose sockets a test speaks for; retries come at once. Nothing may go wrong in it."""
    wrongs: list[str] = []
    blank.on("pageerror", lambda error: wrongs.append(str(error)))
    blank.goto("/")
    blank.evaluate(SCRIPTED)
    blank.evaluate("Math.random = () => 0")
    yield blank
    assert wrongs == []


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


def test_it_is_one_file_that_needs_no_other() -> None:
    source = FILE.read_text()
    assert [path.name for path in FILE.parent.glob("*.js")] == [FILE.name]
    assert "import" not in source
    assert len(source.splitlines()) <= 400


def test_what_cannot_be_recovered_in_the_middle_asks_for_another_welcome(page: Page) -> None:
    heard, sockets, position, asked = play(
        page,
        """const lost = { type: 'recovered', recovered: false, epoch: 'a', offset: 0, events: [] };
        sockets[0].says(events('a', 6)); sockets[0].says(events('a', 9)); sockets[0].says(lost);
        const t = await again(); t.says(welcome('a', 900, { likes: 9 })); t.says(lost); t.says(events('a', 901, 903));
        t.says(lost); const u = await again(); u.says(welcome('a', 950)); u.says(lost); u.says(events('a', 951));
        return [heard, sockets.length, room.position, t.sent.map(({ offset }) => offset)]""",
    )
    assert heard == [6, "position", 901, "position", 951]
    assert (sockets, position) == (3, {"epoch": "a", "offset": 951})
    assert asked == [6, 901]


@pytest.mark.parametrize(
    ("ticket", "entered", "errors"), [("null", True, 0), ("undefined", False, 1), ("''", False, 1)]
)
def test_only_null_means_nobody(page: Page, ticket: str, entered: bool, errors: int) -> None:
    scene = f"""async () => {{
      await start({{ ticket: async () => {ticket} }}).catch(() => null);
      return [room.state !== null, Math.min(errors.length, 1), errors[0] ?? 'no_ticket'];
    }}"""
    assert page.evaluate(scene) == [entered, errors, "no_ticket"]


def test_of_too_many_questions_the_oldest_are_forgotten(page: Page) -> None:
    scene = """const question = (id, more = {}) => ({ id, text: `${id}`, pinned: false, upvotes: 0, ...more });
        sockets[0].ends(4002); const s = await again();
        s.says(welcome('b', 0, { questions: [question(1, { pinned: true }), question(4), question(3), question(2)] }));
        const asked = (_, n) => ({ type: 'question', offset: n + 1, question: question(n + 5) });
        const all = Array.from({ length: 1000 }, asked);
        s.says({ type: 'events', epoch: 'b', events: all });
        const answer = { type: 'answer', offset: 1001, question: question(2, { answer: 'Yes.' }) };
        s.says({ type: 'events', epoch: 'b', events: [answer] });
        const ids = [...room.state.questions.keys()].sort((a, b) => a - b); return [ids.length, ids.slice(0, 3)]"""
    assert play(page, scene) == [1000, [1, 2, 7]]


def test_votes_change_a_number_of_what_is_known(page: Page) -> None:
    scene = """sockets[0].ends(4002); const s = await again();
        s.says(welcome('b', 0, { questions: [{ id: 7, text: '?', pinned: false, upvotes: 1, answer: 'It is.' }] }));
        const before = room.state.questions.get(7);
        const changed = (offset, question_id) => ({ type: 'question_changed', offset, question_id, upvotes: 5 });
        s.says({ type: 'events', epoch: 'b', events: [changed(1, 7), changed(2, 8)] });
        return [before.upvotes, [...room.state.questions.values()]]"""
    assert play(page, scene) == [1, [{"id": 7, "text": "?", "pinned": False, "upvotes": 5, "answer": "It is."}]]


def test_a_refused_ticket_is_heard_of_and_its_time_kept(page: Page) -> None:
    wait, errors = page.evaluate("""async () => {
      await start({ ticket: async () => "t" });
      const error = { code: "unavailable", detail: "Later.", retry_after: 20 };
      sockets[0].says({ reply: "auth", error }); sockets[0].ends(4000);
      return [room.link.nextTry - Date.now(), errors];
    }""")
    assert 19_500 < wait < 21_000
    assert errors == ["unavailable"]


def test_a_clock_that_is_set_back_makes_nobody_wait(page: Page) -> None:
    scene = """sockets[0].says({ type: 'error', error: { code: 'unavailable', detail: 'Later.', retry_after: 0.2 } });
        const real = Date.now; Date.now = () => real() - 3_600_000; sockets[0].ends(4000); await again();
        Date.now = real; return sockets.length"""
    assert play(page, scene) == 2


def test_what_waited_is_sent_again_no_faster_than_a_server_takes_it(page: Page) -> None:
    at_once, most, rate, order = play(
        page,
        """sockets[0].ends(4000); for (let n = 1; n <= 12; n++) room.pin(n); const t = await again();
        const began = performance.now(); t.says(welcome('a', 5));
        const pins = () => t.sent.filter(({ type }) => type === 'pin');
        const first = pins().length; room.pin(99);
        while (pins().length < 13) await new Promise((go) => setTimeout(go, 20));
        const seconds = (performance.now() - began) / 1000; room.pin(100);
        return [first, pins().length, pins().length / seconds, pins().map(({ question }) => question)]""",
    )
    assert (at_once, most) == (1, 14)
    assert rate < 10
    assert order == [*range(1, 13), 99, 100]


def test_who_closes_while_hearing_hears_no_more(page: Page) -> None:
    scene = """room.addEventListener('event', () => room.close()); sockets[0].says(events('a', 6, 7, 8));
        return [heard, room.position.offset]"""
    assert play(page, scene) == [[6], 6]


def test_what_is_no_frame_is_no_harm(page: Page) -> None:
    scene = """for (const text of ['null', '{', '3', '[]', '{}', '"x"']) sockets[0].says_text(text);
        sockets[0].says(events('a', 6)); return [room.link.state, heard]"""
    assert play(page, scene) == ["online", [6]]
