"""A deleted account leaves no words in rooms, on screens or in their logs, and no votes in the numbers."""

from __future__ import annotations

from typing import Any

import orjson

from accounts import services
from accounts.models import User
from interactions.live import keys
from interactions.models import LiveRoom, Question, QuestionUpvote
from interactions.services import departures
from interactions.tasks import forget_person
from posts.models import Post
from tests.interactions.live.conftest import Watch
from tests.people import Person

WORDS = "WORDS OF BOB"


def test_what_they_said_is_taken_from_every_screen_and_log(
    watch: Watch, room: LiveRoom, alice: Person, bob: Person, charlie: Person, redis: Any
) -> None:
    host, viewer, theirs = watch(alice), watch(charlie), watch(bob)
    words = theirs.do("ask", text=WORDS, client_id="1")["question"]
    other = host.do("ask", text="Is it organic?", client_id="2")["question"]
    assert theirs.do("upvote", question=other)["upvotes"] == 1
    assert viewer.do("upvote", question=other)["upvotes"] == 2
    services.delete_account(user=bob.user)
    assert bob.get("/me").status_code == 401
    forget_person(bob.id)
    assert viewer.event("hide")["question_id"] == words
    assert not User.objects.filter(id=bob.id).exists()
    assert [question.text for question in Question.objects.all()] == ["Is it organic?"]
    assert Question.objects.get().upvotes == QuestionUpvote.objects.count() == 1
    entries = [orjson.loads(entry.split(b" ", 2)[2]) for entry in redis.lrange(keys.log(room.pk), 0, -1)]
    assert WORDS not in str(entries)
    counted = [event["upvotes"] for event in entries if event["type"] == "question_changed"]
    assert counted[-1] == 1
    anybody = watch()
    assert anybody.do("resume", epoch=anybody.welcome["epoch"], offset=0)["recovered"] is True
    assert WORDS not in str(anybody.seen)
    forget_person(bob.id)  # again changes nothing
    assert Question.objects.get().upvotes == 1


def test_who_wrote_for_a_store_stays_as_its_author(room: LiveRoom, alice: Person) -> None:
    Post.objects.create(store=room.store, author=alice.user)
    services.delete_account(user=alice.user)
    assert departures.forget_person(user_id=alice.id) is False
    assert User.objects.get(id=alice.id).is_active is False


def test_an_account_that_was_not_deleted_is_not_erased(bob: Person) -> None:
    assert departures.forget_person(user_id=bob.id) is False
    assert services.erase(user_id=bob.id) is False
    assert User.objects.filter(id=bob.id).exists()
