"""Drafts: what a post may hold, how it is cleaned, what is refused with nothing stored."""

from __future__ import annotations

from typing import Any

from posts.models import Post, PostMedia, PostProduct
from stores.models import Store
from tests.people import Person, problem, run_jobs
from tests.posts.conftest import ready_picture, row, upload, write

OOLONG = {"title": "Oolong", "url": "https://tea.example/oolong", "price": "24.00", "currency": "EUR"}


def create(person: Person, body: Any) -> Any:
    """Tries to write a post."""
    return person.post("/stores/teahouse/posts", body)


def assert_refused(answer: Any, field: str) -> None:
    """The answer names this field, and nothing is there."""
    assert problem(answer) == (422, "invalid"), answer.text
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text
    assert (Post.objects.count(), PostProduct.objects.count(), PostMedia.objects.count()) == (0, 0, 0)


def test_a_post_needs_something_to_say(alice: Person, store: Store) -> None:
    blank = {"title": " \n ", "text": "\u202e \t"}
    bodies: list[dict[str, Any]] = [{}, blank, {"products": [OOLONG]}, {"media_ids": []}]
    for body in bodies:
        assert problem(create(alice, body)) == (422, "empty_post")
    assert Post.objects.count() == 0


def test_a_picture_alone_is_enough(alice: Person, store: Store) -> None:
    assert create(alice, {"media_ids": [upload(alice)]}).status_code == 201


def test_texts_are_stored_plain(alice: Person, store: Store) -> None:
    post = write(alice, title="  Tea\r\n  <b>time</b> \x00", text="Cafe\u0301 \u202eevil\u202c\r\nnext\x07 ")
    assert (post["title"], post["text"]) == ("Tea <b>time</b>", "Caf\u00e9 evil\nnext")


def test_a_magazine_in_chinese_whose_comments_are_closed(alice: Person, store: Store) -> None:
    post = write(alice, kind="magazine", title="春茶到了", text="今年的乌龙茶，香气清雅。", comment_policy="nobody")
    assert (post["kind"], post["title"], post["comment_policy"]) == ("magazine", "春茶到了", "nobody")


WRONG: list[tuple[Any, str]] = [
    ({"text": "a", "txet": "b"}, "txet"),
    ({"title": "a" * 121}, "title"),
    ({"text": "a" * 5_001}, "text"),
    ({"text": 5}, "text"),
    ({"text": "a", "kind": "advert"}, "kind"),
    ({"text": "a", "status": "deleted"}, "status"),
    ({"text": "a", "feed_id": 5}, "feed_id"),
    ({"text": "a", "media_ids": "1"}, "media_ids"),
    ({"text": "a", "media_ids": [1, 1]}, "media_ids"),
    ({"text": "a", "media_ids": [2**63]}, "media_ids.0"),
    ({"text": "a", "media_ids": list(range(1, 11))}, "media_ids"),
    ({"text": "a", "products": [OOLONG] * 11}, "products"),
    ([1, 2], "body"),
]


def test_wrong_fields_are_named(alice: Person, store: Store) -> None:
    for body, field in WRONG:
        assert_refused(create(alice, body), field)


def test_broken_json_is_refused(alice: Person, store: Store) -> None:
    for body in (b"{", b"\xff\xfe", b'{"text": "a"'):
        answer = alice.post("/stores/teahouse/posts", content=body, headers={"Content-Type": "application/json"})
        assert problem(answer) == (400, "bad_json")
    assert Post.objects.count() == 0


def test_a_body_over_its_limit_is_refused(alice: Person, store: Store) -> None:
    assert problem(create(alice, {"text": "a" * 1_000_001})) == (413, "payload_too_large")


SENSELESS = [
    ("url", "javascript:alert(1)"),
    ("url", "JaVaScRiPt:alert(1)//https://tea.example"),
    ("url", "data:text/html,hello"),
    ("url", "ftp://tea.example/oolong"),
    ("url", "//tea.example/oolong"),
    ("url", "/oolong"),
    ("url", ""),
    ("url", "https://"),
    ("url", "https://tea.example/\nSet-Cookie: a"),
    ("url", "https://bank.example@evil.example/"),
    ("url", "https://tea.example/" + "a" * 500),
    ("image", "javascript:alert(1)"),
    ("image", "https://a:b@evil.example/x.png"),
    ("price", "-0.01"),
    ("price", "1.001"),
    ("price", "12345678901.00"),
    ("price", "NaN"),
    ("price", "Infinity"),
    ("price", "free"),
    ("currency", "EURO"),
    ("currency", "XXX"),
    ("currency", "€"),
    ("title", "  "),
    ("title", "a" * 201),
    ("discount", "1"),
]


def test_products_that_make_no_sense_are_refused(alice: Person, store: Store) -> None:
    for field, value in SENSELESS:
        answer = create(alice, {"text": "a", "products": [OOLONG, OOLONG | {field: value}]})
        assert_refused(answer, f"products.1.{field}")


