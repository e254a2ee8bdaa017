"""Idempotency-Key: one effect however often a client tries, and none from a try that died."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
from django.db import connection

from core import clock
from core.models import RememberedAnswer
from core.tasks import forget_old_answers
from posts.models import Media, Post
from stores.models import Role, Store
from tests.conftest import Newcomer
from tests.people import Person, make_staff, problem
from tests.posts.conftest import deferred, drawing, encoded

PATH = "/stores/teahouse/posts"
BODY = {"text": "Spring oolong is in.", "status": "published"}


def send(person: Person, key: str, body: Any = None, *, path: str = PATH) -> httpx.Response:
    """A POST with a key."""
    return person.post(path, BODY if body is None else body, headers={"Idempotency-Key": key})


def effects() -> tuple[int, int]:
    """Posts there are, and fan-outs that were asked for."""
    return Post.objects.count(), len(deferred("feed.fan_out"))


@contextmanager
def before_each_post(statement: str) -> Iterator[None]:
    """PostgreSQL itself does something whenever a post is published: sleep, fail."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION test_hook() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER test_hook BEFORE UPDATE ON posts_post FOR EACH ROW"
            " WHEN (NEW.status = 'published') EXECUTE FUNCTION test_hook()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION test_hook CASCADE")


def sleeping_backend() -> int:
    """The process of PostgreSQL in which a request sleeps, once there is one."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
            )
            if row := cursor.fetchone():
                return int(row[0])
        time.sleep(0.02)
    raise AssertionError("no request arrived")


def test_the_same_again_gives_the_first_answer_and_no_second_post(alice: Person, store: Store) -> None:
    first = send(alice, "spring")
    again = send(alice, "spring")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for header in ("content-type", "etag", "location"):
        assert again.headers[header] == first.headers[header]
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert effects() == (1, 1)


def test_another_body_under_the_same_key_is_refused(alice: Person, store: Store) -> None:
    send(alice, "spring")
    assert problem(send(alice, "spring", BODY | {"text": "Autumn oolong."})) == (422, "idempotency_mismatch")
    assert effects() == (1, 1)
    assert Post.objects.get().text == BODY["text"]


def test_without_a_key_each_post_counts(alice: Person, store: Store) -> None:
    assert [alice.post(PATH, BODY).status_code for _ in range(2)] == [201, 201]
    assert effects() == (2, 2)


def test_while_the_first_runs_the_second_is_told_to_wait(alice: Person, store: Store) -> None:
    with before_each_post("PERFORM pg_sleep(1)"), ThreadPoolExecutor(1) as threads:
        first = threads.submit(send, alice, "spring")
        sleeping_backend()
        waiting = send(alice, "spring")
        assert problem(waiting) == (409, "idempotency_in_flight")
        assert waiting.headers["retry-after"] == "1"
        other = send(alice, "another", {"text": "A draft."})
        assert other.status_code == 201
        assert first.result().status_code == 201
    assert send(alice, "spring").json() == first.result().json()
    assert effects() == (2, 1)


def test_ten_at_once_have_one_effect(alice: Person, store: Store) -> None:
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: send(alice, "spring"), range(10)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert {problem(answer)[1] for answer in answers if answer.status_code == 409} <= {"idempotency_in_flight"}
    assert effects() == (1, 1)


def test_a_request_that_broke_has_no_effect_and_may_be_tried_again(alice: Person, store: Store) -> None:
    with before_each_post("RAISE EXCEPTION 'broken on purpose'"):
        broken = send(alice, "spring")
    assert problem(broken) == (500, "server_error")
    assert "broken on purpose" not in broken.text
    assert effects() == (0, 0)
    assert send(alice, "spring").status_code == 201
    assert effects() == (1, 1)


def test_a_request_whose_connection_was_killed_has_no_effect_and_may_be_tried_again(
    alice: Person, store: Store
) -> None:
    with before_each_post("PERFORM pg_sleep(20)"), ThreadPoolExecutor(1) as threads:
        dying = threads.submit(send, alice, "spring")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [sleeping_backend()])
        assert problem(dying.result()) == (503, "unavailable")
    assert effects() == (0, 0)
    assert RememberedAnswer.objects.count() == 0
    assert send(alice, "spring").status_code == 201
    assert effects() == (1, 1)


def test_a_refusal_is_not_remembered(alice: Person, store: Store) -> None:
    assert problem(send(alice, "spring", {"text": ""})) == (422, "empty_post")
    assert RememberedAnswer.objects.count() == 0
    assert send(alice, "spring").status_code == 201


def test_a_key_belongs_to_one_person_and_one_route(alice: Person, store: Store, newcomer: Newcomer) -> None:
    bob = newcomer("Bob")
    make_staff(user=bob.user, store=store, role=Role.EDITOR)
    first = send(alice, "spring", {"text": "A draft."})
    assert send(bob, "spring").json()["id"] != first.json()["id"]
    published = send(alice, "spring", {}, path=f"/posts/{first.json()['id']}/publish")
    assert (published.status_code, published.json()["status"]) == (200, "published")
    assert effects() == (2, 2)


def test_nobody_else_gets_the_answer(alice: Person, store: Store, charlie: Person, anonymous: Person) -> None:
    send(alice, "spring")
    assert problem(send(charlie, "spring")) == (403, "not_staff")
    assert problem(send(anonymous, "spring")) == (401, "not_signed_in")
    assert effects() == (1, 1)


def test_keys_are_forgotten_after_a_day(alice: Person, store: Store) -> None:
    send(alice, "spring")
    send(alice, "summer")
    RememberedAnswer.objects.filter(key="spring").update(created_at=clock.now() - timedelta(hours=25))
    assert send(alice, "spring").headers.get("idempotency-replayed") is None
    assert effects() == (3, 3)
    RememberedAnswer.objects.filter(key="spring").update(created_at=clock.now() - timedelta(hours=25))
    assert forget_old_answers(0) == 1
    assert [answer.key for answer in RememberedAnswer.objects.all()] == ["summer"]


def test_keys_have_1_to_255_characters(alice: Person, store: Store) -> None:
    for key in ("", "k" * 256):
        refused = send(alice, key)
        assert problem(refused) == (422, "invalid")
        assert refused.json()["errors"][0]["field"] == "Idempotency-Key"
    assert send(alice, "k" * 255).status_code == 201
    assert effects() == (1, 1)


def test_an_upload_sent_again_is_one_picture(alice: Person, store: Store) -> None:
    def upload(data: bytes, alt: str) -> httpx.Response:
        files = {"file": ("photo.jpg", data, "image/jpeg")}
        headers = {"Idempotency-Key": "photo"}
        return alice.post("/stores/teahouse/media", files=files, data={"alt": alt}, headers=headers)

    photo = encoded(drawing())
    first, again = upload(photo, "A pot"), upload(photo, "A pot")  # httpx draws a new boundary for each
    assert (first.status_code, again.json()) == (202, first.json())
    assert problem(upload(photo, "A cup")) == (422, "idempotency_mismatch")
    assert problem(upload(encoded(drawing(65)), "A pot")) == (422, "idempotency_mismatch")
    assert Media.objects.count() == 1
