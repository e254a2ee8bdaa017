"""Moderators hold, hide and approve; people report once; the log keeps who did what."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from interactions import selectors
from interactions.models import Comment, CommentReport, ModerationAction
from posts.models import Post
from stores.models import Role, Store, StoreStatus
from tests.conftest import Newcomer
from tests.interactions.conftest import comment_on, counts_of, ids_of, published_post, row
from tests.interactions.test_comments import told
from tests.people import Person, make_order, make_staff, problem


@pytest.fixture
def careful_store(store: Store) -> Store:
    """Alice's store, holding first comments."""
    store.hold_first_comments = True
    store.save()
    return store


def moderate(person: Person, comment: dict[str, Any], status: str) -> httpx.Response:
    return person.put(f"/comments/{comment['id']}/visibility", {"status": status})


def queue(person: Person, status: str, **query: Any) -> list[int]:
    answer = person.get("/stores/teahouse/comments", params={"status": status, **query})
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


# --- holding ---------------------------------------------------------------------------------------------------------


def test_a_first_comment_waits_for_a_moderator(
    anonymous: Person, bella: Person, boris: Person, mona: Person, careful_store: Store, post: Post
) -> None:
    held = comment_on(post, bella)
    assert held["status"] == "held"
    assert ids_of(anonymous, post) == ids_of(boris, post) == []
    assert ids_of(bella, post) == ids_of(mona, post) == [held["id"]]
    assert counts_of(bella, post)["comments"] == 0
    assert queue(mona, "held") == [held["id"]]

    approved = moderate(mona, held, "visible")
    assert (approved.status_code, approved.json()["status"]) == (200, "visible")
    assert ids_of(anonymous, post) == [held["id"]]
    assert counts_of(bella, post)["comments"] == 1
    assert queue(mona, "held") == []
    assert comment_on(post, bella, "Again")["status"] == "visible"


def test_a_second_comment_waits_too_until_one_was_approved(bella: Person, careful_store: Store, post: Post) -> None:
    assert [comment_on(post, bella, text)["status"] for text in ("One", "Two")] == ["held", "held"]


def test_an_approval_in_another_store_counts_for_nothing(
    bella: Person, erin: Person, careful_store: Store, post: Post
) -> None:
    bookshop = Store.objects.get(handle="bookshop")
    make_order(user=bella.user, store=bookshop)
    assert comment_on(published_post(bookshop), bella)["status"] == "visible"
    assert comment_on(post, bella)["status"] == "held"


def test_the_store_itself_is_never_held(alice: Person, careful_store: Store, post: Post) -> None:
    assert comment_on(post, alice)["status"] == "visible"


def test_an_approved_first_comment_cannot_be_turned_into_another(
    bella: Person, boris: Person, mona: Person, careful_store: Store, post: Post
) -> None:
    first = comment_on(post, bella)
    moderate(mona, first, "visible")
    assert bella.patch(f"/comments/{first['id']}", {"text": "Buy elsewhere"}).json()["status"] == "held"
    assert ids_of(boris, post) == []
    assert counts_of(boris, post)["comments"] == 0


def test_whom_a_held_reply_answers_is_told_when_it_is_approved(
    alice: Person, bella: Person, mona: Person, careful_store: Store, post: Post
) -> None:
    parent = comment_on(post, alice, "Which tea do you like?")["id"]
    replies: list[dict[str, Any]] = []
    assert told(alice, lambda: replies.append(comment_on(post, bella, "Oolong", parent=parent))) is None
    notice = told(alice, lambda: moderate(mona, replies[0], "visible"))
    assert notice is not None
    assert (notice["type"], notice["comment"]) == ("comment_reply", replies[0]["id"])


# --- hiding ----------------------------------------------------------------------------------------------------------


def test_a_hidden_comment_is_seen_by_its_author_and_moderators_only(
    anonymous: Person, bella: Person, boris: Person, mona: Person, paula: Person, post: Post
) -> None:
    written = comment_on(post, bella)
    assert moderate(mona, written, "hidden").json()["status"] == "hidden"
    assert ids_of(anonymous, post) == ids_of(boris, post) == []
    for person in (bella, mona, paula):
        item = person.get(f"/posts/{post.pk}/comments").json()["items"][0]
        assert (item["text"], item["status"]) == ("Lovely smell", "hidden")
    assert counts_of(boris, post)["comments"] == 0


