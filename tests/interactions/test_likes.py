"""Likes are open to every signed-in shopper, and one person likes a post once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from interactions.models import Like
from posts.models import Post, PostStatus
from stores.models import Store, StoreStatus
from tests.conftest import Newcomer
from tests.people import Person, problem


def test_a_stranger_likes_and_takes_it_back(charlie: Person, post: Post) -> None:
    liked = charlie.put(f"/posts/{post.pk}/like")
    assert (liked.status_code, liked.json()) == (200, {"likes": 1, "comments": 0, "shares": 0})
    taken_back = charlie.delete(f"/posts/{post.pk}/like")
    assert (taken_back.status_code, taken_back.json()) == (200, {"likes": 0, "comments": 0, "shares": 0})
    assert not Like.objects.exists()


def test_liking_again_changes_nothing(charlie: Person, post: Post) -> None:
    for _ in range(3):
        assert charlie.put(f"/posts/{post.pk}/like").json()["likes"] == 1
    for _ in range(3):
        assert charlie.delete(f"/posts/{post.pk}/like").json()["likes"] == 0


def test_each_person_counts_once(charlie: Person, newcomer: Newcomer, post: Post) -> None:
    charlie.put(f"/posts/{post.pk}/like")
    dora = newcomer("Dora")
    assert dora.put(f"/posts/{post.pk}/like").json()["likes"] == 2
    assert charlie.delete(f"/posts/{post.pk}/like").json()["likes"] == 1


def test_one_person_on_many_devices_likes_once(charlie: Person, post: Post) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: charlie.put(f"/posts/{post.pk}/like"), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert Like.objects.count() == 1
    assert charlie.put(f"/posts/{post.pk}/like").json()["likes"] == 1


def test_nobody_cannot_like(anonymous: Person, post: Post) -> None:
    assert problem(anonymous.put(f"/posts/{post.pk}/like")) == (401, "not_signed_in")
    assert not Like.objects.exists()


@pytest.mark.parametrize("status", [PostStatus.DRAFT, PostStatus.DELETED])
def test_what_is_not_published_cannot_be_liked(charlie: Person, post: Post, status: PostStatus) -> None:
    Post.objects.update(status=status)
    assert problem(charlie.put(f"/posts/{post.pk}/like")) == (404, "not_found")
    assert not Like.objects.exists()


def test_staff_are_told_that_a_draft_is_not_published(alice: Person, post: Post) -> None:
    Post.objects.update(status=PostStatus.DRAFT)
    assert problem(alice.put(f"/posts/{post.pk}/like")) == (409, "post_not_published")


def test_a_suspended_store_takes_no_likes(alice: Person, charlie: Person, store: Store, post: Post) -> None:
    Store.objects.update(status=StoreStatus.SUSPENDED)
    assert problem(charlie.put(f"/posts/{post.pk}/like")) == (404, "not_found")
    assert problem(alice.put(f"/posts/{post.pk}/like")) == (403, "store_suspended")
    assert not Like.objects.exists()


def test_a_post_that_is_not_there_cannot_be_liked(charlie: Person) -> None:
    for post_id in (999_999, -1, 2**53, 2**80):
        assert problem(charlie.put(f"/posts/{post_id}/like")) == (404, "not_found")


def test_a_banned_person_cannot_like(newcomer: Newcomer, post: Post) -> None:
    dora = newcomer("Dora")
    dora.user.is_active = False
    dora.user.save()
    assert problem(dora.put(f"/posts/{post.pk}/like")) == (401, "not_signed_in")
