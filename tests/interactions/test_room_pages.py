"""A room's page as the server gives it: who may keep it, what it costs and may load, its words in each language."""

from __future__ import annotations

import dataclasses
import re
import struct
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from core import clock
from core.ids import next_feed_id
from interactions.live.protocol import ANSWER_CHARS
from interactions.models import LiveRoom, Question, QuestionStatus, RoomStatus
from interactions.room_pages import REPLAY_PAGE, room_page
from interactions.room_words import words
from posts.models import Post, PostStatus
from tests.people import Person

LOCALE = Path(__file__).resolve().parents[2] / "interactions" / "locale"


@pytest.fixture
def room(store: Any, alice: Person) -> LiveRoom:
    """Alice's live room."""
    return LiveRoom.objects.create(
        store=store, host=alice.user, title="New <harvest>", status=RoomStatus.LIVE, started_at=clock.now()
    )


def page(person: Person, room: LiveRoom, **headers: str) -> Any:
    return person.http.get(f"/rooms/{room.pk}", headers=headers)


def answered(room: LiveRoom, alice: Person, count: int) -> None:
    """So many answered questions, ten seconds apart, several at the same time."""
    start = clock.now() - timedelta(hours=2)
    LiveRoom.objects.filter(id=room.pk).update(status=RoomStatus.ENDED, started_at=start, ended_at=clock.now())
    Question.objects.bulk_create(
        Question(
            room=room, author=alice.user, client_id=f"c{place}", text=f"Question {place}?", answer=f"Answer {place}.",
            status=QuestionStatus.ANSWERED, answered_by=alice.user,
            answered_at=start + timedelta(seconds=10 * (place // 3)),
        )
        for place in range(count)
    )  # fmt: skip


def test_nothing_of_others_is_loaded_and_no_script_is_in_the_page(anonymous: Person, room: LiveRoom) -> None:
    answer = page(anonymous, room)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' {settings.BASE_URL.replace('http', 'ws')};" in policy
    assert "New &lt;harvest&gt;" in answer.text
    scripts = re.findall(r"<script\b[^>]*>", answer.text)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts), scripts
    assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text)


def test_a_signed_in_person_s_page_is_kept_nowhere(anonymous: Person, alice: Person, room: LiveRoom) -> None:
    mine = page(alice, room)
    assert mine.headers["cache-control"] == "no-store"
    assert 'id="host-title"' in mine.text
    everybody_s = page(anonymous, room)
    assert everybody_s.headers["cache-control"] == "no-cache"
    assert "set-cookie" not in everybody_s.headers
    assert 'id="host-title"' not in everybody_s.text
    assert {"Cookie", "Accept-Language"} <= set(re.split(", ?", everybody_s.headers["vary"]))
    again = page(anonymous, room, **{"If-None-Match": everybody_s.headers["etag"]})
    assert again.status_code == 304
    LiveRoom.objects.filter(id=room.pk).update(title="Another")
    assert page(anonymous, room, **{"If-None-Match": everybody_s.headers["etag"]}).status_code == 200


def test_a_room_costs_a_few_statements_however_many_questions(
    anonymous: Person, alice: Person, charlie: Person, room: LiveRoom
) -> None:
    answered(room, alice, 3)
    costs = []
    for status in (RoomStatus.LIVE, RoomStatus.ENDED):
        LiveRoom.objects.filter(id=room.pk).update(status=status)
        for person in (anonymous, alice, charlie):
            request = RequestFactory().get(f"/rooms/{room.pk}", headers={"X-Session-Token": person.token})
            with CaptureQueriesContext(connection) as few:
                assert room_page(request, room.pk).status_code == 200
            costs.append(len(few))
    Question.objects.all().delete()
    answered(room, alice, 60)
    with CaptureQueriesContext(connection) as many:
        assert room_page(RequestFactory().get(f"/rooms/{room.pk}"), room.pk).status_code == 200
    assert (max(costs[:3]) <= 11, max(costs[3:]) <= 5) == (True, True), costs
    assert len(many) <= costs[3]


