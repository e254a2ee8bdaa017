"""Whose pictures are whose, and avatars and covers, which are shown once they are ready."""

from __future__ import annotations

from accounts.models import User
from posts import tasks
from posts.models import Media
from stores.models import Store
from tests.people import Person, problem, run_jobs
from tests.posts.conftest import (
    drawing,
    encoded,
    hollow_png,
    media,
    ready_picture,
    send_picture,
    stored_files,
    upload,
    write,
)

JPEG = encoded(drawing())


def test_pictures_are_for_those_who_post(
    alice: Person, store: Store, charlie: Person, erin: Person, mona: Person, ann: Person, anonymous: Person
) -> None:
    for person in (charlie, erin, mona, ann):
        assert problem(send_picture(person, "/stores/teahouse/media", JPEG)) == (403, "not_staff")
    assert problem(send_picture(anonymous, "/stores/teahouse/media", JPEG)) == (401, "not_signed_in")
    Store.objects.filter(handle="teahouse").update(status="suspended")
    assert problem(send_picture(alice, "/stores/teahouse/media", JPEG)) == (403, "store_suspended")
    assert problem(send_picture(charlie, "/stores/teahouse/media", JPEG)) == (404, "not_found")
    assert (Media.objects.count(), stored_files()) == (0, [])


def test_a_stores_pictures_are_its_staffs_to_see(
    alice: Person, store: Store, charlie: Person, erin: Person, ann: Person, anonymous: Person
) -> None:
    path = f"/api/v1/media/{upload(alice)}"
    assert ann.get(path).status_code == 200
    assert problem(ann.patch(path, {"alt": "a"})) == (403, "not_staff")
    for person in (charlie, erin):
        assert problem(person.get(path)) == problem(person.patch(path, {"alt": "a"})) == (404, "not_found")
    assert problem(anonymous.get(path)) == (401, "not_signed_in")
    assert problem(alice.get("/api/v1/media/999999")) == (404, "not_found")
    assert Media.objects.get().alt == ""


def test_a_picture_is_described_by_one_person_at_a_time(alice: Person, store: Store, bob: Person) -> None:
    path = f"/api/v1/media/{ready_picture(alice)}"
    tag = alice.get(path).headers["etag"]
    assert alice.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert alice.patch(path, {"alt": "A pot"}, headers={"If-Match": tag}).json()["alt"] == "A pot"
    assert problem(bob.patch(path, {"alt": "A cup"}, headers={"If-Match": tag})) == (412, "precondition_failed")
    assert problem(bob.patch(path, {"alt": "A cup", "status": "ready"})) == (422, "invalid")
    assert alice.get(path, headers={"If-None-Match": tag}).json()["alt"] == "A pot"


def test_an_owner_dresses_the_store(alice: Person, store: Store, bob: Person, anonymous: Person) -> None:
    assert problem(send_picture(bob, "/stores/teahouse/avatar", JPEG)) == (403, "not_staff")
    for place in ("avatar", "cover"):
        assert send_picture(alice, f"/stores/teahouse/{place}", encoded(drawing(400, 400))).status_code == 202
    assert Store.objects.get().avatar is None
    run_jobs()
    assert Store.objects.get().cover["width"] == 400  # type: ignore[index]  # it is there
    post = write(alice, status="published")
    avatar = anonymous.get(f"/posts/{post['id']}").json()["store"]["avatar"]
    assert anonymous.http.get(avatar).status_code == 200


def test_an_applicant_may_have_an_avatar_but_no_pictures_for_posts(alice: Person, store: Store) -> None:
    Store.objects.update(status="applied")
    assert send_picture(alice, "/stores/teahouse/avatar", JPEG).status_code == 202
    assert problem(send_picture(alice, "/stores/teahouse/media", JPEG)) == (403, "store_not_approved")


def test_a_person_shows_a_face(charlie: Person, alice: Person, anonymous: Person) -> None:
    assert problem(send_picture(anonymous, "/me/avatar", JPEG)) == (401, "not_signed_in")
    sent = send_picture(charlie, "/me/avatar", encoded(drawing(400, 400)))
    assert sent.status_code == 202
    run_jobs()
    assert media(charlie, sent.json()["id"])["status"] == "ready"
    assert problem(alice.get(f"/api/v1/media/{sent.json()['id']}")) == (404, "not_found")
    face = charlie.get("/me").json()["avatar"]
    assert face.endswith("/320.webp")
    assert anonymous.http.get(face).status_code == 200


def test_the_last_avatar_sent_is_the_one_that_stays(charlie: Person) -> None:
    ids = [send_picture(charlie, "/me/avatar", encoded(drawing(40 + n, 40))).json()["id"] for n in range(3)]
    for media_id in reversed(ids):  # late and early jobs change places
        tasks.process_media(media_id)
    assert User.objects.get(id=charlie.id).avatar["width"] == 42  # type: ignore[index]  # it is there


def test_a_rejected_avatar_leaves_the_old_one(charlie: Person) -> None:
    send_picture(charlie, "/me/avatar", encoded(drawing(40, 40)))
    send_picture(charlie, "/me/avatar", hollow_png())
    run_jobs()
    assert User.objects.get(id=charlie.id).avatar["width"] == 40  # type: ignore[index]  # it is there
