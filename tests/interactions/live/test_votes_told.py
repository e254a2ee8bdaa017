"""Votes tell a number and nothing else of a question, the right one in the end, however processes and Redis behave."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.problems import Unavailable
from interactions.live import room as live_log
from interactions.live.audience import Audience
from interactions.live.events import QuestionChanged
from interactions.live.hub import Hub
from interactions.live.room import Totals
from interactions.models import LiveRoom, Question, QuestionStatus
from interactions.services import questions, rooms
from tests.interactions.live.asking import question
from tests.interactions.live.conftest import Watch
from tests.people import Person

Event = dict[str, Any]


def shown(events: list[Event]) -> dict[int, Event]:
    """What a screen has after these events."""
    found: dict[int, Event] = {}
    for event in events:
        if "question" in event:
            found[event["question"]["id"]] = event["question"]
        elif event["type"] == "hide":
            found.pop(event["question_id"], None)
        elif event["type"] == "question_changed" and event["question_id"] in found:
            found[event["question_id"]]["upvotes"] = event["upvotes"]
    return found


def test_votes_told_late_undo_neither_an_answer_nor_a_hiding(
    watch: Watch, alice: Person, bob: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer, host = watch(bob), watch(alice)
    price = viewer.do("ask", text="What does it cost?", client_id="1")["question"]
    rude = viewer.do("ask", text="Something rude", client_id="2")["question"]
    Question.objects.update(upvotes=3)
    append_all = live_log.append_all

    def much_later(events: Any) -> None:
        host.do("answer", question=price, text="Five.")
        host.do("hide", question=rude)
        append_all(events)

    monkeypatch.setattr(live_log, "append_all", much_later)
    assert questions.tell_votes(told={price: None, rude: 2}) == {price: 3, rude: 3}
    viewer.event("question_changed")
    viewer.quiet(0.3)
    seen = shown(viewer.events())
    assert list(seen) == [price]
    assert (seen[price]["answer"], seen[price]["upvotes"]) == ("Five.", 3)


def test_only_other_numbers_than_those_told_are_told(room: LiveRoom, bob: Person) -> None:
    same, other, hidden = (question(room, bob, upvotes=2) for _ in range(3))
    Question.objects.filter(id=hidden.pk).update(status=QuestionStatus.HIDDEN)
    assert questions.tell_votes(told={same.pk: 2, other.pk: 1, hidden.pk: None, 10**9: None}) == {other.pk: 2}


def voted(hub: Hub, room: LiveRoom, number: int) -> Audience:
    """An audience here, where somebody voted for a question."""
    audience = hub.audiences[room.pk] = Audience(room.pk)
    audience.voted.add(number)
    return audience


def test_who_counted_first_and_told_last_tells_again(
    room: LiveRoom, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process counts, and tells, between this one's counting and telling."""
    number = question(room, bob, upvotes=3).pk
    told: list[int] = []

    def append_all(events: list[tuple[int, QuestionChanged]]) -> None:
        if not told:
            Question.objects.update(upvotes=4)
            told.append(4)
        told.extend(event.upvotes for _, event in events)

    monkeypatch.setattr(live_log, "append_all", append_all)

    async def beats() -> None:
        hub = Hub()
        audience = voted(hub, room, number)
        for _ in range(3):
            await hub._tell_votes([audience])
        assert audience.take_votes() == {}, "what was found as it was told is settled"

    asyncio.run(beats())
    assert told == [4, 3, 4]


def test_votes_that_could_not_be_told_are_told_later(
    room: LiveRoom, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = question(room, bob, upvotes=3).pk
    told: list[int] = []

    def gone(events: object) -> None:
        raise Unavailable(retry_after=2)

    async def beats() -> None:
        hub = Hub()
        audience = voted(hub, room, number)
        monkeypatch.setattr(live_log, "append_all", gone)
        with pytest.raises(Unavailable):
            await hub._tell_votes([audience])
        assert audience.voted == {number}
        monkeypatch.setattr(live_log, "append_all", lambda events: told.extend(e.upvotes for _, e in events))
        await hub._tell_votes([audience])

    asyncio.run(beats())
    assert told == [3]


def test_totals_that_could_not_be_saved_are_saved_later(room: LiveRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[int] = []

    def broken(**fields: int) -> None:
        raise ConnectionError

    async def beats() -> None:
        hub, audience = Hub(), Audience(room.pk)
        audience.live, audience.totals = True, Totals(7, 1)
        monkeypatch.setattr(rooms, "save_totals", broken)
        with pytest.raises(ConnectionError):
            await hub._save(audience)
        monkeypatch.setattr(rooms, "save_totals", lambda **fields: saved.append(fields["likes"]))
        await hub._save(audience)
        await hub._save(audience)

    asyncio.run(beats())
    assert saved == [7]
