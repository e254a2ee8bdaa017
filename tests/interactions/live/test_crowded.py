"""A crowd that votes and asks: the host, and whoever comes, do not wait for it; every vote counts once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from django.db import connection

from accounts.auth import Viewer
from accounts.models import User
from core import db
from core.problems import Problem, Unavailable
from interactions.live import acts, lanes, protocol
from interactions.live.audience import Audience
from interactions.live.outlet import Outlet
from interactions.live.schemas import WhyNot
from interactions.live.standing import Standing
from interactions.models import LiveRoom, Question, QuestionStatus, QuestionUpvote, RoomStatus
from interactions.services import votes
from interactions.services.votes import Vote
from stores.models import Role, Store, StoreStatus
from tests.faults.processes import allowed, environment
from tests.interactions.live.asking import question
from tests.interactions.live.test_seating import make_crowd
from tests.people import Person

T = TypeVar("T")
CROWD = 400
OWNER = Standing(Role.OWNER, (None,) * len(WhyNot.model_fields))


def test_the_host_answers_at_once_while_a_crowd_votes(room: LiveRoom, alice: Person, bob: Person) -> None:
    wanted = question(room, bob)
    voters = [user for user, _ in make_crowd(CROWD)]

    async def answered_after() -> tuple[float, float]:
        audience = live(room)
        began = time.monotonic()
        voting = [asyncio.create_task(upvote(audience, user, wanted)) for user in voters]
        await asyncio.sleep(0.05)
        frame = protocol.Answer(type="answer", question=wanted.pk, text="Yes.")
        await acts.answer(seat(audience, alice.user, OWNER), frame)
        answered = time.monotonic() - began
        await asyncio.gather(*voting)
        return answered, time.monotonic() - began

    answered, voted = on_one_loop(answered_after())
    wanted.refresh_from_db()
    assert (wanted.upvotes, QuestionUpvote.objects.count(), wanted.answer) == (CROWD, CROWD, "Yes.")
    assert answered < allowed(0.8), f"all had voted after {voted:.2f} s"


def test_the_host_answers_while_those_who_ask_wait_and_not_too_many_wait(
    room: LiveRoom, alice: Person, bob: Person
) -> None:
    wanted = question(room, bob)

    async def asked_meanwhile() -> list[acts.Reply | BaseException]:
        audience = live(room)
        asking = [asyncio.create_task(ask(audience, bob.user, f"{each}")) for each in range(lanes.MOST_WAITING + 5)]
        await asyncio.sleep(0.3)
        frame = protocol.Answer(type="answer", question=wanted.pk, text="Yes.")
        async with asyncio.timeout(3):
            await acts.answer(seat(audience, alice.user, OWNER), frame)
        assert sum(task.done() for task in asking) == 5, "those who came too late are told at once"
        for task in asking[lanes.THREADS :]:
            task.cancel()
        release.set()
        return await asyncio.gather(*asking, return_exceptions=True)

    release = threading.Event()
    with ThreadPoolExecutor(1) as elsewhere:
        held = threading.Event()
        holding = elsewhere.submit(hold, bob, held, release)
        held.wait(5)
        try:
            asked = on_one_loop(asked_meanwhile())
        finally:
            release.set()
        holding.result(5)
    assert sum(isinstance(reply, Unavailable) for reply in asked) == 5
    assert Question.objects.filter(client_id__in=["0", "1", "2"]).count() == lanes.THREADS


def hold(person: Person, held: threading.Event, until: threading.Event) -> None:
    """Whoever asks as this person waits."""
    with psycopg.connect(environment()["DATABASE_URL"]) as link:
        link.execute("SELECT 1 FROM accounts_user WHERE id = %s FOR UPDATE", [person.id])
        held.set()
        until.wait(20)


def test_a_batch_of_votes_gives_each_their_own_answer(
    room: LiveRoom, alice: Person, bob: Person, charlie: Person
) -> None:
    ended = LiveRoom.objects.create(store=room.store, host=alice.user, title="Over", status=RoomStatus.ENDED)
    one, other, far = question(room, bob), question(room, bob, upvotes=1), question(ended, bob)
    hidden = question(room, bob, status=QuestionStatus.HIDDEN)
    QuestionUpvote.objects.create(question=other, user=bob.user)
    User.objects.filter(id=charlie.id).update(is_active=False)

    def vote(person: Person | None, about: Question, wanted: bool = True, at: LiveRoom = room) -> Vote:
        return Vote(person.id if person else None, at.pk, about.pk, wanted)

    said = votes.cast(
        [
            vote(alice, one), vote(bob, one), vote(alice, one), vote(bob, other, False), vote(alice, other, False),
            vote(bob, hidden), vote(bob, far), vote(bob, far, at=ended), vote(charlie, one), vote(None, one),
            Vote(bob.id, 10**9, one.pk, True), vote(bob, other, at=ended),
        ]
    )  # fmt: skip
    assert said[:5] == [2, 2, 2, 0, 0]
    refused = [problem.code for problem in said[5:] if isinstance(problem, Problem)]
    assert refused == [
        "not_found", "not_found", "room_ended", "not_signed_in", "not_signed_in", "not_found", "room_ended"
    ]  # fmt: skip
    assert votes.cast([vote(bob, one), vote(bob, one, False)]) == [1, 1], "one's last word counts"
    assert votes.cast([vote(alice, one)]) == [1]
    assert dict(Question.objects.values_list("id", "upvotes")) == {one.pk: 1, other.pk: 0, far.pk: 0, hidden.pk: 0}
    assert list(QuestionUpvote.objects.values_list("question_id", "user_id")) == [(one.pk, alice.id)]


def test_nobody_votes_in_a_suspended_stores_room(room: LiveRoom, alice: Person, bob: Person) -> None:
    about = question(room, bob)
    Store.objects.update(status=StoreStatus.SUSPENDED)
    said = votes.cast([Vote(person.id, room.pk, about.pk, True) for person in (alice, bob)])
    assert [getattr(problem, "code", problem) for problem in said] == ["store_suspended", "not_found"]


def test_batches_that_meet_count_every_vote_once(room: LiveRoom, alice: Person) -> None:
    wanted = [question(room, alice) for _ in range(3)]
    crowd = make_crowd(30)
    batch = [Vote(user.pk, room.pk, about.pk, True) for user, _ in crowd for about in wanted]
    back = [vote._replace(wanted=False) for vote in batch]
    with ThreadPoolExecutor(4) as pool:
        for all_of_them in ([batch, batch[::-1]] * 2, [back, back[::-1]] * 2, [batch, back[::-1], batch[::-1], back]):
            list(pool.map(cast_elsewhere, all_of_them))
            for about in wanted:
                about.refresh_from_db()
                assert about.upvotes == about.votes.count()


def cast_elsewhere(batch: Sequence[Vote]) -> None:
    """In a thread that gives its connection back."""
    try:
        assert not [problem for problem in votes.cast(batch) if isinstance(problem, Exception)]
    finally:
        connection.close()


def live(room: LiveRoom) -> Audience:
    audience = Audience(room.pk)
    audience.live = True
    return audience


def seat(audience: Audience, user: User, standing: Standing | None = None) -> acts.Seat:
    async def send(message: object) -> None:
        """To nobody."""

    return acts.Seat(Viewer(user.pk, user.is_staff, "en", user.display_name), audience, Outlet(send), standing)


async def upvote(audience: Audience, user: User, wanted: Question) -> acts.Reply:
    return await acts.upvote(seat(audience, user), protocol.Upvote(type="upvote", question=wanted.pk))


async def ask(audience: Audience, user: User, client_id: str) -> acts.Reply:
    return await acts.ask(seat(audience, user), protocol.Ask(type="ask", text="Is it?", client_id=client_id))


def on_one_loop(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it, on a loop that ends here."""

    async def then_close() -> T:
        try:
            return await work
        finally:
            await db.close()

    return asyncio.run(then_close())
