"""A busy room's page: still under a finger, no longer than can be read, its focus kept, its notices seen."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from core import clock
from interactions.models import LiveRoom, Question, RoomProduct
from tests.browser.conftest import Visit
from tests.people import Person


class Busy:
    """The page of a room in which a test makes things happen, faster than people could."""

    def __init__(self, page: Page, path: str) -> None:
        self.page = page
        self._socket: WebSocketRoute
        self._offset = 0
        self._epoch = ""
        page.route_web_socket(re.compile("/ws/rooms/"), self._open)
        page.goto(path)
        expect(page.locator("#connection")).to_have_text("Connected")

    def _open(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["type"] == "welcome":
                self._epoch, self._offset = frame["epoch"], frame["offset"]
            socket.send(message)

        server.on_message(pass_on)

    def tell(self, *events: dict[str, Any]) -> None:
        """Events of the room, in order."""
        frame = {"type": "events", "epoch": self._epoch, "events": []}
        for event in events:
            self._offset += 1
            frame["events"].append({"id": 0, "offset": self._offset, **event})  # type: ignore[attr-defined]
        self._socket.send(json.dumps(frame))

    def ask(self, *ids: int, **more: Any) -> None:
        """Somebody asks so many questions."""
        self.tell(*({"type": "question", "question": question(number, **more)} for number in ids))


def question(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "text": f"Question {number}?", "author": {"id": 9_999, "name": "Mia", "avatar": None},
        "upvotes": 0, "pinned": False, "status": "waiting", "answer": None, "answered_by": None, **more,
    }  # fmt: skip


@pytest.fixture
def at(room: LiveRoom, alice: Person) -> str:
    """The room's address; two products are on the table, three questions were asked, one of them answered."""
    for place, title in enumerate(("Oolong, 100 g", "Tea bowl")):
        RoomProduct.objects.create(
            room=room, position=place, title=title, url="https://tea.example/1", price="12.50", currency="EUR"
        )
    for number in (1, 2, 3):
        Question.objects.create(room=room, author=alice.user, client_id=f"c{number}", text=f"Early {number}?")
    return f"/rooms/{room.pk}"


def test_a_busy_room_is_still_under_a_finger_and_bounded(visit: Visit, at: str, bob: Person) -> None:
    page = visit("/healthz", bob, viewport={"width": 390, "height": 700}).page
    page.clock.install()
    busy, texts = Busy(page, at), page.locator("#questions .text")
    early = ["Early 3?", "Early 2?", "Early 1?"]
    expect(texts).to_have_text(early)

    # While a pointer is in the list, what is new waits behind a button; what is hidden goes.
    page.locator("#questions .vote").nth(1).hover()
    busy.ask(5_001, 5_002, 5_003)
    fresh = page.get_by_role("button", name="New questions: 3")
    expect(fresh).to_be_visible()
    expect(texts).to_have_text(early)
    fresh.click()
    expect(texts).to_have_text(["Question 5003?", "Question 5002?", "Question 5001?", *early])
    expect(page.locator("#unseen")).to_be_hidden()

    # While a keyboard is in the list, too; and what has the focus and goes gives it to its neighbour.
    page.mouse.move(5, 5)
    page.keyboard.press("Tab")
    focused = "document.activeElement.closest('.question')?.querySelector('.text').textContent"
    assert page.evaluate(focused) == "Question 5003?"
    busy.tell({"type": "hide", "question_id": 5_003})
    busy.ask(5_004)
    expect(page.get_by_role("button", name="New questions: 1")).to_be_visible()
    expect(texts.first).to_have_text("Question 5002?")
    assert page.evaluate(focused) == "Question 5002?"

    # Nothing that has the focus is behind the box to ask in.
    box = "document.getElementById('ask').getBoundingClientRect().top"
    for _ in range(5):
        page.keyboard.press("Tab")
        lowest = page.evaluate("document.activeElement.getBoundingClientRect().bottom")
        assert page.evaluate("document.activeElement.id") == "question" or lowest <= page.evaluate(box)

    # Of very many only so many are drawn.
    page.evaluate("document.activeElement.blur()")
    busy.ask(*range(6_000, 6_250))
    expect(texts).to_have_count(200)
    expect(texts.first).to_have_text("Question 6249?")
    page.get_by_role("button", name="Show more").click()
    expect(texts).to_have_count(250 + 3 + 3)

    # A notice is seen wherever the page is scrolled to, and goes away.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    busy.tell({"type": "started", "status": "live", "started_at": clock.now().isoformat()})
    expect(page.locator("#notice")).to_have_text("It is live now.")
    expect(page.locator("#notice")).to_be_in_viewport(ratio=1)
    page.clock.fast_forward(8_000)
    expect(page.locator("#notice")).to_have_text("")


def test_drawing_leaves_alone_what_did_not_change(
    visit: Visit, at: str, room: LiveRoom, alice: Person, bob: Person
) -> None:
    host = visit("/healthz", alice)
    busy = Busy(host.page, at)
    page = host.page
    button = page.locator(".product", has_text="Tea bowl").get_by_role("button", name="Show to all")
    button.focus()
    page.evaluate(
        "window.changed = 0; new MutationObserver((found) => (changed += found.length))"
        ".observe(document.getElementById('products-box'), { childList: true, subtree: true })"
    )
    busy.ask(5_001)
    expect(page.locator("#questions .text").first).to_have_text("Question 5001?")
    expect(button).to_be_focused()
    assert page.evaluate("changed") == 0
    products = [str(product.pk) for product in room.products.all()]
    busy.tell({"type": "feature", "product_id": int(products[1])})
    expect(page.locator(".product[data-featured]")).to_have_attribute("data-id", products[1])
    expect(page.locator(".product", has_text="Tea bowl").get_by_role("button", name="Stop showing")).to_be_focused()

    # Votes of one question touch its item alone.
    page.evaluate(
        "changed = new Set(); new MutationObserver((found) => found.forEach(({ target }) => changed.add("
        "(target.closest ?? target.parentElement.closest).call(target.closest ? target : target.parentElement,"
        " '.question')?.dataset.id)))"
        ".observe(document.getElementById('questions'), { childList: true, subtree: true, characterData: true })"
    )
    busy.tell({"type": "question_changed", "question_id": 5_001, "upvotes": 7})
    expect(page.locator("#q5001 .votes")).to_have_text("7")
    assert page.evaluate("[...changed]") == ["5001"]


def test_a_server_s_bad_page_is_an_error_with_words(visit: Visit, at: str, alice: Person) -> None:
    look = visit("/healthz", alice)
    page = look.page
    page.route("**/end", lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad</h1>"))
    page.goto(at)
    expect(page.locator("#connection")).to_have_text("Connected")
    page.get_by_role("button", name="End the room").first.click()
    page.locator("#really").get_by_role("button", name="End the room").click()
    expect(page.locator("#notice")).to_have_text("That did not work: 502")
    look.wrongs.clear()  # the browser notes the 502 itself
