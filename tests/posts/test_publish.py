"""Publishing: who may, when it may not be, and that it happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.ids import feed_id_time
from posts.models import Post
from stores.models import Store
from tests.people import Person, problem, run_jobs
from tests.posts.conftest import deferred, ready_picture, rejected_picture, row, upload, write


def test_an_owner_publishes_at_once(alice: Person, store: Store) -> None:
    answer = alice.post("/stores/teahouse/posts", {"title": "New", "text": "Spring oolong.", "status": "published"})
    assert answer.status_code == 201, answer.text
    post = answer.json()
    assert answer.headers["location"] == f"/api/v1/posts/{post['id']}"
    assert (post["status"], post["kind"], post["version"]) == ("published", "update", 1)
    assert abs((row(post).published_at - feed_id_time(post["feed_id"])).total_seconds()) < 0.002  # type: ignore[operator]
    assert post["edited_at"] is None
    assert post["fan_out"] == {"mode": "push", "followers": 0, "covered": 0, "reached": 0, "done_at": None}
    assert deferred("feed.fan_out") == [{"post_id": post["id"]}]


def test_a_draft_is_published_once_however_often_it_is_asked_for(bob: Person) -> None:
    draft = write(bob)
    assert (draft["status"], draft["feed_id"], draft["published_at"]) == ("draft", None, None)
    first = bob.post(f"/posts/{draft['id']}/publish")
    again = bob.post(f"/posts/{draft['id']}/publish")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["feed_id"]
    assert first.json() == again.json()
    assert first.headers["etag"] == again.headers["etag"]
    assert len(deferred("feed.fan_out")) == 1


def test_eight_at_once_publish_a_post_once(alice: Person, store: Store) -> None:
    draft = write(alice)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: alice.post(f"/posts/{draft['id']}/publish"), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["feed_id"] for answer in answers}) == 1
    assert len(deferred("feed.fan_out")) == 1
    assert row(draft).version == 2


def test_shoppers_see_what_is_published(alice: Person, store: Store, anonymous: Person, charlie: Person) -> None:
    picture = ready_picture(alice, alt="A tea field")
    product = {"title": "Oolong", "url": "https://tea.example/oolong", "price": "24.00", "currency": "EUR"}
    post = write(alice, status="published", title="New", media_ids=[picture], products=[product])
    seen = anonymous.get(f"/posts/{post['id']}")
    assert seen.status_code == 200
    body = seen.json()
    assert body == charlie.get(f"/posts/{post['id']}").json()
    assert body["store"] == {"handle": "teahouse", "name": "Tea House", "avatar": None, "verified": False}
    assert body["products"] == [product | {"image": None}]
    assert (body["pinned"], body["comment_policy"], body["status"]) == (False, "buyers", "published")
    media = body["media"][0]
    assert (media["id"], media["kind"], media["alt"]) == (picture, "image", "A tea field")
    assert (media["width"], media["height"], len(media["blurhash"])) == (64, 48, 28)
    assert {v["format"] for v in media["variants"]} == {"webp", "jpeg"}
    assert anonymous.http.get(media["variants"][0]["url"]).status_code == 200
    # What only staff may know.
    assert (body["fan_out"], body["publish_at"], body["publish_problem"]) == (None, None, None)
    assert body.keys() == alice.get(f"/posts/{post['id']}").json().keys()


def test_a_public_post_is_sent_again_only_when_it_changed(alice: Person, store: Store, anonymous: Person) -> None:
    post = write(alice, status="published")
    path = f"/posts/{post['id']}"
    tag = anonymous.get(path).headers["etag"]
    assert tag.startswith('W/"')
    same = anonymous.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    assert alice.patch(path, {"text": "Sold out."}).status_code == 200
    changed = anonymous.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["text"]) == (200, "Sold out.")


WRITES = [
    ("POST", "/stores/teahouse/posts", {"text": "Mine now."}),
    ("PATCH", "/posts/{id}", {"text": "Mine now."}),
    ("POST", "/posts/{id}/publish", None),
    ("PUT", "/posts/{id}/pin", None),
    ("DELETE", "/posts/{id}/pin", None),
    ("DELETE", "/posts/{id}", None),
]


READ = ("GET", "/posts/{id}", None)


@pytest.mark.parametrize("who", ["charlie", "erin", "mona", "ann", "paula"])
def test_without_the_role_nobody_writes(request: pytest.FixtureRequest, alice: Person, store: Store, who: str) -> None:
    post = write(alice, status="published")
    person: Person = request.getfixturevalue(who)
    for method, path, body in WRITES:
        answer = person.call(method, path.format(id=post["id"]), json=body)
        assert problem(answer) == (403, "not_staff"), (method, path)
    assert alice.get(f"/posts/{post['id']}").json() == post
    assert Post.objects.count() == 1


def test_nobody_writes_without_signing_in(alice: Person, store: Store, anonymous: Person) -> None:
    post = write(alice, status="published")
    for method, path, body in WRITES:
        answer = anonymous.call(method, path.format(id=post["id"]), json=body)
        assert problem(answer) == (401, "not_signed_in"), (method, path)
    assert Post.objects.count() == 1


@pytest.mark.parametrize("who", ["charlie", "erin", "paula"])
def test_a_draft_does_not_exist_for_outsiders(
    request: pytest.FixtureRequest, alice: Person, store: Store, who: str
) -> None:
    post = write(alice)
    person: Person = request.getfixturevalue(who)
    for method, path, body in [READ, *WRITES[1:]]:
        answer = person.call(method, path.format(id=post["id"]), json=body)
        assert problem(answer) == (404, "not_found"), (method, path)
    assert alice.get(f"/posts/{post['id']}").json() == post


def test_all_staff_see_drafts(alice: Person, store: Store, ann: Person, mona: Person) -> None:
    post = write(alice)
    assert ann.get(f"/posts/{post['id']}").json() == mona.get(f"/posts/{post['id']}").json() == post


def test_a_post_that_never_was_is_not_found(alice: Person, store: Store) -> None:
    for post_id in (0, -1, 77, 2**53, 2**70):
        for method, path, body in [READ, *WRITES[1:]]:
            answer = alice.call(method, path.format(id=post_id), json=body)
            assert problem(answer) == (404, "not_found"), (method, path, post_id)


@pytest.mark.parametrize(
    ("status", "code"),
    [("suspended", "store_suspended"), ("applied", "store_not_approved"), ("rejected", "store_not_approved")],
)
def test_a_store_that_is_not_open_writes_nothing(alice: Person, store: Store, status: str, code: str) -> None:
    post = write(alice, status="published")
    Store.objects.update(status=status)
    for method, path, body in WRITES:
        answer = alice.call(method, path.format(id=post["id"]), json=body)
        assert problem(answer) == (403, code), (method, path)
    assert alice.get(f"/posts/{post['id']}").json() == post
    assert Post.objects.count() == 1


def test_posts_of_a_suspended_store_are_gone_for_shoppers(alice: Person, store: Store, charlie: Person) -> None:
    post = write(alice, status="published")
    Store.objects.update(status="suspended")
    assert problem(charlie.get(f"/posts/{post['id']}")) == (404, "not_found")
    assert problem(charlie.delete(f"/posts/{post['id']}")) == (404, "not_found")
    assert alice.get(f"/posts/{post['id']}").status_code == 200


def test_a_post_waits_for_its_pictures(alice: Person, store: Store) -> None:
    picture = upload(alice)
    refused = alice.post("/stores/teahouse/posts", {"media_ids": [picture], "status": "published"})
    assert problem(refused) == (409, "media_not_ready")
    assert refused.json()["media_id"] == picture
    assert Post.objects.count() == 0
    draft = write(alice, media_ids=[picture])
    assert draft["media"][0]["status"] == "processing"
    assert problem(alice.post(f"/posts/{draft['id']}/publish")) == (409, "media_not_ready")
    assert row(draft).status == "draft"
    assert deferred("feed.fan_out") == []
    run_jobs()
    assert alice.post(f"/posts/{draft['id']}/publish").json()["media"][0]["status"] == "ready"


def test_a_post_with_a_rejected_picture_stays_a_draft(alice: Person, store: Store) -> None:
    picture = ready_picture(alice)
    draft = write(alice, media_ids=[picture])
    store.media.update(status="rejected", reason="corrupt")
    refused = alice.post(f"/posts/{draft['id']}/publish")
    assert problem(refused) == (422, "media_rejected")
    assert refused.json()["reason"] == "corrupt"
    assert row(draft).feed_id is None


def test_a_rejected_picture_is_not_let_into_a_post(alice: Person, store: Store) -> None:
    refused = alice.post("/stores/teahouse/posts", {"media_ids": [rejected_picture(store)]})
    assert problem(refused) == (422, "media_rejected")
    assert Post.objects.count() == 0