def test_products_keep_their_order_and_exact_prices(alice: Person, store: Store) -> None:
    cheap = OOLONG | {"price": 0, "currency": "usd", "image": "http://tea.example/冻顶.jpg"}
    post = write(alice, products=[OOLONG, cheap, OOLONG | {"price": 19.9}])
    assert [p["price"] for p in post["products"]] == ["24.00", "0.00", "19.90"]
    assert post["products"][1] == cheap | {"price": "0.00", "currency": "USD"}
    assert post["products"][0]["image"] is None


def test_pictures_keep_their_order(alice: Person, store: Store) -> None:
    first, second, third = upload(alice), upload(alice), upload(alice)
    run_jobs()
    post = write(alice, media_ids=[third, first, second])
    assert [media["id"] for media in post["media"]] == [third, first, second]
    changed = alice.patch(f"/posts/{post['id']}", {"media_ids": [second, third]}).json()
    assert [media["id"] for media in changed["media"]] == [second, third]
    assert alice.patch(f"/posts/{post['id']}", {"media_ids": []}).json()["media"] == []


def test_another_stores_picture_and_one_that_never_was_are_the_same(alice: Person, store: Store, erin: Person) -> None:
    own, foreign = ready_picture(alice), ready_picture(erin, handle="bookshop")
    for strange in (foreign, foreign + 1_000):
        answer = create(alice, {"text": "a", "media_ids": [own, strange]})
        assert problem(answer) == (404, "not_found")
        assert [error["field"] for error in answer.json()["errors"]] == ["media_ids.1"]
    assert Post.objects.count() == 0
    post = write(alice, media_ids=[own])
    assert problem(alice.patch(f"/posts/{post['id']}", {"text": "b", "media_ids": [foreign]})) == (404, "not_found")
    assert alice.get(f"/posts/{post['id']}").json() == post


def test_an_avatar_is_no_picture_for_posts(alice: Person, store: Store) -> None:
    picture = upload(alice)
    store.media.update(purpose="store_avatar")
    assert problem(create(alice, {"media_ids": [picture]})) == (404, "not_found")


def test_staff_page_through_drafts(bob: Person, ann: Person) -> None:
    drafts = [write(bob, text=f"Draft {n}")["id"] for n in range(5)]
    write(bob, status="published")
    first = ann.get("/stores/teahouse/drafts?limit=3")
    assert [post["id"] for post in first.json()["items"]] == drafts[:1:-1]
    assert f"cursor={first.json()['next_cursor']}" in first.headers["link"]
    rest = ann.get(f"/stores/teahouse/drafts?limit=3&cursor={first.json()['next_cursor']}")
    assert [post["id"] for post in rest.json()["items"]] == drafts[1::-1]
    assert rest.json()["next_cursor"] is None
    assert "link" not in rest.headers


def test_drafts_are_for_staff(alice: Person, store: Store, charlie: Person, erin: Person, anonymous: Person) -> None:
    write(alice)
    assert problem(charlie.get("/stores/teahouse/drafts")) == (403, "not_staff")
    assert problem(erin.get("/stores/teahouse/drafts")) == (403, "not_staff")
    assert problem(anonymous.get("/stores/teahouse/drafts")) == (401, "not_signed_in")
    assert problem(alice.get("/stores/nowhere/drafts")) == (404, "not_found")
    assert problem(alice.get("/stores/teahouse/drafts?cursor=eHh4eHh4eHh4eHh4")) == (422, "bad_cursor")
    assert problem(alice.get("/stores/teahouse/drafts?limit=51")) == (422, "invalid")


def test_writing_for_a_store_that_is_not_there(alice: Person, store: Store) -> None:
    assert problem(alice.post("/stores/nowhere/posts", {"text": "a"})) == (404, "not_found")


def test_two_editors_do_not_overwrite_each_other(alice: Person, bob: Person) -> None:
    post = write(alice)
    tag = alice.get(f"/posts/{post['id']}").headers["etag"]
    assert tag.startswith('"')
    mine = alice.patch(f"/posts/{post['id']}", {"text": "Alice's"}, headers={"If-Match": tag})
    assert (mine.status_code, mine.json()["version"]) == (200, 2)
    late = bob.patch(f"/posts/{post['id']}", {"text": "Bob's"}, headers={"If-Match": tag})
    assert problem(late) == (412, "precondition_failed")
    for method, path in [("POST", "/publish"), ("PUT", "/pin"), ("DELETE", "/pin"), ("DELETE", "")]:
        answer = bob.call(method, f"/posts/{post['id']}{path}", headers={"If-Match": tag})
        assert problem(answer) == (412, "precondition_failed"), path
    assert (row(post).text, row(post).status) == ("Alice's", "draft")
    anew = mine.headers["etag"]
    assert bob.patch(f"/posts/{post['id']}", {"text": "Bob's"}, headers={"If-Match": f'"x", {anew}'}).status_code == 200
    assert bob.patch(f"/posts/{post['id']}", {"text": "Anybody's"}, headers={"If-Match": "*"}).status_code == 200
