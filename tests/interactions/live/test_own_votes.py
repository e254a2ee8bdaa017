"""What somebody voted for, and how long their mute lasts, is known from the welcome on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import tickets
from core import clock
from interactions.live import revocation, selectors
from interactions.live.seats import NEWCOMERS_SQL
from interactions.live.selectors import VOTES_TOLD
from interactions.models import LiveRoom, QuestionUpvote, RoomMute
from tests.conftest import Site
from tests.interactions.live.asking import question
from tests.interactions.live.conftest import Watch
from tests.interactions.live.test_seating import EACH, all_at_once, counted_statements, make_crowd
from tests.people import Person


def you_over_http(person: Person, room: LiveRoom) -> dict[str, object]:
    answer = person.get(f"/rooms/{room.pk}")
    assert answer.status_code == 200
    you: dict[str, object] = answer.json()["you"]
    return you


def test_own_votes_of_this_room_come_with_welcome_and_room(
    watch: Watch, room: LiveRoom, alice: Person, bob: Person
) -> None:
    elsewhere = LiveRoom.objects.create(store=room.store, host=alice.user, title="Another")
    first, second, third = (question(room, alice).pk for _ in range(3))
    QuestionUpvote.objects.create(question=question(elsewhere, alice), user=bob.user)
    QuestionUpvote.objects.create(question_id=second, user=alice.user)
    screen = watch(bob)
    assert screen.welcome["you"]["voted"] == []
    for number in (first, third):
        assert screen.do("upvote", question=number)["ok"]
    assert watch(bob).welcome["you"]["voted"] == [third, first]
    assert you_over_http(bob, room)["voted"] == [third, first]
    screen.do("unvote", question=third)
    assert watch(bob).welcome["you"]["voted"] == [first]
    assert watch(alice).welcome["you"]["voted"] == [second]
    assert watch().welcome["you"]["voted"] == []


def test_no_more_than_the_latest_votes_are_told(watch: Watch, room: LiveRoom, alice: Person, bob: Person) -> None:
    numbers = [question(room, alice).pk for _ in range(VOTES_TOLD + 3)]
    QuestionUpvote.objects.bulk_create(QuestionUpvote(question_id=number, user=bob.user) for number in numbers)
    latest = numbers[:2:-1]
    assert watch(bob).welcome["you"]["voted"] == latest
    assert you_over_http(bob, room)["voted"] == latest


def test_a_crowd_s_votes_cost_no_statement_and_the_rounds_do_not_ask(
    site: Site, room: LiveRoom, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = question(room, alice)
    crowd = make_crowd(EACH)
    QuestionUpvote.objects.bulk_create(QuestionUpvote(question=wanted, user=user) for user, _ in crowd)
    by_ticket = [tickets.issue(session_key=key) for _, key in crowd]
    with counted_statements(monkeypatch) as sent:
        welcomes = asyncio.run(all_at_once(site, room, [], by_ticket, 0))
    assert [welcome["you"]["voted"] for welcome in welcomes] == [[wanted.pk]] * EACH
    asking = [statement for statement in sent if "questionupvote" in statement]
    assert 1 <= len(asking) <= 6, "a few trips for all of them"
    assert all("unnest" in statement for statement in asking)


def test_votes_of_other_times_are_not_read(room: LiveRoom, alice: Person, bob: Person) -> None:
    before = LiveRoom.objects.create(store=room.store, host=alice.user, title="Before")
    old = [question(before, alice) for _ in range(400)]
    here = question(room, alice)
    people = [bob.user, *(user for user, _ in make_crowd(10))]
    QuestionUpvote.objects.bulk_create(
        QuestionUpvote(question=about, user=user) for user in people for about in [*old, here]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE interactions_question, interactions_questionupvote")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {NEWCOMERS_SQL}", {"keys": [bob.token], "rooms": [room.pk]})
        (plan,) = cursor.fetchone()[0]
    assert 1 <= votes_read(plan["Plan"]) < 10
    with CaptureQueriesContext(connection) as over_http:
        assert selectors.you(selectors.join(room_id=room.pk, viewer=bob.user)).voted == [here.pk]
    (statement,) = [query["sql"] for query in over_http if "interactions_questionupvote" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        (plan,) = cursor.fetchone()[0]
    assert 1 <= votes_read(plan["Plan"]) < 10


def votes_read(node: dict[str, Any]) -> float:
    """Rows of votes that a plan took into its hands."""
    here = 0.0
    if node.get("Relation Name") == "interactions_questionupvote":
        here = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return here + sum(votes_read(child) for child in node.get("Plans", []))


def test_the_rounds_do_not_ask_for_votes(
    watch: Watch, room: LiveRoom, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = watch(bob)
    with counted_statements(monkeypatch) as sent:
        screen.quiet(revocation.EVERY_S + 0.7)
    looks = [statement for statement in sent if "unnest" in statement]
    assert looks
    assert [statement for statement in looks if "questionupvote" in statement] == []


def test_a_welcome_says_how_long_a_mute_lasts(watch: Watch, room: LiveRoom, alice: Person, bob: Person) -> None:
    assert watch(bob).welcome["you"]["retry_after"] is None
    RoomMute.objects.create(room=room, user=bob.user, until=clock.now() + timedelta(seconds=90))
    screen = watch(bob)
    you = screen.welcome["you"]
    assert you["why_not"]["ask"] == "muted"
    assert 80 <= you["retry_after"] <= 90
    told = you_over_http(bob, room)["retry_after"]
    assert isinstance(told, int)
    assert 80 <= told <= 90
    assert [frame for frame in screen.quiet(0.7) if frame.get("type") == "you"] == [], "the welcome said it all"
    assert watch(alice).welcome["you"]["retry_after"] is None
