"""The recap: one call makes a post of what was answered, once a room."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from interactions.models import LiveRoom, Question, QuestionStatus, RoomProduct, RoomStatus
from interactions.services import questions, recaps
from posts.models import Media, MediaStatus, Post, PostStatus
from posts.services.redaction import without
from stores.models import Store, StoreStatus
from tests.acceptance.scene import PICTURE
from tests.conftest import Newcomer
from tests.interactions.live.asking import answered, ended, question
from tests.people import Person, problem


@pytest.fixture
def over(room: LiveRoom, bob: Person, alice: Person) -> LiveRoom:
    """The room after its end, with a cover, a product, and four answers, of which one is hidden."""
    cover = Media.objects.create(store=room.store, by=alice.user, status=MediaStatus.READY, picture=PICTURE)
    ended(room, cover=cover)
    RoomProduct.objects.create(
        room=room, position=0, title="Oolong", url="https://example.org/oolong", price="24.00", currency="EUR"
    )
    answered(room, bob, "How long?", answer="Three minutes.\nNo longer.", upvotes=2, after_s=10)
    answered(room, bob, "How hot?", answer="Not boiling.", upvotes=9, after_s=20)
    answered(room, bob, "How much?", answer="A spoon.", upvotes=2, after_s=5)
    answered(room, bob, "How dare you?", answer="Sorry.", upvotes=99, status=QuestionStatus.HIDDEN)
    question(room, bob, "Who knows?", upvotes=50)
    return room


def write(person: Person, room: LiveRoom, **body: Any) -> Any:
    """The recap's call."""
    return person.post(f"/rooms/{room.pk}/recap", body)


def test_one_call_makes_a_draft_of_what_was_wanted_most(over: LiveRoom, alice: Person, anonymous: Person) -> None:
    answer = alice.post(f"/rooms/{over.pk}/recap")
    assert answer.status_code == 201, answer.text
    post = answer.json()
    assert (post["title"], post["status"], post["kind"]) == ("New harvest", "draft", "magazine")
    assert post["text"] == (
        "Q: How hot?\nA: Not boiling.\n\nQ: How much?\nA: A spoon.\n\nQ: How long?\nA: Three minutes.\nNo longer."
    )
    assert [media["id"] for media in post["media"]] == [over.cover_id]
    assert [(one["title"], one["price"]) for one in post["products"]] == [("Oolong", "24.00")]
    assert alice.get(f"/rooms/{over.pk}").json()["recap"] == post["id"]
    assert alice.get("/stores/teahouse/rooms").json()["items"][0]["recap"] == post["id"]
    for path in (f"/rooms/{over.pk}", f"/rooms/{over.pk}/replay"):
        shown = anonymous.get(path).json()
        assert shown.get("room", shown)["recap"] is None, "a draft is not for everybody"
    alice.post(f"/posts/{post['id']}/publish")
    assert anonymous.get(f"/rooms/{over.pk}").json()["recap"] == post["id"]
    assert anonymous.get(f"/rooms/{over.pk}/replay").json()["room"]["recap"] == post["id"]


def test_it_is_published_at_once_with_its_own_words_and_chosen_questions(
    over: LiveRoom, alice: Person, anonymous: Person
) -> None:
    wanted = [over.questions.get(text=text).pk for text in ("How long?", "How hot?")]
    post = write(alice, over, title="Steeping", text="You asked:", questions=wanted, publish=True).json()
    assert (post["title"], post["status"]) == ("Steeping", "published")
    assert post["text"] == ("You asked:\n\nQ: How long?\nA: Three minutes.\nNo longer.\n\nQ: How hot?\nA: Not boiling.")
    assert anonymous.get(f"/posts/{post['id']}").status_code == 200


@pytest.mark.parametrize(("language", "start"), [("zh-hans", "问：How hot?\n答："), ("zh-hant", "問："), ("xx", "Q: ")])
def test_it_speaks_the_stores_language(over: LiveRoom, alice: Person, language: str, start: str) -> None:
    Store.objects.update(language=language)
    assert write(alice, over).json()["text"].startswith(start)


def test_a_second_call_gives_the_same_post(over: LiveRoom, alice: Person, newcomer: Newcomer) -> None:
    first = write(alice, over)
    again = write(alice, over, title="Another", publish=True)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Post.objects.count() == 1


def test_two_calls_at_once_make_one_post(over: LiveRoom, alice: Person) -> None:
    def recap(_: int) -> tuple[int, bool]:
        try:
            post, new = recaps.recap_room(user=alice.user, room_id=over.pk, publish=True)
            return post.pk, new
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as hands:
        found = list(hands.map(recap, range(6)))
    assert len({number for number, _ in found}) == Post.objects.count() == 1
    assert sorted(new for _, new in found) == [False] * 5 + [True]


def test_what_is_hidden_afterwards_leaves_the_recap(over: LiveRoom, alice: Person, anonymous: Person) -> None:
    answered(over, alice, "How", answer="Not boiling.", upvotes=1)
    post = write(alice, over, text="You asked:", publish=True).json()
    assert post["text"].endswith("\n\nQ: How\nA: Not boiling.")
    Store.objects.update(language="zh-hans")  # it was written before that

    def hide(text: str) -> Any:
        questions.hide(user_id=alice.id, room_id=over.pk, question_id=over.questions.get(text=text).pk)
        return anonymous.get(f"/posts/{post['id']}").json()

    shown = hide("How much?")
    assert shown["text"] == (
        "You asked:\n\nQ: How hot?\nA: Not boiling.\n\nQ: How long?\nA: Three minutes.\nNo longer."
        "\n\nQ: How\nA: Not boiling."
    )
    assert shown["edited_at"] is not None
    assert hide("Who knows?") == shown, "it was not in there"
    alice.patch(
        f"/posts/{post['id']}", {"text": "Q: How long?\nA: Three minutes, about.\n\nQ: How hot?\nA: Not boiling."}
    )
    assert hide("How long?")["text"].startswith("Q: How long?"), "staff's own words are theirs"
    assert hide("How hot?")["text"] == "Q: How long?\nA: Three minutes, about."


