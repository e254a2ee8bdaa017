"""The buyer gate: only who bought from this very store writes under its posts, and a refusal says why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from core import clock
from interactions.models import Comment
from posts.models import CommentPolicy, Post, PostStatus
from stores.models import Follow, Order, OrderStatus, Role, Staff, Store, StoreStatus
from tests.interactions.conftest import comment_on, published_post
from tests.people import Person, make_order, make_staff, problem


def tries_to_comment(person: Person, post: Post, **fields: Any) -> httpx.Response:
    return person.post(f"/posts/{post.pk}/comments", {"text": "May I?", **fields})


@pytest.fixture(autouse=True)
def _refusals_store_nothing(world: None) -> Any:
    yield
    assert Comment.objects.filter(text="May I?").count() == 0


def test_nobody_cannot_comment(anonymous: Person, post: Post) -> None:
    assert problem(tries_to_comment(anonymous, post)) == (401, "not_signed_in")


def test_a_stranger_cannot_comment(charlie: Person, post: Post) -> None:
    assert problem(tries_to_comment(charlie, post)) == (403, "not_a_buyer")


def test_a_follower_who_likes_is_still_no_buyer(charlie: Person, store: Store, post: Post) -> None:
    Follow.objects.create(user=charlie.user, store=store)
    charlie.put(f"/posts/{post.pk}/like")
    assert problem(tries_to_comment(charlie, post)) == (403, "not_a_buyer")


def test_a_purchase_elsewhere_is_none_here(charlie: Person, erin: Person, post: Post) -> None:
    make_order(user=charlie.user, store=Store.objects.get(handle="bookshop"))
    assert problem(tries_to_comment(charlie, post)) == (403, "not_a_buyer")


def test_another_stores_owner_is_a_stranger_here(erin: Person, post: Post) -> None:
    assert problem(tries_to_comment(erin, post)) == (403, "not_a_buyer")
    assert problem(tries_to_comment(erin, post, by_store=True)) == (422, "invalid")


def test_somebody_elses_purchase_is_not_mine(charlie: Person, bella: Person, post: Post) -> None:
    assert problem(tries_to_comment(charlie, post)) == (403, "not_a_buyer")


@pytest.mark.parametrize(
    "fields",
    [{"status": OrderStatus.PENDING, "paid_at": None}, {"test": True}, {"status": "cancelled", "paid_at": None}],
)
def test_an_order_that_was_never_paid_is_no_purchase(
    charlie: Person, store: Store, post: Post, fields: dict[str, Any]
) -> None:
    make_order(user=charlie.user, store=store, **fields)
    assert problem(tries_to_comment(charlie, post)) == (403, "not_a_buyer")


@pytest.mark.parametrize("status", [OrderStatus.REFUNDED, OrderStatus.CANCELLED])
def test_a_refund_revokes(bella: Person, post: Post, status: OrderStatus) -> None:
    written = comment_on(post, bella)
    Order.objects.update(status=status)
    assert problem(tries_to_comment(bella, post)) == (403, "purchase_refunded")
    assert problem(tries_to_comment(bella, post, parent=written["id"])) == (403, "purchase_refunded")
    assert problem(bella.patch(f"/comments/{written['id']}", {"text": "May I?"})) == (403, "purchase_refunded")


def test_a_partial_refund_does_not_revoke(bella: Person, post: Post) -> None:
    Order.objects.update(status=OrderStatus.PARTIALLY_REFUNDED)
    assert comment_on(post, bella)["buyer"]["product"] == "Oolong, 100 g"


def test_a_second_purchase_outlives_the_refund_of_the_first(bella: Person, store: Store, post: Post) -> None:
    Order.objects.update(status=OrderStatus.REFUNDED)
    make_order(user=bella.user, store=store, product_title="Teapot")
    assert comment_on(post, bella)["buyer"]["product"] == "Teapot"


def test_a_store_may_want_recent_buyers_only(bella: Person, post: Post) -> None:
    Store.objects.update(buyers_within_days=30)
    Order.objects.update(paid_at=clock.now() - timedelta(days=31))
    assert problem(tries_to_comment(bella, post)) == (403, "purchase_too_old")
    Order.objects.update(paid_at=clock.now() - timedelta(days=29))
    comment_on(post, bella)


def test_under_a_closed_post_nobody_writes(alice: Person, bella: Person, post: Post) -> None:
    parent = comment_on(post, bella)
    Post.objects.update(comment_policy=CommentPolicy.NOBODY)
    for person in (alice, bella):
        assert problem(tries_to_comment(person, post)) == (403, "comments_closed")
        assert problem(tries_to_comment(person, post, parent=parent["id"])) == (403, "comments_closed")
    assert problem(bella.patch(f"/comments/{parent['id']}", {"text": "May I?"})) == (403, "comments_closed")


def test_a_suspended_store_takes_no_comments(alice: Person, bella: Person, post: Post) -> None:
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert problem(tries_to_comment(bella, post)) == (404, "not_found")
    assert problem(tries_to_comment(alice, post)) == (403, "store_suspended")


def test_a_draft_takes_no_comments(alice: Person, bella: Person, store: Store) -> None:
    draft = published_post(store, status=PostStatus.DRAFT, feed_id=None, published_at=None)
    assert problem(tries_to_comment(bella, draft)) == (404, "not_found")
    assert problem(tries_to_comment(alice, draft)) == (409, "post_not_published")


def test_a_deleted_post_takes_no_comments(alice: Person, bella: Person, post: Post) -> None:
    Post.objects.update(status=PostStatus.DELETED)
    for person in (alice, bella):
        assert problem(tries_to_comment(person, post)) == (404, "not_found")


def test_a_banned_buyer_cannot_comment(bella: Person, post: Post) -> None:
    bella.user.is_active = False
    bella.user.save()
    assert problem(tries_to_comment(bella, post)) == (401, "not_signed_in")


@pytest.mark.parametrize("role", [Role.OWNER, Role.EDITOR, Role.MODERATOR])
def test_the_store_speaks_without_a_purchase(charlie: Person, store: Store, post: Post, role: Role) -> None:
    make_staff(user=charlie.user, store=store, role=role)
    written = comment_on(post, charlie)
    assert (written["by_store"], written["buyer"]) == (True, None)


def test_an_analyst_does_not_speak_for_the_store(charlie: Person, store: Store, post: Post) -> None:
    make_staff(user=charlie.user, store=store, role=Role.ANALYST)
    assert problem(tries_to_comment(charlie, post)) == (403, "not_a_buyer")
    make_order(user=charlie.user, store=store)
    assert comment_on(post, charlie)["by_store"] is False


def test_who_left_the_store_is_a_stranger_again(mona: Person, post: Post) -> None:
    Staff.objects.filter(user=mona.user).delete()
    assert problem(tries_to_comment(mona, post)) == (403, "not_a_buyer")


def test_platform_staff_did_not_buy_either(paula: Person, post: Post) -> None:
    assert problem(tries_to_comment(paula, post)) == (403, "not_a_buyer")
