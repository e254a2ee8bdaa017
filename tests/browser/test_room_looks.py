"""How the room's pages look: three languages, phone and laptop, light and dark; pictures go to var/screenshots/."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import clock
from interactions.models import LiveRoom, Question, QuestionStatus, RoomProduct, RoomStatus
from tests.browser.conftest import SCREENSHOTS, Look, Visit
from tests.people import Person, make_user

LANGUAGES = {"en": "en", "zh-CN": "zh-hans", "zh-TW": "zh-hant"}
# Colours are the same in every language: both themes are looked at in one.
THEMES = {"en": ("light", "dark"), "zh-CN": ("light",), "zh-TW": ("dark",)}
VIEWPORTS = {"phone": {"width": 390, "height": 844}, "laptop": {"width": 1280, "height": 800}}
SAID = {"en": "Connected", "zh-CN": "已连接", "zh-TW": "已連線"}
QUESTIONS = [
    (
        "Mia",
        "Is this year's spring harvest milder than the last one?",
        12,
        "Yes: it rained late, so the leaves are softer.",
    ),
    ("林小雨", "這款烏龍適合冷泡嗎？大概要泡多久？", 7, "很適合，冷藏六到八小時就可以了。"),
    ("Tom", "Do you ship to Norway before Christmas?", 3, ""),
    ("陈晨", "一百克大概可以喝多少次？", 0, ""),
]

FAULTS = (Path(__file__).parent / "readable.js").read_text()


@pytest.fixture
def full_room(room: LiveRoom, alice: Person) -> LiveRoom:
    """With products, questions and answers of people who write in three scripts."""
    start = clock.now() - timedelta(minutes=25)
    LiveRoom.objects.filter(id=room.pk).update(started_at=start, likes=1286, peak_viewers=43)
    for place, (title, price) in enumerate((("Oolong, 100 g", "12.50"), ("Tea bowl, 紅土", "34.00"))):
        RoomProduct.objects.create(
            room=room, position=place, title=title, url="https://tea.example/1", price=price, currency="EUR",
            featured=place == 1,
        )  # fmt: skip
    for place, (name, text, upvotes, answer) in enumerate(QUESTIONS):
        answered = {
            "status": QuestionStatus.ANSWERED, "answer": answer, "answered_by": alice.user,
            "answered_at": start + timedelta(minutes=6 * place + 2, seconds=14),
        } if answer else {}  # fmt: skip
        Question.objects.create(
            room=room, author=make_user(name, email=f"p{place}@example.org"), client_id=f"c{place}", text=text,
            upvotes=upvotes, pinned_at=clock.now() if place == 1 else None, **answered,
        )  # fmt: skip
    room.refresh_from_db()
    return room


def picture_each(look: Look, name: str, *, full: bool = True, themes: tuple[str, ...] = ("light", "dark")) -> None:
    """Every viewport in both themes: a picture, and no fault. `full`: of the whole page, unless something sticks."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page: Page = look.page
    for viewport, size in VIEWPORTS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of the same shape
        for theme in themes:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of two words
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=SCREENSHOTS / f"{name}-{viewport}-{theme}.png", full_page=full)
            assert page.evaluate(FAULTS) == [], f"{name}, {viewport}, {theme}"
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate(FAULTS) == [], f"{name} on a small phone"


def test_the_live_room_in_each_language(visit: Visit, full_room: LiveRoom, bob: Person) -> None:
    for language in LANGUAGES:
        the_live_room(visit, full_room, bob, language)


def the_live_room(visit: Visit, full_room: LiveRoom, bob: Person, language: str) -> None:
    look = visit(f"/rooms/{full_room.pk}", bob, locale=language)
    expect(look.page.locator("#connection")).to_have_text(SAID[language])
    expect(look.page.locator("html")).to_have_attribute("lang", LANGUAGES[language])
    look.page.get_by_role("textbox").fill("How long does it keep once it is open?")
    picture_each(look, f"room-live-{LANGUAGES[language]}", full=False, themes=THEMES[language])


def test_the_host_s_page(visit: Visit, full_room: LiveRoom, alice: Person) -> None:
    look = visit(f"/rooms/{full_room.pk}", alice)
    expect(look.page.locator("#connection")).to_have_text("Connected")
    asked = look.page.locator("#questions .question", has_text="Norway")
    asked.get_by_role("button", name="Answer", exact=True).click()
    expect(asked.get_by_label("Your answer")).to_be_focused()
    asked.get_by_label("Your answer").fill("Until the tenth of December, yes.")
    picture_each(look, "room-host")
    look.page.keyboard.press("Escape")
    expect(asked.get_by_role("button", name="Answer", exact=True)).to_be_focused()


def test_before_and_after_in_each_language(visit: Visit, full_room: LiveRoom, bob: Person) -> None:
    for language in LANGUAGES:
        before_and_after(visit, full_room, bob, language)


def before_and_after(visit: Visit, full_room: LiveRoom, bob: Person, language: str) -> None:
    soon = clock.now() + timedelta(hours=26)
    LiveRoom.objects.filter(id=full_room.pk).update(status=RoomStatus.SCHEDULED, starts_at=soon, started_at=None)
    look = visit(f"/rooms/{full_room.pk}", bob, locale=language, timezone_id="Asia/Taipei")
    expect(look.page.locator("#connection")).to_have_text(SAID[language])
    expect(look.page.locator(".starts time")).not_to_contain_text("UTC")
    picture_each(look, f"room-soon-{LANGUAGES[language]}", themes=THEMES[language])
    LiveRoom.objects.filter(id=full_room.pk).update(
        status=RoomStatus.ENDED, started_at=full_room.started_at, ended_at=clock.now()
    )
    look.page.reload()
    expect(look.page.locator(".after")).to_have_text(["2:14", "8:14"])
    picture_each(look, f"room-ended-{LANGUAGES[language]}", themes=THEMES[language])


def test_without_javascript_it_can_be_read(visit: Visit, full_room: LiveRoom) -> None:
    look = visit(f"/rooms/{full_room.pk}", java_script_enabled=False)
    expect(look.page.locator("#questions .text")).to_have_count(4)
    expect(look.page.locator("#questions .answer-text").first).to_contain_text("冷藏六到八小時")
    expect(look.page.locator("noscript")).to_be_visible()
    expect(look.page.locator(".product[data-featured]")).to_contain_text("Tea bowl")


def test_a_keyboard_reaches_everything_in_the_order_that_is_read(
    visit: Visit, full_room: LiveRoom, bob: Person
) -> None:
    look = visit(f"/rooms/{full_room.pk}", bob)
    expect(look.page.locator("#heart")).to_be_enabled()
    reached = []
    for _ in range(10):
        look.page.keyboard.press("Tab")
        reached.append(look.page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.id || e.dataset.act || e.dataset.sort || e.tagName, s.outlineStyle !== 'none'] })()"
        ))  # fmt: skip
    assert all(outlined for _, outlined in reached)
    names = [name for name, _ in reached]
    assert names[:5] == ["heart", "A", "A", "time", "votes"]
    assert names[5:] == ["vote", "vote", "vote", "vote", "question"]


def test_there_is_no_such_room(visit: Visit, full_room: LiveRoom) -> None:
    look = visit("/rooms/999999")
    expect(look.page.locator("h1")).to_have_text("There is no such room")
    assert re.search("Traceback|Exception", look.page.content()) is None
    look.wrongs.clear()  # the browser notes the 404 itself
    picture_each(look, "room-missing")
