"""A live room's page in a real browser: asking, answering, hearts, the host's panel, and the way back after a cut."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from core import clock
from interactions.models import AskPolicy, LiveRoom, Question, QuestionStatus, RoomProduct, RoomStatus
from interactions.services import questions
from posts.models import PostStatus
from stores.models import Role
from tests.browser.conftest import Visit
from tests.browser.wire import Wire
from tests.conftest import Newcomer
from tests.people import Person, make_staff

expect.set_options(timeout=8_000)


@pytest.fixture
def at(room: LiveRoom) -> str:
    """The room's address."""
    return f"/rooms/{room.pk}"


def ask(room: LiveRoom, person: Person, text: str) -> Question:
    """A question from elsewhere."""
    return questions.ask(user_id=person.id, room_id=room.pk, text=text, client_id=re.sub(r"\W", "", text)[:60] or "q")


def test_the_host_answers_and_the_viewer_sees_it(
    visit: Visit, at: str, room: LiveRoom, wire: Wire, alice: Person, bob: Person
) -> None:
    host, viewer = visit(at, alice), visit(at, bob, base_url=wire.base_url)
    expect(viewer.page.locator("#connection")).to_have_text("Connected")
    viewer.page.get_by_label("Ask the host").fill("Is it <b>loose</b> leaf?")
    expect(viewer.page.locator("#left")).to_have_text("Characters left: 176")
    viewer.page.keyboard.press("Enter")
    expect(viewer.page.locator("#notice")).to_have_text("Your question is on the list.")
    expect(viewer.page.get_by_label("Ask the host")).to_have_value("")

    asked = host.page.locator("#questions .question", has_text="Is it <b>loose</b> leaf?")
    asked.get_by_role("button", name="Answer", exact=True).click()
    asked.get_by_label("Your answer").fill("Loose,\nand rolled.")
    asked.get_by_role("button", name="Send the answer").click()
    seen = viewer.page.locator("#questions .answer-text")
    expect(seen).to_have_text("Loose,\nand rolled.")
    expect(viewer.page.locator("#said")).to_contain_text("Alice answered: Loose")
    expect(asked.locator(".reply")).to_be_hidden()

    # The wire is cut; what happened meanwhile is there afterwards, once.
    wire.cut()
    expect(viewer.page.locator("#connection")).to_contain_text("The connection was lost")
    expect(viewer.page.locator("#heart")).to_be_disabled()
    asked.get_by_role("button", name="Pin").click()
    ask(room, alice, "While you were away?")
    wire.mend()
    expect(viewer.page.locator("#connection")).to_have_text("Connected")
    expect(viewer.page.locator("#questions .question .text")).to_have_text(
        ["Is it <b>loose</b> leaf?", "While you were away?"]
    )
    expect(viewer.page.locator("#questions .question").first).to_have_attribute("data-pinned", "")


def test_hearts_rise_for_others_too(visit: Visit, at: str, alice: Person, bob: Person) -> None:
    host, viewer = visit(at, alice), visit(at, bob)
    calm = visit(at, bob, reduced_motion="reduce")
    for look in (host, calm):
        look.page.evaluate(
            "window.risen = 0, new MutationObserver((found) => (risen += found.flatMap((one) => [...one.addedNodes])"
            ".length)).observe(document.getElementById('hearts'), { childList: true })"
        )
    button = viewer.page.get_by_role("button", name="Send a heart")
    expect(button).to_be_enabled()
    for _ in range(5):
        button.click()
    expect(host.page.locator("#likes")).to_have_text("5")
    expect(viewer.page.locator("#likes")).to_have_text("5")
    expect(calm.page.locator("#likes")).to_have_text("5")
    assert host.page.evaluate("risen") >= 1
    assert calm.page.evaluate("risen") == 0
    expect(host.page.locator("#viewers")).to_have_text("3")


def test_slow_mode_counts_down(visit: Visit, at: str, room: LiveRoom, bob: Person) -> None:
    LiveRoom.objects.filter(id=room.pk).update(slow_mode_s=8)
    look = visit(at, bob)
    expect(look.page.locator("#connection")).to_have_text("Connected")
    box = look.page.get_by_label("Ask the host")
    box.fill("First?")
    look.page.keyboard.press("Enter")
    why = look.page.locator("#why")
    expect(why).to_have_text(re.compile(r"^Slow mode: you can ask again in [2-8] s\.$"))
    seconds = int(re.sub(r"\D", "", why.inner_text()))
    box.fill("Second?")
    button = look.page.locator("#ask").get_by_role("button", name="Ask")
    expect(button).to_be_disabled()
    expect(why).to_have_text(re.compile(rf"^Slow mode: you can ask again in [1-{seconds - 1}] s\.$"))
    expect(button).to_be_enabled(timeout=15_000)
    expect(why).to_have_text("")
    button.click()
    expect(look.page.locator("#questions .text")).to_have_text(["Second?", "First?"])