def test_replies_to_a_hidden_comment_stay_below_its_place(
    alice: Person, boris: Person, bella: Person, post: Post
) -> None:
    parent = comment_on(post, bella, "Something bad")
    comment_on(post, alice, "Please stay kind", parent=parent["id"])
    moderate(alice, parent, "hidden")
    place = boris.get(f"/posts/{post.pk}/comments").json()["items"][0]
    assert (place["author"], place["text"], place["status"], place["replies"]) == (None, "", "hidden", 1)


def test_every_change_is_logged_and_no_repetition(alice: Person, mona: Person, bella: Person, post: Post) -> None:
    written = comment_on(post, bella)
    for person, status in [(mona, "hidden"), (mona, "hidden"), (alice, "visible"), (alice, "visible")]:
        assert moderate(person, written, status).status_code == 200
    log = ModerationAction.objects.order_by("id").values_list("by_id", "before", "after")
    assert list(log) == [(mona.id, "visible", "hidden"), (alice.id, "hidden", "visible")]
    assert counts_of(bella, post)["comments"] == 1


def test_what_the_platform_hid_the_store_cannot_show(alice: Person, paula: Person, post: Post) -> None:
    written = comment_on(post, alice, "Our rivals are thieves")
    moderate(paula, written, "hidden")
    assert problem(moderate(alice, written, "visible")) == (403, "hidden_by_platform")
    assert row(written).status == "hidden"
    assert moderate(paula, written, "visible").status_code == 200


def test_a_moderator_shows_or_hides_and_nothing_else(bella: Person, mona: Person, post: Post) -> None:
    written = comment_on(post, bella)
    for status in ("held", "deleted", "gone", None):
        answer = mona.put(f"/comments/{written['id']}/visibility", {"status": status})
        assert problem(answer) == (422, "invalid"), status


def test_a_deleted_comment_cannot_be_shown_again(bella: Person, mona: Person, post: Post) -> None:
    written = comment_on(post, bella)
    bella.delete(f"/comments/{written['id']}")
    assert problem(moderate(mona, written, "visible")) == (404, "not_found")


def test_only_moderators_of_this_store_moderate(
    anonymous: Person, bella: Person, boris: Person, charlie: Person, erin: Person, store: Store, post: Post
) -> None:
    make_staff(user=charlie.user, store=store, role=Role.ANALYST)
    written = comment_on(post, bella)
    for person in (bella, boris, charlie, erin):
        assert problem(moderate(person, written, "hidden")) == (403, "not_staff")
        assert problem(person.get("/stores/teahouse/comments")) == (403, "not_staff")
    assert problem(moderate(anonymous, written, "hidden")) == (401, "not_signed_in")
    assert problem(anonymous.get("/stores/teahouse/comments")) == (401, "not_signed_in")
    assert row(written).status == "visible"
    assert not ModerationAction.objects.exists()


def test_another_stores_owner_does_not_learn_of_a_hidden_comment(
    bella: Person, mona: Person, erin: Person, post: Post
) -> None:
    written = comment_on(post, bella)
    moderate(mona, written, "hidden")
    assert problem(moderate(erin, written, "visible")) == (404, "not_found")
    assert problem(erin.post(f"/comments/{written['id']}/reports", {"reason": "spam"})) == (404, "not_found")
    assert problem(erin.patch(f"/comments/{written['id']}", {"text": "Mine"})) == (404, "not_found")


def test_in_a_suspended_store_only_the_platform_moderates(
    bella: Person, mona: Person, paula: Person, post: Post
) -> None:
    written = comment_on(post, bella)
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert problem(moderate(mona, written, "hidden")) == (403, "store_suspended")
    assert moderate(paula, written, "hidden").status_code == 200


# --- reports ---------------------------------------------------------------------------------------------------------