def test_the_replay_is_read_page_by_page_in_the_order_of_answers(
    anonymous: Person, alice: Person, room: LiveRoom
) -> None:
    count = 2 * REPLAY_PAGE + 7
    answered(room, alice, count)
    path: str | None = f"/rooms/{room.pk}"
    seen: list[str] = []
    pages = 0
    while path:
        answer = anonymous.http.get(path)
        assert answer.headers["cache-control"] == "max-age=60"
        seen += re.findall(r"Answer (\d+)\.", answer.text)
        more = re.search(r'rel="next" href="([^"]+)"', answer.text)
        path = f"/rooms/{room.pk}{more[1]}" if more else None
        pages += 1
    assert seen == [str(place) for place in range(count)]
    assert pages == 3
    assert anonymous.http.get(f"/rooms/{room.pk}?cursor=forged").status_code == 404


def test_a_recap_is_on_the_ended_room_s_page_while_it_is_published(
    anonymous: Person, alice: Person, store: Any, room: LiveRoom
) -> None:
    answered(room, alice, 1)
    recap = Post.objects.create(
        store=store, author=alice.user, title="All answers", text="Cold brew: six hours.", status=PostStatus.PUBLISHED,
        published_at=clock.now(), feed_id=next_feed_id(),
    )  # fmt: skip
    LiveRoom.objects.filter(id=room.pk).update(recap=recap)
    assert "Cold brew: six hours." in page(anonymous, room).text
    Post.objects.filter(id=recap.pk).update(status=PostStatus.DELETED)
    assert "Cold brew" not in page(anonymous, room).text


def test_hidden_and_waiting_questions_are_not_in_the_replay(anonymous: Person, alice: Person, room: LiveRoom) -> None:
    answered(room, alice, 3)
    for question, status in zip(Question.objects.order_by("id"), ("hidden", "held", "answered"), strict=True):
        Question.objects.filter(id=question.pk).update(status=status)
    assert re.findall(r"Answer (\d+)\.", page(anonymous, room).text) == ["2"]


@pytest.mark.parametrize("path", ["/rooms/0", "/rooms/999999999999999999999999", "/rooms/5?cursor=x"])
def test_no_such_room_is_said_kindly(anonymous: Person, path: str) -> None:
    answer = anonymous.http.get(path, headers={"Accept-Language": "zh-TW"})
    assert answer.status_code == 404
    assert "沒有這個直播間" in answer.text
    assert "no" in answer.headers["content-security-policy"]


def test_a_suspended_store_s_room_is_not_there(anonymous: Person, store: Any, room: LiveRoom) -> None:
    type(store).objects.filter(id=store.pk).update(status="suspended")
    assert page(anonymous, room).status_code == 404


def catalog(file: Path) -> dict[str, str]:
    """A .mo file's messages."""
    data = file.read_bytes()
    _, _, count, originals, translations = struct.unpack_from("<5I", data)

    def text(table: int, place: int) -> str:
        length, at = struct.unpack_from("<2I", data, table + 8 * place)
        return data[at : at + length].decode()

    return {text(originals, place): text(translations, place) for place in range(count)}


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant"])
def test_every_word_of_the_pages_is_translated(world: None, language: str) -> None:
    folder = LOCALE / language / "LC_MESSAGES"
    known = catalog(folder / "django.mo")
    source = (folder / "django.po").read_text()
    written = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', source, re.MULTILINE))
    assert {original: known.get(original) for original in written} == written, (
        "compile it: msgfmt -o django.mo django.po"
    )
    templates = LOCALE.parent / "templates"
    used = {
        text
        for file in templates.rglob("*.html")
        for text in re.findall(r"""{% translate (?:"([^"]+)"|'[^']+')""", file.read_text())
    }
    assert {text for text in used if text not in known} - {""} == set()
    with translation.override("en"):
        english = words()
    with translation.override(language.replace("_", "-").lower()):
        translated = words()
    assert [name for name, text in translated.items() if text == english[name]] == []
    for name, text in translated.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[name])), name


def test_that_there_is_no_such_room_is_kept_nowhere(anonymous: Person) -> None:
    answer = anonymous.http.get("/rooms/999999")
    assert answer.headers["cache-control"] == "no-store"
    assert "Cookie" in answer.headers["vary"]


def test_the_limits_in_the_page_are_those_of_the_server(alice: Person, room: LiveRoom) -> None:
    with override_settings(LIMITS=dataclasses.replace(settings.LIMITS, question_chars=123)):
        text = page(alice, room).text
    assert 'data-most="123"' in text
    assert f'maxlength="{ANSWER_CHARS}"' in text
