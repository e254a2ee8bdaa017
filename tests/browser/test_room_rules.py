"""Mutes and slow mode on the room's page: buttons do what they say, waits last as long as the rules of now have it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from core import clock
from core.redis import plain
from interactions.models import LiveRoom, RoomMute
from interactions.services import mutes, room_settings
from tests.browser.conftest import Look, Visit
from tests.browser.test_room_page import ask
from tests.browser.wire import Wire
from tests.people import Person

SLOW = re.compile(r"Slow mode: you can ask again in (60|5\d) s\.")


@pytest.fixture
def at(room: LiveRoom) -> str:
    """The room's address."""
    return f"/rooms/{room.pk}"


def mute_button(look: Look, text: str) -> Locator:
    return look.page.locator("#questions .question", has_text=text).locator("[data-act=mute]")


def test_the_mute_button_says_what_holds_and_does_what_it_says(
    visit: Visit, at: str, room: LiveRoom, alice: Person, bob: Person, paula: Person
) -> None:
    for person, text in ((bob, "First?"), (bob, "Second?"), (alice, "Mine?")):
        ask(room, person, text)
    host, other = visit(at, alice), visit(at, paula)
    for look in (host, other):
        expect(mute_button(look, "First?")).to_have_text("Mute")
        expect(look.page.locator("#connection")).to_have_text("Connected")
    mute_button(host, "First?").click()
    for text in ("First?", "Second?"):
        expect(mute_button(host, text)).to_have_text("Unmute")
    expect(mute_button(host, "Mine?")).to_have_text("Mute")

    # What another moderator's screen says is done, though it does not know: to mute again is no end of it.
    expect(mute_button(other, "Second?")).to_have_text("Mute")
    mute_button(other, "Second?").click()
    expect(mute_button(other, "Second?")).to_have_text("Unmute")
    assert RoomMute.objects.filter(user=bob.user, until__gt=clock.now()).exists()

    # It is known after a reload, and ended by the button that says so, beside whichever question.
    other.page.reload()
    expect(mute_button(other, "First?")).to_have_text("Unmute")
    mute_button(other, "First?").click()
    expect(mute_button(other, "Second?")).to_have_text("Mute")
    assert not RoomMute.objects.filter(user=bob.user, until__gt=clock.now()).exists()


def test_a_mute_s_end_is_seen_by_the_host(visit: Visit, at: str, room: LiveRoom, alice: Person, bob: Person) -> None:
    ask(room, bob, "First?")
    mutes.mute(user_id=alice.id, room_id=room.pk, muted_id=bob.id, seconds=60)
    look = visit("/healthz", alice)
    look.page.clock.install()
    look.page.goto(at)
    expect(mute_button(look, "First?")).to_have_text("Unmute")
    look.page.clock.fast_forward(61_000)
    expect(mute_button(look, "First?")).to_have_text("Mute")


def test_slow_mode_follows_the_rules_of_now(visit: Visit, at: str, room: LiveRoom, alice: Person, bob: Person) -> None:
    LiveRoom.objects.filter(id=room.pk).update(slow_mode_s=60)
    look = visit(at, bob)
    page, why = look.page, look.page.locator("#why")
    expect(page.locator("#connection")).to_have_text("Connected")
    box = page.get_by_label("Ask the host")
    box.fill("First?")
    page.keyboard.press("Enter")
    expect(why).to_have_text(SLOW)
    # A clock that somebody sets changes nothing.
    page.evaluate("const real = Date.now; Date.now = () => real() - 3_600_000")
    box.fill("Second?")
    expect(why).to_have_text(SLOW)
    room_settings.change_settings(user_id=alice.id, room_id=room.pk, rules={"slow_mode_s": 0})
    expect(why).to_have_text("")
    expect(page.locator("#ask").get_by_role("button", name="Ask")).to_be_enabled()
    room_settings.change_settings(user_id=alice.id, room_id=room.pk, rules={"slow_mode_s": 60})
    expect(why).to_have_text(SLOW)
    page.reload()
    expect(why).to_have_text(SLOW)


def test_ears_need_no_countdown_and_are_told_why_the_room_is_new(
    visit: Visit, at: str, room: LiveRoom, wire: Wire, bob: Person
) -> None:
    look = visit(at, bob, base_url=wire.base_url)
    page = look.page
    expect(page.locator("#connection")).to_have_text("Connected")
    ask(room, bob, "First?")
    expect(page.locator("#questions .text")).to_have_text(["First?"])
    page.evaluate("Math.random = () => 0.9")
    wire.cut()
    expect(page.locator("#countdown")).to_have_text(re.compile(r"Next try in \d s\."))
    expect(page.locator("#connection")).to_have_text("The connection was lost.")
    assert page.evaluate("document.getElementById('countdown').closest('[role=status], [aria-live]')") is None
    expect(page.locator("#countdown")).to_have_attribute("aria-hidden", "true")
    plain().client().flushall()
    wire.mend()
    page.evaluate("Math.random = () => 0")
    expect(page.locator("#notice")).to_have_text("The room was loaded anew.")
    expect(page.locator("#countdown")).to_have_text("")