def test_the_server_says_how_long_slow_mode_lasts(visit: Visit, at: str, room: LiveRoom, bob: Person) -> None:
    LiveRoom.objects.filter(id=room.pk).update(slow_mode_s=60)
    ask(room, bob, "On my other phone?")
    look = visit(at, bob)
    expect(look.page.locator("#connection")).to_have_text("Connected")
    look.page.get_by_label("Ask the host").fill("Second?")
    look.page.keyboard.press("Enter")
    expect(look.page.locator("#why")).to_have_text(re.compile(r"Slow mode: you can ask again in (60|5\d) s\."))
    expect(look.page.get_by_label("Ask the host")).to_have_value("Second?")


def test_refusals_are_said_in_words(visit: Visit, at: str, charlie: Person) -> None:
    signed_out, stranger = visit(at), visit(at, charlie)
    expect(signed_out.page.locator("#why")).to_have_text("Sign in to ask, to vote and to send hearts.")
    expect(signed_out.page.locator("#heart")).to_be_disabled()
    expect(stranger.page.locator("#why")).to_have_text("Only people who bought from this store can ask here.")
    expect(stranger.page.get_by_label("Ask the host")).to_be_disabled()
    expect(stranger.page.locator("#heart")).to_be_enabled()


def test_a_signed_out_page_stays_closed_and_says_so(visit: Visit, at: str, bob: Person) -> None:
    look = visit(at, bob)
    expect(look.page.locator("#connection")).to_have_text("Connected")
    assert bob.delete("/_allauth/app/v1/auth/session").status_code == 401
    expect(look.page.locator("#connection")).to_contain_text("You were signed out here.")
    look.page.wait_for_timeout(1_200)
    assert look.page.locator("main").get_attribute("data-link") == "closed"


def test_votes_order_the_questions(visit: Visit, at: str, room: LiveRoom, alice: Person, bob: Person) -> None:
    for text in ("First?", "Second?"):
        ask(room, alice, text)
    look = visit(at, bob)
    texts = look.page.locator("#questions .text")
    expect(texts).to_have_text(["Second?", "First?"])
    vote = look.page.locator("#questions .question", has_text="First?").locator(".vote")
    vote.click()
    expect(vote).to_have_attribute("aria-pressed", "true")
    expect(vote).to_contain_text("1")
    look.page.get_by_role("button", name="Most wanted").click()
    expect(texts).to_have_text(["First?", "Second?"])
    vote.click()
    expect(vote).to_contain_text("0")


def test_the_host_runs_the_room(visit: Visit, at: str, room: LiveRoom, store: Any, alice: Person, bob: Person) -> None:
    LiveRoom.objects.filter(id=room.pk).update(status=RoomStatus.SCHEDULED)
    for place, title in enumerate(("Oolong, 100 g", "Tea bowl")):
        RoomProduct.objects.create(
            room=room, position=place, title=title, url="https://tea.example/1", price="12.50", currency="EUR"
        )
    host, viewer = visit(at, alice), visit(at, bob)
    expect(viewer.page.locator("#ask")).to_be_hidden()
    expect(viewer.page.get_by_role("button", name="Go live")).to_have_count(0)
    expect(host.page.locator("#connection")).to_have_text("Connected")
    host.page.get_by_role("button", name="Go live").click()
    expect(viewer.page.locator("#status")).to_have_text("Live")
    expect(viewer.page.locator("#ask")).to_be_visible()

    host.page.get_by_label("Read questions before they are shown").check()
    expect(host.page.locator("#notice")).to_have_text("Saved.")
    host.page.get_by_label("Who may ask").select_option("everyone")
    host.page.get_by_label("Seconds between questions").fill("0")
    host.page.get_by_label("Seconds between questions").press("Tab")
    expect(viewer.page.get_by_label("Ask the host")).to_be_enabled()
    viewer.page.get_by_label("Ask the host").fill("May I ask?")
    viewer.page.keyboard.press("Enter")
    expect(viewer.page.locator("#notice")).to_contain_text("The host reads questions before they are shown.")
    held = host.page.locator("#held li", has_text="May I ask?")
    held.get_by_role("button", name="Show it").click()
    expect(viewer.page.locator("#questions .text")).to_have_text(["May I ask?"])

    host.page.locator(".product", has_text="Tea bowl").get_by_role("button", name="Show to all").click()
    expect(viewer.page.locator(".product[data-featured] a")).to_have_text(["Tea bowl"])

    asked = host.page.locator("#questions .question", has_text="May I ask?")
    asked.get_by_role("button", name="Mute").click()
    expect(viewer.page.locator("#why")).to_contain_text("muted you here")
    asked.get_by_role("button", name="Hide").click()
    expect(viewer.page.locator("#questions .text")).to_have_count(0)
    expect(held).to_have_count(1)

    host.page.get_by_role("button", name="End the room").first.click()
    host.page.locator("#really").get_by_role("button", name="End the room").click()
    expect(viewer.page.locator("#over")).to_be_visible()
    expect(viewer.page.locator("#connection")).to_have_text("This room has ended.")
    viewer.page.get_by_role("link", name="Read what was answered").click()
    expect(viewer.page.locator("h2").first).to_have_text("What was asked and answered")
    room.refresh_from_db()
    assert (room.status, room.ask_policy) == (RoomStatus.ENDED, AskPolicy.EVERYONE)
    assert Question.objects.get().status == QuestionStatus.HIDDEN


