"""Buyers and the store write under posts, with one level of replies; a page costs a fixed number of statements."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import notices
from interactions import selectors
from interactions.models import Comment, CommentStatus
from interactions.schemas import CommentOut
from posts.models import Post, PostStatus
from stores.models import Order, Staff, Store
from tests.conftest import Newcomer
from tests.interactions.conftest import comment_on, counts_of, ids_of, published_post, row
from tests.people import Person, make_order, problem


def test_a_buyer_comments_and_everybody_reads_it(anonymous: Person, bella: Person, post: Post) -> None:
    order = Order.objects.get()
    written = comment_on(post, bella, "  Lovely\r\nsmell \u202e ")
    assert written == {
        "id": written["id"],
        "post": post.pk,
        "author": {"id": bella.id, "name": "Bella", "avatar": None},
        "text": "Lovely\nsmell",
        "created_at": written["created_at"],
        "edited_at": None,
        "buyer": {"since": written["buyer"]["since"], "product": "Oolong, 100 g"},
        "by_store": False,
        "parent": None,
        "replies": 0,
        "status": "visible",
    }
    assert datetime.fromisoformat(written["created_at"]).utcoffset() == timedelta(0)
    assert row(written).order_id == order.pk
    assert anonymous.get(f"/posts/{post.pk}/comments").json() == {"items": [written], "next_cursor": None}
    assert counts_of(bella, post)["comments"] == 1


def test_the_badge_stays_as_it_was_when_they_wrote(anonymous: Person, bella: Person, post: Post) -> None:
    written = comment_on(post, bella)
    Order.objects.update(product_title="Something else", status="refunded")
    assert anonymous.get(f"/posts/{post.pk}/comments").json()["items"][0]["buyer"] == written["buyer"]


def test_markup_is_kept_as_the_text_it_is(bella: Person, post: Post) -> None:
    assert comment_on(post, bella, "<b>5 < 6</b>")["text"] == "<b>5 < 6</b>"


def test_bad_comments_are_refused(bella: Person, post: Post) -> None:
    bad: list[Any] = [{}, [], {"text": ""}, {"text": " \n "}, {"text": "x" * 1_001}, {"text": 5}, {"text": None}]
    for body in [*bad, {"text": "x", "status": "visible"}, {"text": "x", "parent": "first"}]:
        assert problem(bella.post(f"/posts/{post.pk}/comments", body)) == (422, "invalid"), body
    assert not Comment.objects.exists()


def test_a_comment_may_have_as_many_characters_as_the_limit_says(bella: Person, post: Post) -> None:
    text = "茶" * settings.LIMITS.comment_chars
    assert comment_on(post, bella, f"  {text}  ")["text"] == text


def test_pages_go_from_new_to_old_and_end(anonymous: Person, bella: Person, post: Post) -> None:
    ids = [comment_on(post, bella, f"Cup {number}")["id"] for number in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        answer = anonymous.get(
            f"/posts/{post.pk}/comments", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        )
        seen += [item["id"] for item in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        assert ("Link" in answer.headers) == (cursor is not None)
    assert (seen, cursor) == (ids[::-1], None)


def test_a_cursor_of_another_list_is_refused(anonymous: Person, bella: Person, store: Store, post: Post) -> None:
    other = published_post(store)
    for number in range(3):
        comment_on(post, bella, f"Cup {number}")
    cursor = anonymous.get(f"/posts/{post.pk}/comments", params={"limit": 2}).json()["next_cursor"]
    for path, given in [(other.pk, cursor), (post.pk, cursor[:-1]), (post.pk, "5")]:
        assert problem(anonymous.get(f"/posts/{path}/comments", params={"cursor": given})) == (422, "bad_cursor")


def test_bad_queries_are_refused(anonymous: Person, post: Post) -> None:
    bad: list[dict[str, Any]] = [{"limit": 0}, {"limit": 51}, {"limit": "x"}, {"parent": "x"}]
    for query in bad:
        assert problem(anonymous.get(f"/posts/{post.pk}/comments", params=query)) == (422, "invalid"), query


def test_replies_stand_below_their_comment(alice: Person, bella: Person, boris: Person, post: Post) -> None:
    parent = comment_on(post, bella)
    reply = comment_on(post, boris, "Indeed", parent=parent["id"])
    answer = comment_on(post, alice, "Thank you", parent=parent["id"])
    assert (reply["parent"], reply["by_store"], answer["by_store"], answer["buyer"]) == (
        parent["id"],
        False,
        True,
        None,
    )
    assert ids_of(bella, post) == [parent["id"]]
    assert ids_of(bella, post, parent=parent["id"]) == [answer["id"], reply["id"]]
    assert bella.get(f"/posts/{post.pk}/comments").json()["items"][0]["replies"] == 2
    assert counts_of(bella, post)["comments"] == 3


def test_a_reply_cannot_be_replied_to(alice: Person, bella: Person, post: Post) -> None:
    reply = comment_on(post, alice, "Thank you", parent=comment_on(post, bella)["id"])
    answer = bella.post(f"/posts/{post.pk}/comments", {"text": "Welcome", "parent": reply["id"]})
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0] | {"message": ""} == {"field": "parent", "code": "reply_to_reply", "message": ""}


def test_only_a_visible_comment_of_the_same_post_can_be_replied_to(bella: Person, store: Store, post: Post) -> None:
    elsewhere = comment_on(published_post(store), bella)
    hidden = comment_on(post, bella)
    Comment.objects.filter(id=hidden["id"]).update(status=CommentStatus.HIDDEN)
    for parent in (elsewhere["id"], hidden["id"], 999_999, 2**70):
        answer = bella.post(f"/posts/{post.pk}/comments", {"text": "Hello", "parent": parent})
        assert problem(answer) == (404, "not_found")
    assert Comment.objects.count() == 2


def test_the_same_words_twice_are_refused_for_a_day(bella: Person, boris: Person, store: Store, post: Post) -> None:
    comment_on(post, bella, "Lovely smell")
    again = bella.post(f"/posts/{post.pk}/comments", {"text": "LOVELY   smell"})
    assert problem(again) == (409, "duplicate_comment")
    comment_on(post, boris, "Lovely smell")
    comment_on(published_post(store), bella, "Lovely smell")
    Comment.objects.update(created_at=Comment.objects.latest("id").created_at - timedelta(hours=25))
    comment_on(post, bella, "Lovely smell")


def test_the_same_words_sent_at_once_are_taken_once(bella: Person, post: Post) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: bella.post(f"/posts/{post.pk}/comments", {"text": "Mine!"}), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert Comment.objects.count() == 1


def test_the_store_may_thank_two_people_alike(alice: Person, bella: Person, boris: Person, post: Post) -> None:
    first, second = comment_on(post, bella), comment_on(post, boris)
    comment_on(post, alice, "Thank you", parent=first["id"])
    comment_on(post, alice, "Thank you", parent=second["id"])
    again = alice.post(f"/posts/{post.pk}/comments", {"text": "Thank you", "parent": first["id"]})
    assert problem(again) == (409, "duplicate_comment")


def test_an_idempotency_key_makes_one_comment(bella: Person, post: Post) -> None:
    answers = [
        bella.post(f"/posts/{post.pk}/comments", {"text": "Once"}, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert counts_of(bella, post)["comments"] == 1


def test_comments_have_a_rate(bella: Person, post: Post) -> None:
    rate = int(settings.LIMITS.comments_rate.split("/")[0])
    for number in range(rate):
        comment_on(post, bella, f"Cup {number}")
    refused = bella.post(f"/posts/{post.pk}/comments", {"text": "One more"})
    assert problem(refused) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) >= 1


def test_an_author_edits_their_comment(anonymous: Person, bella: Person, post: Post) -> None:
    written = comment_on(post, bella)
    edited = bella.patch(f"/comments/{written['id']}", {"text": "Lovely taste"})
    assert edited.status_code == 200, edited.text
    assert (edited.json()["text"], edited.json()["edited_at"] is not None) == ("Lovely taste", True)
    assert anonymous.get(f"/posts/{post.pk}/comments").json()["items"] == [edited.json()]


def test_an_edit_cannot_repeat_another_comment(bella: Person, post: Post) -> None:
    comment_on(post, bella, "One")
    second = comment_on(post, bella, "Two")
    assert problem(bella.patch(f"/comments/{second['id']}", {"text": "one"})) == (409, "duplicate_comment")
    assert row(second).text == "Two"
    assert bella.patch(f"/comments/{second['id']}", {"text": "two"}).status_code == 200


def test_nobody_else_edits_or_deletes_a_comment(
    anonymous: Person, alice: Person, bella: Person, boris: Person, erin: Person, paula: Person, post: Post
) -> None:
    written = comment_on(post, bella)
    path = f"/comments/{written['id']}"
    for person in (alice, boris, erin, paula):
        assert problem(person.patch(path, {"text": "Mine now"})) == (403, "not_author")
        assert problem(person.delete(path)) == (403, "not_author")
    assert problem(anonymous.patch(path, {"text": "Mine now"})) == (401, "not_signed_in")
    assert problem(anonymous.delete(path)) == (401, "not_signed_in")
    assert (row(written).text, row(written).status) == ("Lovely smell", "visible")


def test_a_comment_that_is_not_there_cannot_be_edited_or_deleted(bella: Person, store: Store) -> None:
    assert problem(bella.patch("/comments/77", {"text": "Hello"})) == (404, "not_found")
    assert problem(bella.delete("/comments/77")) == (404, "not_found")


def test_a_hidden_comment_cannot_be_edited(bella: Person, post: Post) -> None:
    written = comment_on(post, bella)
    Comment.objects.update(status=CommentStatus.HIDDEN)
    assert problem(bella.patch(f"/comments/{written['id']}", {"text": "Better"})) == (403, "comment_hidden")


def test_a_deleted_comment_is_gone_and_its_words_too(anonymous: Person, bella: Person, post: Post) -> None:
    written = comment_on(post, bella)
    for _ in range(2):
        assert bella.delete(f"/comments/{written['id']}").status_code == 204
    assert ids_of(anonymous, post) == []
    assert (row(written).status, row(written).text) == ("deleted", "")
    assert counts_of(bella, post)["comments"] == 0
    assert problem(bella.patch(f"/comments/{written['id']}", {"text": "Back"})) == (404, "not_found")


def test_a_reported_comment_keeps_its_words_for_the_platform(bella: Person, boris: Person, post: Post) -> None:
    written = comment_on(post, bella, "Something bad")
    boris.post(f"/comments/{written['id']}/reports", {"reason": "abuse"})
    assert bella.delete(f"/comments/{written['id']}").status_code == 204
    assert row(written).text == "Something bad"
    assert ids_of(boris, post) == []


def test_a_deleted_comment_leaves_its_place_to_its_replies(
    alice: Person, anonymous: Person, bella: Person, post: Post
) -> None:
    parent = comment_on(post, bella)
    reply = comment_on(post, alice, "Thank you", parent=parent["id"])
    assert bella.delete(f"/comments/{parent['id']}").status_code == 204
    place = anonymous.get(f"/posts/{post.pk}/comments").json()["items"][0]
    assert (place["author"], place["text"], place["buyer"], place["status"]) == (None, "", None, "deleted")
    assert place["replies"] == 1
    assert ids_of(anonymous, post, parent=parent["id"]) == [reply["id"]]
    assert counts_of(bella, post)["comments"] == 1
    alice.delete(f"/comments/{reply['id']}")
    assert ids_of(anonymous, post) == []


def test_a_person_can_take_words_back_where_they_may_not_write_any_more(bella: Person, post: Post) -> None:
    written = comment_on(post, bella)
    Order.objects.update(status="refunded")
    Post.objects.update(status=PostStatus.DELETED)
    assert bella.delete(f"/comments/{written['id']}").status_code == 204
    assert row(written).text == ""


def test_comments_of_an_unpublished_post_are_not_shown(charlie: Person, bella: Person, post: Post) -> None:
    comment_on(post, bella)
    Post.objects.update(status=PostStatus.DRAFT)
    assert problem(charlie.get(f"/posts/{post.pk}/comments")) == (404, "not_found")


def test_who_left_the_store_cannot_speak_for_it_by_editing(mona: Person, store: Store, post: Post) -> None:
    written = comment_on(post, mona, "We open at nine")
    Staff.objects.filter(user=mona.user).delete()
    assert problem(mona.patch(f"/comments/{written['id']}", {"text": "Closed"})) == (403, "not_a_buyer")
    make_order(user=mona.user, store=store)
    assert problem(mona.patch(f"/comments/{written['id']}", {"text": "Closed"})) == (403, "not_staff")
    assert row(written).text == "We open at nine"


def told(person: Person, act: Callable[[], object]) -> dict[str, Any] | None:
    """The notice that reaches a person's feed sockets while something happens."""

    async def listen() -> dict[str, Any] | None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(notices.group(person.id), channel)
        await asyncio.to_thread(act)
        try:
            message: dict[str, Any] = await asyncio.wait_for(layer.receive(channel), timeout=1)
        except TimeoutError:
            return None
        finally:
            await layer.group_discard(notices.group(person.id), channel)
            await layer.flush()
        notice: dict[str, Any] = message["notice"]
        return notice

    return asyncio.run(listen())


