"""The platform staff's desk for live rooms: found by status and room, however many there are, and moderated."""

from __future__ import annotations

import re

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from interactions.models import LiveRoom, Question, QuestionStatus, RoomEvent, RoomMute, RoomStatus
from tests.interactions.live.asking import question
from tests.people import Person

PAGES = ("liveroom", "question", "roommute")


@pytest.fixture
def desk(paula: Person) -> httpx.Client:
    """Paula's browser, signed in."""
    paula.http.cookies.set(settings.SESSION_COOKIE_NAME, paula.token)
    paula.http.headers["Referer"] = settings.BASE_URL
    return paula.http


def test_rooms_questions_and_mutes_are_found_and_not_edited(
    desk: httpx.Client, room: LiveRoom, bob: Person, mona: Person
) -> None:
    other = LiveRoom.objects.create(store=room.store, title="Second table", status=RoomStatus.ENDED)
    question(room, bob, "Is it organic?")
    question(other, bob, "How hot?", status=QuestionStatus.HELD)
    RoomMute.objects.create(room=room, user=bob.user, by=mona.user, until=clock.now())
    rooms = desk.get("/admin/interactions/liveroom/?status__exact=live").text
    assert "New harvest" in rooms
    assert "Second table" not in rooms
    asked = f"/admin/interactions/question/?room__id__exact={room.pk}"
    assert asked in rooms
    assert "organic" in desk.get(asked).text
    assert "How hot" not in desk.get(asked).text
    assert "How hot" in desk.get("/admin/interactions/question/?status__exact=held").text
    assert "Bob" in desk.get(f"/admin/interactions/roommute/?room__id__exact={room.pk}").text
    for table in PAGES:
        assert desk.get(f"/admin/interactions/{table}/add/").status_code == 403
    for path in (f"liveroom/{room.pk}", f"question/{Question.objects.first().pk}"):  # type: ignore[union-attr]
        assert desk.get(f"/admin/interactions/{path}/change/").status_code == 200
        assert desk.get(f"/admin/interactions/{path}/delete/").status_code == 403


def test_platform_staff_hide_a_question_and_the_room_hears_it(desk: httpx.Client, room: LiveRoom, bob: Person) -> None:
    number = question(room, bob, "Buy my watches").pk
    path = "/admin/interactions/question/"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', desk.get(path).text)
    assert token is not None
    for action in ("hide", "show"):
        form = {"action": action, "_selected_action": number, "csrfmiddlewaretoken": token[1]}
        assert desk.post(path, data=form).status_code == 302
    assert list(RoomEvent.objects.order_by("id").values_list("type", flat=True)) == ["hide", "question"]
    assert Question.objects.get().status == QuestionStatus.WAITING


def test_a_long_list_takes_no_more_statements_than_a_short_one(room: LiveRoom, bob: Person, paula: Person) -> None:
    client = Client()
    client.force_login(paula.user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def fill(count: int) -> None:
        for number in range(count):
            held = LiveRoom.objects.create(store=room.store, title=f"Room {number}")
            question(held, bob, answered_by=paula.user)
            RoomMute.objects.create(room=held, user=bob.user, by=paula.user, until=clock.now())

    def statements() -> list[int]:
        found = []
        for table in PAGES:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/admin/interactions/{table}/").status_code == 200
            found.append(len(captured))
        return found

    fill(1)
    few = statements()
    fill(20)
    assert statements() == few
    assert max(few) <= 8