def test_two_tabs_of_one_person_show_one_question(visit: Visit, at: str, bob: Person) -> None:
    look = visit(at, bob)
    other = look.context.new_page()
    other.goto(at)
    look.page.get_by_label("Ask the host").fill("Once?")
    look.page.keyboard.press("Enter")
    for page in (look.page, other):
        expect(page.locator("#questions .text")).to_have_text(["Once?"])


def test_the_list_of_held_questions_is_the_same_for_all_moderators(
    visit: Visit, at: str, room: LiveRoom, alice: Person, bob: Person, paula: Person
) -> None:
    LiveRoom.objects.filter(id=room.pk).update(premoderate=True)
    early = ask(room, bob, "Asked before?")
    host, other, viewer = visit(at, alice), visit(at, paula), visit(at, bob)
    requests: list[str] = []
    host.page.on("request", lambda request: requests.append(request.url))
    lists = [look.page.locator("#held .text") for look in (host, other)]
    for texts in lists:
        expect(texts).to_have_text([early.text])
    requests.clear()
    ask(room, bob, "Asked now?")
    for texts in lists:
        expect(texts).to_have_text(["Asked now?", "Asked before?"])
    host.page.locator("#held li", has_text="Asked now?").get_by_role("button", name="Show it").click()
    other.page.locator("#held li", has_text="Asked before?").get_by_role("button", name="Hide").click()
    for look in (host, other):
        expect(look.page.locator("#held li")).to_have_count(0)
        expect(look.page.locator("#questions .text")).to_have_text(["Asked now?"])
    expect(viewer.page.locator("#questions .text")).to_have_text(["Asked now?"])
    assert [url for url in requests if "questions" in url] == [], "hints and events told it all"


def test_own_votes_are_there_after_a_reload(visit: Visit, at: str, room: LiveRoom, alice: Person, bob: Person) -> None:
    for text in ("First?", "Second?"):
        ask(room, alice, text)
    look = visit(at, bob)
    vote = look.page.locator("#questions .question", has_text="First?").locator(".vote")
    vote.click()
    expect(vote).to_have_attribute("aria-pressed", "true")
    expect(vote).to_contain_text("1")
    look.page.reload()
    expect(vote).to_have_attribute("aria-pressed", "true")
    expect(look.page.locator("#questions .vote[aria-pressed=true]")).to_have_count(1)
    vote.click()
    expect(vote).to_have_attribute("aria-pressed", "false")
    expect(vote).to_contain_text("0")


def test_a_host_writes_the_recap_and_a_moderator_does_not(
    visit: Visit, at: str, room: LiveRoom, newcomer: Newcomer, alice: Person, bob: Person
) -> None:
    mona = newcomer("Mona")
    make_staff(user=mona.user, store=room.store, role=Role.MODERATOR)
    asked = ask(room, bob, "Does it keep?")
    LiveRoom.objects.filter(id=room.pk).update(
        status=RoomStatus.ENDED, started_at=clock.now() - timedelta(hours=1), ended_at=clock.now()
    )
    host = visit(at, alice)
    button = host.page.get_by_role("button", name="Write a recap")
    expect(button).to_have_count(0)
    Question.objects.filter(id=asked.pk).update(
        status=QuestionStatus.ANSWERED, answer="A year.", answered_by=alice.user, answered_at=clock.now()
    )
    for person in (None, bob, mona):
        expect(visit(at, person).page.get_by_role("button", name="Write a recap")).to_have_count(0)
    host.page.reload()
    button.click()
    saved = "The recap is saved as a draft among the posts of the store."
    expect(host.page.locator("#recap-said")).to_have_text(saved)
    expect(button).to_be_hidden()
    room.refresh_from_db()
    assert room.recap is not None
    assert (room.recap.status, "A year." in room.recap.text) == (PostStatus.DRAFT, True)
    host.page.reload()
    expect(host.page.locator("#recap-box")).to_have_text(saved)