def test_who_was_answered_is_told(alice: Person, bella: Person, post: Post) -> None:
    parent = comment_on(post, bella)["id"]
    notice = told(bella, lambda: comment_on(post, alice, "Thank you", parent=parent))
    assert notice == {
        "type": "comment_reply",
        "post": post.pk,
        "parent": parent,
        "comment": Comment.objects.latest("id").pk,
        "author": "Alice",
        "by_store": True,
    }


def test_nobody_is_told_of_their_own_reply_or_of_a_refused_one(bella: Person, charlie: Person, post: Post) -> None:
    parent = comment_on(post, bella)["id"]
    assert told(bella, lambda: comment_on(post, bella, "And", parent=parent)) is None
    assert told(bella, lambda: charlie.post(f"/posts/{post.pk}/comments", {"text": "Hm", "parent": parent})) is None


def test_a_page_costs_the_same_for_one_comment_and_for_many(
    bella: Person, boris: Person, mona: Person, paula: Person, newcomer: Newcomer, post: Post
) -> None:
    def statements(viewer: User | None, limit: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            shown_in = selectors.shown_post(post_id=post.pk, viewer=viewer)
            page, _ = selectors.comment_page(post=shown_in, viewer=viewer, limit=limit)
            assert [CommentOut.of(shown).replies for shown in page] == [1] * limit
        return len(captured)

    for number in range(6):
        author = newcomer(f"Buyer {number}")
        make_order(user=author.user, store=post.store)
        comment_on(post, bella, f"And {number}", parent=comment_on(post, author)["id"])
    for viewer, expected in [(None, 2), (boris.user, 3), (mona.user, 3), (paula.user, 2)]:
        assert statements(viewer, 1) == statements(viewer, 6) == expected