def test_one_person_reports_a_comment_once(bella: Person, boris: Person, charlie: Person, post: Post) -> None:
    written = comment_on(post, bella)
    first = charlie.post(f"/comments/{written['id']}/reports", {"reason": "spam", "text": "It links to a shop"})
    again = charlie.post(f"/comments/{written['id']}/reports", {"reason": "abuse"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["reason"] == "spam"
    boris.post(f"/comments/{written['id']}/reports", {"reason": "abuse"})
    assert CommentReport.objects.count() == 2


def test_bad_reports_are_refused(bella: Person, charlie: Person, post: Post) -> None:
    written = comment_on(post, bella)
    for body in ({}, {"reason": "dislike"}, {"reason": "spam", "text": "x" * 501}, {"reason": None}):
        assert problem(charlie.post(f"/comments/{written['id']}/reports", body)) == (422, "invalid"), body
    assert not CommentReport.objects.exists()


def test_nobody_reports_what_they_cannot_see(
    anonymous: Person, bella: Person, boris: Person, careful_store: Store, post: Post
) -> None:
    held = comment_on(post, bella)
    assert problem(boris.post(f"/comments/{held['id']}/reports", {"reason": "spam"})) == (404, "not_found")
    assert problem(boris.post("/comments/999/reports", {"reason": "spam"})) == (404, "not_found")
    assert problem(anonymous.post(f"/comments/{held['id']}/reports", {"reason": "spam"})) == (401, "not_signed_in")


def test_reports_wait_until_a_moderator_decided(
    bella: Person, boris: Person, charlie: Person, mona: Person, post: Post
) -> None:
    written = comment_on(post, bella)
    comment_on(post, boris, "Fine")
    boris.post(f"/comments/{written['id']}/reports", {"reason": "spam"})
    charlie.post(f"/comments/{written['id']}/reports", {"reason": "spam"})
    (item,) = mona.get("/stores/teahouse/comments", params={"status": "reported"}).json()["items"]
    assert (item["id"], item["post"], item["reports"]) == (written["id"], post.pk, [{"reason": "spam", "count": 2}])

    assert moderate(mona, written, "visible").status_code == 200
    assert queue(mona, "reported") == []
    assert row(written).status == "visible"
    assert ModerationAction.objects.values_list("before", "after").get() == ("visible", "visible")


def test_the_queue_shows_this_store_only_and_has_pages(
    bella: Person, mona: Person, erin: Person, paula: Person, careful_store: Store, post: Post
) -> None:
    bookshop = Store.objects.get(handle="bookshop")
    Store.objects.update(hold_first_comments=True)
    make_order(user=bella.user, store=bookshop)
    comment_on(published_post(bookshop), bella)
    held = [comment_on(post, bella, f"Cup {number}")["id"] for number in range(3)]
    first = paula.get("/stores/teahouse/comments", params={"limit": 2}).json()
    assert [item["id"] for item in first["items"]] == held[:0:-1]
    assert queue(mona, "held", limit=2, cursor=first["next_cursor"]) == held[:1]
    assert problem(erin.get("/stores/teahouse/comments")) == (403, "not_staff")
    refused = mona.get("/stores/teahouse/comments", params={"status": "reported", "cursor": first["next_cursor"]})
    assert problem(refused) == (422, "bad_cursor")


def test_the_queue_costs_the_same_for_one_comment_and_for_many(
    bella: Person, newcomer: Newcomer, mona: Person, post: Post
) -> None:
    for number in range(5):
        author = newcomer(f"Buyer {number}")
        make_order(user=author.user, store=post.store)
        bella.post(f"/comments/{comment_on(post, author)['id']}/reports", {"reason": "spam"})

    def statements(limit: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            shown, _ = selectors.waiting_comments(handle="teahouse", moderator=mona.user, reported=True, limit=limit)
            assert [(one.comment.author.display_name != "", sum(one.reports.values())) for one in shown] == [
                (True, 1)
            ] * limit
        return len(captured)

    assert statements(1) == statements(5) == 4


def test_rows_of_comments_are_never_lost_by_moderation(bella: Person, mona: Person, post: Post) -> None:
    written = comment_on(post, bella)
    moderate(mona, written, "hidden")
    assert Comment.objects.get().text == "Lovely smell"
