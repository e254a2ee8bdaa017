"""Changing and deleting posts: what followers see follows, and nothing else moves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx

from posts.models import Post
from stores.models import Store
from tests.people import Person, problem
from tests.posts.conftest import deferred, ready_picture, row, upload, write

PRODUCT = {"title": "Oolong", "url": "https://tea.example/oolong", "price": "24.00", "currency": "EUR"}


def test_editing_a_draft_is_no_edit(alice: Person, store: Store) -> None:
    draft = write(alice)
    changed = alice.patch(f"/posts/{draft['id']}", {"title": "Better"})
    assert changed.status_code == 200
    assert changed.json() == draft | {"title": "Better", "version": 2}
    assert alice.post(f"/posts/{draft['id']}/publish").json()["edited_at"] is None
    assert deferred("feed.refresh_card") == []


def test_an_edited_post_keeps_its_place_and_says_so(bob: Person, anonymous: Person) -> None:
    post = write(bob, status="published", products=[PRODUCT])
    changed = bob.patch(f"/posts/{post['id']}", {"text": "Sold out, sorry."}).json()
    assert changed["edited_at"] > post["published_at"]
    assert changed == post | {"text": "Sold out, sorry.", "version": 2, "edited_at": changed["edited_at"]}
    assert anonymous.get(f"/posts/{post['id']}").json()["edited_at"] == changed["edited_at"]
    assert deferred("feed.refresh_card") == [{"post_id": post["id"]}]
    assert len(deferred("feed.fan_out")) == 1


def test_each_part_that_people_read_counts_as_an_edit(alice: Person, store: Store) -> None:
    picture = ready_picture(alice)
    for body in ({"title": "T"}, {"kind": "magazine"}, {"media_ids": [picture]}, {"products": [PRODUCT]}):
        post = write(alice, status="published")
        assert alice.patch(f"/posts/{post['id']}", body).json()["edited_at"], body


def test_saving_what_is_there_already_changes_nothing(alice: Person, store: Store) -> None:
    picture = ready_picture(alice)
    post = write(alice, status="published", media_ids=[picture], products=[PRODUCT])
    same = {"text": post["text"], "title": "", "media_ids": [picture], "products": [PRODUCT], "kind": "update"}
    assert alice.patch(f"/posts/{post['id']}", same).json() == post
    assert alice.patch(f"/posts/{post['id']}", {"text": None, "status": None}).json() == post
    assert deferred("feed.refresh_card") == []


def test_closing_comments_is_no_edit_of_the_post(alice: Person, store: Store) -> None:
    post = write(alice, status="published")
    closed = alice.patch(f"/posts/{post['id']}", {"comment_policy": "nobody"}).json()
    assert closed == post | {"comment_policy": "nobody", "version": 2}


def test_a_published_post_stays_whole(alice: Person, store: Store) -> None:
    post = write(alice, status="published")
    assert problem(alice.patch(f"/posts/{post['id']}", {"text": " "})) == (422, "empty_post")
    unready = alice.patch(f"/posts/{post['id']}", {"text": "b", "media_ids": [upload(alice)]})
    assert problem(unready) == (409, "media_not_ready")
    assert problem(alice.patch(f"/posts/{post['id']}", {"published_at": "2020-01-01T00:00:00Z"})) == (422, "invalid")
    assert alice.get(f"/posts/{post['id']}").json() == post
    assert deferred("feed.refresh_card") == []


def test_of_two_edits_of_one_version_one_wins(alice: Person, bob: Person) -> None:
    post = write(alice, status="published")
    tag = alice.get(f"/posts/{post['id']}").headers["etag"]

    def edit(number: int) -> httpx.Response:
        person = (alice, bob)[number % 2]
        return person.patch(f"/posts/{post['id']}", {"text": f"Edit {number}"}, headers={"If-Match": tag})

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(edit, range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    assert row(post).version == 2


def test_a_better_description_of_a_picture_reaches_the_posts_that_show_it(
    alice: Person, store: Store, anonymous: Person
) -> None:
    picture, other = ready_picture(alice), ready_picture(alice)
    shown = write(alice, status="published", media_ids=[picture])
    write(alice, status="published", media_ids=[other])
    draft = write(alice, media_ids=[picture])
    answer = alice.patch(f"/api/v1/media/{picture}", {"alt": "Tea  leaves"})
    assert (answer.status_code, answer.json()["alt"]) == (200, "Tea leaves")
    seen = anonymous.get(f"/posts/{shown['id']}").json()
    assert (seen["media"][0]["alt"], seen["version"], seen["edited_at"]) == ("Tea leaves", 2, None)
    assert deferred("feed.refresh_card") == [{"post_id": shown["id"]}]
    assert row(draft).version == 1


def test_a_deleted_post_is_gone_for_everybody(alice: Person, store: Store, bob: Person, anonymous: Person) -> None:
    post = write(alice, status="published")
    alice.put(f"/posts/{post['id']}/pin")
    path = f"/posts/{post['id']}"
    gone = bob.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert bob.delete(path).status_code == alice.delete(path).status_code == 204
    for person in (alice, bob, anonymous):
        assert problem(person.get(path)) == (404, "not_found")
    assert problem(alice.patch(path, {"text": "Back"})) == (404, "not_found")
    assert problem(alice.post(path + "/publish")) == (404, "not_found")
    assert problem(alice.put(path + "/pin")) == (404, "not_found")
    found = Post.objects.get()
    assert (found.status, found.feed_id, found.pinned_at) == ("deleted", post["feed_id"], None)
    assert deferred("feed.refresh_card") == [{"post_id": post["id"]}] * 2


def test_a_deleted_post_is_nothing_to_outsiders(alice: Person, store: Store, erin: Person, ann: Person) -> None:
    post = write(alice, status="published")
    alice.delete(f"/posts/{post['id']}")
    assert problem(erin.delete(f"/posts/{post['id']}")) == (404, "not_found")
    assert problem(ann.delete(f"/posts/{post['id']}")) == (403, "not_staff")


def test_a_deleted_draft_leaves_the_list(alice: Person, store: Store) -> None:
    draft, kept = write(alice), write(alice)
    assert alice.delete(f"/posts/{draft['id']}").status_code == 204
    assert alice.get("/stores/teahouse/drafts").json()["items"] == [kept]
    assert deferred("feed.refresh_card") == []