def test_what_is_hidden_while_the_recap_is_written_is_not_in_it(over: LiveRoom, alice: Person) -> None:
    wanted = over.questions.get(text="How hot?")
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            post, _ = recaps.recap_room(user=alice.user, room_id=over.pk, publish=True)
            hiding = elsewhere.submit(hide_elsewhere, alice, wanted)
            with pytest.raises(TimeoutError):
                hiding.result(0.3)
        hiding.result(5)
    post.refresh_from_db()
    assert "How long?" in post.text
    assert "How hot?" not in post.text


def hide_elsewhere(person: Person, question: Question) -> None:
    """In a thread that gives its connection back."""
    try:
        questions.hide(user_id=person.id, room_id=question.room_id, question_id=question.pk)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a", ""), ("a\n\nb", "b"), ("b\n\na", "b"), ("b\n\na\n\nc", "b\n\nc"), ("a\n\na", ""),
        ("ab\n\nba", "ab\n\nba"), ("b a\n\nc", "b a\n\nc"), ("", ""), ("\n\nb", "\n\nb"), ("a.\n\na", "a."),
        ("x\ny", ""), ("b\n\nx\ny\n\nc", "b\n\nc"), ("x\nyy", "x\nyy"), ("a\nb", "a\nb"),
    ],
)  # fmt: skip
def test_whole_paragraphs_are_taken_out_and_nothing_else(text: str, left: str) -> None:
    assert without(text, ["a", "x\ny"]) == left


def test_a_deleted_recap_makes_way_for_a_new_one(over: LiveRoom, alice: Person) -> None:
    first = write(alice, over).json()["id"]
    alice.delete(f"/posts/{first}")
    assert alice.get(f"/rooms/{over.pk}").json()["recap"] is None
    second = write(alice, over)
    assert second.status_code == 201
    assert second.json()["id"] != first
    assert LiveRoom.objects.get(id=over.pk).recap_id == second.json()["id"]


def test_only_who_may_host_and_post_writes_one(
    over: LiveRoom, mona: Person, ann: Person, bob: Person, erin: Person, paula: Person, anonymous: Person
) -> None:
    for person in (mona, ann, bob, erin, paula):
        assert problem(write(person, over)) == (403, "not_staff")
    assert problem(write(anonymous, over)) == (401, "not_signed_in")
    assert not Post.objects.exists()


def test_there_is_nothing_to_look_back_on_before_the_end_or_without_answers(
    over: LiveRoom, store: Store, alice: Person
) -> None:
    for status in (RoomStatus.SCHEDULED, RoomStatus.LIVE):
        LiveRoom.objects.update(status=status)
        assert problem(write(alice, over)) == (409, "room_not_ended")
    ended(over)
    over.questions.filter(status=QuestionStatus.ANSWERED).update(status=QuestionStatus.HIDDEN)
    assert problem(write(alice, over)) == (409, "nothing_answered")
    over.questions.filter(answer="A spoon.").update(status=QuestionStatus.ANSWERED)
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert problem(write(alice, over)) == (403, "store_suspended")
    assert not Post.objects.exists()


def test_questions_must_be_answered_ones_of_this_room(over: LiveRoom, store: Store, alice: Person, bob: Person) -> None:
    elsewhere = answered(ended(LiveRoom.objects.create(store=store, title="Another")), bob, "Elsewhere?")
    good = over.questions.get(text="How hot?").pk
    for text in ("How dare you?", "Who knows?"):
        refused = write(alice, over, questions=[good, over.questions.get(text=text).pk])
        assert problem(refused) == (404, "not_found")
        assert [error["field"] for error in refused.json()["errors"]] == ["questions.1"]
    assert problem(write(alice, over, questions=[elsewhere.pk])) == (404, "not_found")
    assert problem(write(alice, over, questions=[good, good])) == (422, "invalid")
    assert problem(write(alice, over, title="x" * 121)) == (422, "invalid")
    assert not Post.objects.exists()


def test_it_stays_within_the_length_of_a_post(over: LiveRoom, alice: Person, bob: Person) -> None:
    most = settings.LIMITS.post_text_chars
    numbers = [answered(over, bob, f"Long {place}?", answer="x" * 990, upvotes=100 - place).pk for place in range(6)]
    refused = write(alice, over, questions=numbers)
    assert problem(refused) == (422, "invalid")
    assert refused.json()["errors"][0]["field"] == "questions"
    assert problem(write(alice, over, text="y" * (most - 10))) == (422, "invalid")
    text = write(alice, over).json()["text"]
    assert len(text) <= most
    assert [f"Long {place}?" in text for place in range(6)] == [True] * 4 + [False] * 2
    assert "How hot?" in text, "what still fits is taken"
    assert Post.objects.filter(status=PostStatus.DRAFT).count() == 1
