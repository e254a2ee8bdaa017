"""Bodies that lie, hurt or make no sense: each is refused with a problem, and nothing of it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from tests.acceptance.scene import Scene, nothing_written, refused
from tests.acceptance.test_authorisation_matrix import ASKS, OPERATIONS, Ask
from tests.people import problem

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
# Every text that people give, and the least beside it that makes the body whole: (who, operation, field, body).
TEXTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("shopper", "update_me", "display_name", {}),
    *(("shopper", "apply_for_store", field, {}) for field in ("name", "about", "city", "application")),
    *(("owner", "update_store", field, {}) for field in ("name", "about", "city")),
    ("platform", "review_store", "reason", {}),
    ("owner", "update_media", "alt", {}),
    *(("owner", "create_post", field, {}) for field in ("title", "text")),
    *(("owner", "update_post", field, {}) for field in ("title", "text")),
    ("buyer", "write_comment", "text", {}),
    ("buyer", "edit_comment", "text", {}),
    ("shopper", "report_comment", "text", {}),
    ("owner", "create_room", "title", {}),
    ("owner", "update_room", "title", {}),
    *(("owner", "recap_room", field, {}) for field in ("title", "text")),
]
MUST_SAY_SOMETHING = {"display_name", "name", "reason", ("write_comment", "text"), ("edit_comment", "text")}
NASTY = "a\x00b\ud800c\u202ed\u2066e\x1bf\ufeffg"
_UNWANTED_ROWS = "SELECT count(*) FROM {table} t WHERE t::text ~ '[\u202a-\u202e\u2066-\u2069\ufeff\x1b]'"


def _call(scene: Scene, who: str, name: str, ask: Ask, body: bytes, headers: dict[str, str] = JSON) -> Any:
    method, path = OPERATIONS[name]
    return scene.people[who].call(method, path.format(**ask.path), content=body, headers=headers)


def _tables() -> list[str]:
    return [name for name in connection.introspection.table_names() if not name.startswith("django_")]


@pytest.mark.parametrize(("who", "name", "field", "more"), TEXTS)
def test_texts_are_kept_without_what_nobody_should_see(
    who: str, name: str, field: str, more: dict[str, Any], quiet_scene: Scene
) -> None:
    ask = ASKS[name](quiet_scene)
    body = json.dumps(ask.body | more | {field: NASTY}).encode()
    answer = _call(quiet_scene, who, name, ask, body)
    assert answer.status_code in {200, 201}, answer.text
    assert "abcdefg" in answer.text
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(_UNWANTED_ROWS.format(table=connection.ops.quote_name(table)))
            assert cursor.fetchone() == (0,), table


@pytest.mark.parametrize(("who", "name", "field", "more"), TEXTS)
def test_texts_that_are_too_long_or_no_texts_are_refused(
    who: str, name: str, field: str, more: dict[str, Any], quiet_scene: Scene
) -> None:
    ask = ASKS[name](quiet_scene)
    blanks = (
        ["\u200b", " \u3164\u2800 ", "\x00"]
        if field in MUST_SAY_SOMETHING or (name, field) in MUST_SAY_SOMETHING
        else []
    )
    for value in ["x" * 900_000, 7, True, ["a"], {"a": 1}, 1.5, *blanks]:
        body = json.dumps(ask.body | more | {field: value}).encode()
        with nothing_written():
            assert refused(_call(quiet_scene, who, name, ask, body), 422) == "invalid", value


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"  ",
        b"\xff",
        b'{"language":"\xff"}',
        b'{"language":"en"} x',
        b'{/* no */"language":"en"}',
        b"{'language':'en'}",
        b'{"display_name":"a\tb"}',
        b'{"display_name":NaN}',
        b'{"display_name":-Infinity}',
        b'{"display_name":' + b"9" * 5_000 + b"}",
        b'{"language":"en","language":"zh-hans"}',
        b'{"language":"en","lang\\u0075age":"zh-hans"}',
        '{"language":"zh-hans"}'.encode("utf-16"),
        '{"language":"zh-hans"}'.encode("utf-32"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"language":' + b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_not_json_is_bad_json(body: bytes, quiet_scene: Scene) -> None:
    with nothing_written():
        assert refused(_call(quiet_scene, "shopper", "update_me", Ask(), body), 400) == "bad_json"
        answer = _call(quiet_scene, "shopper", "follow_store", Ask({"handle": "teahouse"}), body)
        assert refused(answer, 400) == "bad_json", "where a body is optional, too"


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'["language"]',
        b"null",
        b'"language"',
        b"1",
        b"true",
        b"1e400",
        b'{"display_name":1e400}',
        b'{"\\ud800":1}',
    ],
)
def test_json_of_another_shape_is_invalid(body: bytes, quiet_scene: Scene) -> None:
    with nothing_written():
        assert refused(_call(quiet_scene, "shopper", "update_me", Ask(), body), 422) == "invalid"


def test_a_long_name_is_not_given_back(quiet_scene: Scene) -> None:
    body = json.dumps({"x" * 900_000: 1} | {f"y{number}": 1 for number in range(1_000)}).encode()
    answer = _call(quiet_scene, "shopper", "update_me", Ask(), body)
    assert refused(answer, 422) == "invalid"


PRODUCT = {"title": "Oolong", "url": "https://tea.example/oolong", "price": "24.00", "currency": "EUR"}
IDS = (0, -1, 2**53 + 1, 2**63, 10**400)
NUMBERS: dict[str, list[dict[str, Any]]] = {
    "add_staff": [{"user_id": number, "role": "editor"} for number in IDS],
    "update_store": [{"buyers_within_days": number} for number in (0, -1, 2**31, 2**63, 10**400)],
    "create_post": [
        *({"media_ids": [number]} for number in IDS),
        *({"products": [PRODUCT | {"price": price}]} for price in ("-1", "1e999999", "NaN", "0.001", "9" * 30)),
        *({"status": "scheduled", "publish_at": at} for at in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z")),
    ],
    "write_comment": [{"parent": number} for number in IDS],
    "create_room": [*({"cover": number} for number in IDS), *({"slow_mode_s": number} for number in (-1, 121, 2**63))],
    "mark_feed_seen": [{"head": head} for head in ("-1", "9" * 16, "9" * 17, "1e3", "\u0663", "")],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_of_a_body_is_bounded(name: str, quiet_scene: Scene) -> None:
    ask = ASKS[name](quiet_scene)
    who = "buyer" if name == "write_comment" else "owner"
    with nothing_written():
        for change in NUMBERS[name]:
            body = json.dumps(ask.body | change).encode()
            refused(_call(quiet_scene, who, name, ask, body), 404, 422)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "javascript:alert(1)"},
        {"url": "https://tea.example/\u202eoolong"},
        {"url": "https://tea.example/\x00"},
        {"url": "https://tea.example/" + "x" * 900_000},
        {"url": "//tea.example"},
        {"url": "https://"},
        {"url": "https://\ud800.example"},
        {"image": "data:image/png;base64,AAAA"},
        {"currency": "€€€"},
        {"currency": "\x00\x00\x00"},
        {"currency": "EURO"},
        {"title": "\u200b"},
    ],
    ids=lambda change: repr(change)[:40],
)
def test_products_are_what_they_say(change: dict[str, str], quiet_scene: Scene) -> None:
    with nothing_written():
        body = json.dumps({"text": "Tea", "products": [PRODUCT | change]}).encode()
        refused(_call(quiet_scene, "owner", "create_post", Ask({"handle": "teahouse"}), body), 422)
        body = json.dumps({"title": "Tea", "products": [PRODUCT | change]}).encode()
        refused(_call(quiet_scene, "owner", "create_room", Ask({"handle": "teahouse"}), body), 422)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "nonsense",
        "a" * 5_000,
    ],
)
def test_a_body_that_says_it_is_not_json_is_not_read_as_json(kind: str, quiet_scene: Scene) -> None:
    with nothing_written():
        answer = _call(quiet_scene, "shopper", "update_me", Ask(), b'{"language":"zh-hans"}', {"Content-Type": kind})
        assert refused(answer, 415) == "unsupported_media_type"


@pytest.mark.parametrize("kind", ["application/json; charset=bogus", "application/merge-patch+json", ""])
def test_json_by_another_name_is_read(kind: str, quiet_scene: Scene) -> None:
    answer = _call(quiet_scene, "shopper", "update_me", Ask(), b'{"language":"zh-hans"}', {"Content-Type": kind})
    assert answer.json()["language"] == "zh-hans"


def _field(name: str, value: str = "1", *, file: str | None = None, more: str = "") -> str:
    named = f'; filename="{file}"' if file is not None else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{more}\r\n{value}\r\n'


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("".join(_field(f"f{number}") for number in range(1_000)) + "--x--", FORM),
        ("".join(_field("file", file=f"{number}.jpg") for number in range(1_000)) + "--x--", FORM),
        (_field("file", file="a.jpg") * 2 + "--x--", FORM),
        (_field("file", file="a.jpg") + _field("surprise") + "--x--", FORM),
        (_field("file", file="a.jpg", more=f"X-Long: {'y' * 100_000}\r\n") + "--x--", FORM),
        (_field("file", "!!!", file="a.jpg", more="Content-Transfer-Encoding: base64\r\n") + "--x--", FORM),
        (_field("file", file="x" * 5_000) + "--x--", FORM),
        (_field("file", file="") + "--x--", FORM),
        (_field("file") + "--x--", FORM),
        (_field("file", file="a.jpg"), FORM),
        ("--x--", FORM),
        ("", FORM),
        ("no form at all", FORM),
        (_field("file", file="a.jpg") + "--x--", {"Content-Type": "multipart/form-data"}),
        (_field("file", file="a.jpg") + "--x--", {"Content-Type": f"multipart/form-data; boundary={'x' * 300}"}),
        (_field("file", file="a.jpg") + "--x--", JSON),
        ('{"file": "photo"}', JSON),
    ],
    ids=range(17),
)
def test_broken_forms_leave_nothing(form: str, kind: dict[str, str], quiet_scene: Scene) -> None:
    for name in ("upload_media", "upload_store_cover", "upload_my_avatar", "import_orders"):
        ask = Ask({"handle": "teahouse"})
        for headers in (kind, kind | {"Idempotency-Key": f"again {name}"}):
            if name == "import_orders" and headers is kind and form.startswith("--x\r\n") and "a.jpg" in form:
                continue  # one file of whatever name is a file of orders, with an error in each row
            with nothing_written():
                refused(_call(quiet_scene, "owner", name, ask, form.encode(), headers), 400, 422)


def test_a_file_keeps_of_its_name_what_is_harmless(quiet_scene: Scene) -> None:
    for name, kept in [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\temp\\\\orders.csv", "orders.csv"),
        ("a\x00\u202eb.csv", "ab.csv"),
    ]:
        house = quiet_scene.another_store()
        form = _field("platform", "csv") + _field("file", "id,email\n", file=name) + "--x--"
        answer = _call(quiet_scene, "owner", "import_orders", Ask({"handle": house.handle}), form.encode(), FORM)
        assert (answer.status_code, answer.json()["file_name"]) == (202, kept)


def test_sign_in_refuses_what_it_cannot_read(quiet_scene: Scene) -> None:
    texts = ["\x00", "\ud800", "a\x00@example.org", "\ud800@example.org", "x" * 900_000, 7, None, [], {"a": 1}]
    bodies = [json.dumps(dict.fromkeys(("email", "password", "key", "display_name"), text)).encode() for text in texts]
    bodies += [b"{", b"", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"email":' * 100_000, b'{"email":1e400}']
    nobody = quiet_scene.people["nobody"]
    for path in ("login", "signup", "email/verify", "password/request", "password/reset"):
        for body in bodies:
            with nothing_written():
                answer = nobody.call("POST", f"/_allauth/app/v1/auth/{path}", content=body, headers=JSON)
                assert answer.status_code in {400, 401, 404, 409, 413}, (path, body[:40], answer.text[:200])
                assert "Traceback" not in answer.text
                assert answer.headers["content-type"].startswith(("application/json", "application/problem+json"))
    assert problem(nobody.call("POST", "/_allauth/app/v1/auth/login", content=b"[" * 100_000, headers=JSON)) == (
        400,
        "bad_json",
    )
