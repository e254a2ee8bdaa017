"""Headers, methods and addresses that no honest client sends: refused or ignored, never believed, never an error."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import httpx
import pytest
from django.conf import settings
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core import limits
from tests.acceptance.conftest import SetLimits
from tests.acceptance.scene import Scene, nothing_written, refused
from tests.conftest import Site
from tests.people import Person, problem

LOGIN = "/_allauth/app/v1/auth/login"
MAIN = [("GET", "/stores"), ("GET", "/stores/teahouse"), ("GET", "/stores/teahouse/posts"), ("GET", "/instance")]


def raw(site: Site, *lines: bytes, path: bytes = b"/api/v1/stores") -> bytes:
    """What the server answers to a request written by hand; its first part, as it comes."""
    head = b"\r\n".join([b"GET " + path + b" HTTP/1.1", b"Host: 127.0.0.1", b"Connection: close", *lines])
    answer = b""
    with socket.create_connection(("127.0.0.1", site.port), timeout=1) as connection, suppress(OSError):
        connection.sendall(head + b"\r\n\r\n")
        while part := connection.recv(65_536):
            answer += part
    return answer  # b"" where the server still waits for a body, or hung up


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


# --- methods and addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PATCH", "DELETE", "PUT", "OPTIONS", "PROPFIND", "FOO"])
def test_a_method_that_an_address_does_not_take_is_named_so(method: str, quiet_scene: Scene) -> None:
    owner = quiet_scene.people["owner"]
    with nothing_written():
        answer = owner.call(method, "/stores")
        assert refused(answer, 405) == "method_not_allowed"
        assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"GET", "POST"}
        assert refused(owner.call(method, "/nothing"), 404) == "not_found"


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_in_a_header_is_not_believed(header: str, quiet_scene: Scene) -> None:
    post = quiet_scene.post()
    with nothing_written():
        assert quiet_scene.people["owner"].get(f"/posts/{post.id}", headers={header: "DELETE"}).status_code == 200
        assert refused(quiet_scene.people["owner"].post(f"/posts/{post.id}", headers={header: "DELETE"}), 405)


@pytest.mark.parametrize(
    "path",
    [
        b"/media/../../etc/passwd",
        b"/media/%2e%2e/%2e%2e/etc/passwd",
        b"/media/media/..%2f..%2f..%2fetc/passwd",
        b"/media/media/%252e%252e/%252e%252e/etc/passwd",
        b"/media//etc/passwd",
        b"/media/media//etc/passwd",
        b"/media/media/\\..\\..\\etc\\passwd",
        b"/media/media/%00",
        b"/media/media/" + b"a" * 5_000,
        b"/media/media/" + b"a/" * 3_000,
        b"/media/media/.",
        b"/media/media/",
        b"/media/",
        b"/media/imports/",
        b"/media/media/%0d%0aSet-Cookie:%20a=b",
        b"/static/../../etc/passwd",
        b"/static/%2e%2e/%2e%2e/etc/passwd",
        b"/s/%00",
        b"/s/%ED%A0%80",
        b"/s/" + b"x" * 9_000,
        b"/s/..%2f..%2fadmin",
        b"/api/v1/../../etc/passwd",
        b"/api/v1/%00",
        b"/api/v1/stores/teahouse%2fstaff",
        b"//evil.example/%2f..",
        b"/ws/feed",
        b"/ws/unknown",
    ],
    ids=lambda path: path[:40].decode(),
)
def test_an_address_leads_nowhere_but_where_it_says(path: bytes, running_site: Site, quiet_scene: Scene) -> None:
    answer = raw(running_site, path=path)
    assert _status(answer) in {400, 401, 404}, answer[:200]
    assert b"root:" not in answer
    assert b"Traceback" not in answer
    assert b"\r\nset-cookie:" not in answer.lower()
    assert b"\r\nlocation:" not in answer.lower()


@pytest.mark.parametrize("path", ["/ws/unknown", "/ws/rooms/x", "/ws/rooms/1/extra", "/ws/", "/api/v1/feed", "/admin/"])
def test_a_socket_to_nowhere_is_refused_at_the_door(path: str, running_site: Site, quiet_scene: Scene) -> None:
    with pytest.raises(InvalidStatus) as refusal, connect(f"ws://127.0.0.1:{running_site.port}{path}"):
        pass
    assert refusal.value.response.status_code in {403, 404}


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ff%fe",
        "q=%ED%A0%80",
        "q=%25%5C%27%22_",
        "%00=1",
        "limit=1&limit=2",
        "unknown=1",
        "category=nope",
        "q=" + "x" * 60_000,
        "&".join(f"a{number}=1" for number in range(2_000)),
        "&" * 5_000,
        "%",
        "q=%u0041",
    ],
    ids=lambda query: query[:20],
)
def test_no_query_breaks_a_list(query: str, quiet_scene: Scene) -> None:
    answer = quiet_scene.people["shopper"].get(f"/stores?{query}")
    if answer.status_code != 200:
        refused(answer, 400, 422)


# --- headers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"X-Request-Id: abcdefgh\r\n X: y",
        b"X-Request-Id: abcdefgh\rSet-Cookie: a=b",
        b"X-Request-Id: abcdefgh\nSet-Cookie: a=b",
        b"X-Request-Id: abcdefgh%0d%0aSet-Cookie:%20a=b",
        b"X-Request-Id: " + b"a" * 65,
        b"X-Request-Id: \xff\xfeabcdefgh",
        b"X-Request-Id: <script>alert(1)</script>",
    ],
)
def test_a_request_id_carries_nothing_into_the_answer(line: bytes, running_site: Site, quiet_scene: Scene) -> None:
    answer = raw(running_site, line)
    assert _status(answer) in {200, 400}
    assert b"\r\nset-cookie" not in answer.lower()
    assert b"<script>" not in answer
    assert b"a" * 65 not in answer


@pytest.mark.parametrize(
    "line",
    [
        b"X-Big: " + b"x" * 60_000,
        b"X-Session-Token: " + b"x" * 60_000,
        b"Cookie: sessionid=" + b"x" * 60_000,
        b"Cookie: " + b";" * 10_000,
        b"Cookie: sessionid=\xff; csrftoken=\x01",
        b"X-Session-Token: \xff\xfe",
        b"Accept: " + b"," * 9_000,
        b"Accept-Language: " + b"x-" * 5_000,
        b"Range: bytes=0-1,2-3,4-",
        b"If-None-Match: " + b'"' * 60_000,
        b"If-Modified-Since: yesterday",
        b"Content-Length: -1",
        b"Content-Length: 5, 5",
        b"Content-Length: 99999999999999999999",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip",
        b"Upgrade: h2c",
        b"\x00: \x00",
        b"no colon",
    ],
    ids=lambda line: repr(line[:30]),
)
def test_no_header_breaks_an_answer(line: bytes, running_site: Site, quiet_scene: Scene) -> None:
    answer = raw(running_site, line)
    assert _status(answer) in {0, 200, 400, 401, 413, 431}, answer[:200]
    assert b"Traceback" not in answer


@pytest.mark.parametrize("tag", ['"', 'W/"', ",,,", '"' * 60_000, "*, *", 'W/"x", "y', "é".encode(), '""', "'*'"])
def test_a_tag_that_we_did_not_give_matches_nothing(tag: Any, quiet_scene: Scene) -> None:
    owner, post, picture = quiet_scene.people["owner"], quiet_scene.post(), quiet_scene.picture()
    assert owner.get("/stores/teahouse", headers={"If-None-Match": tag}).status_code in {
        200,
        304 if tag == "*, *" else 200,
    }
    with nothing_written():
        for method, path, body in [
            ("PATCH", "/stores/teahouse", {"about": "Changed"}),
            ("PATCH", f"/posts/{post.id}", {"title": "Changed"}),
            ("DELETE", f"/posts/{post.id}", None),
            ("PUT", f"/posts/{post.id}/pin", None),
            ("PATCH", f"/api/v1/media/{picture.id}", {"alt": "Changed"}),
        ]:
            answer = owner.call(method, path, json=body, headers={"If-Match": tag})
            assert refused(answer, 412) == "precondition_failed", (path, tag)


@pytest.mark.parametrize("key", ["", "x" * 256, "x" * 60_000])
def test_an_idempotency_key_out_of_bounds_is_refused(key: str, quiet_scene: Scene) -> None:
    with nothing_written():
        answer = quiet_scene.people["owner"].post(
            "/stores/teahouse/posts", {"text": "Tea"}, headers={"Idempotency-Key": key}
        )
        assert refused(answer, 422) == "invalid"


def test_an_idempotency_key_of_any_letters_is_a_key_of_its_person_and_address(quiet_scene: Scene) -> None:
    owner, editor = quiet_scene.people["owner"], quiet_scene.people["editor"]
    for key in ("é".encode(), b"a,b", b'"quoted"', b"' OR 1=1", b"x" * 255):
        first, again = (
            owner.post("/stores/teahouse/posts", {"text": "Tea"}, headers={"Idempotency-Key": key}) for _ in range(2)
        )
        assert (first.status_code, again.headers.get("idempotency-replayed")) == (201, "true")
        assert first.content == again.content
        other = editor.post("/stores/teahouse/posts", {"text": "Tea"}, headers={"Idempotency-Key": key})
        assert other.json()["id"] != first.json()["id"]
        room = owner.post("/stores/teahouse/rooms", {"title": "Tea"}, headers={"Idempotency-Key": key})
        assert room.json()["title"] == "Tea"


def test_an_idempotency_key_means_nothing_where_nothing_is_posted(quiet_scene: Scene) -> None:
    owner, headers = quiet_scene.people["owner"], {"Idempotency-Key": "x" * 300}
    assert owner.get("/me", headers=headers).status_code == 200
    assert owner.put("/stores/bookshop/follow", headers=headers).status_code == 200
    for path in ("/nothing%00here", "/stores/tea%00house/posts", "/stores/" + "x" * 3_000 + "/posts"):
        with nothing_written():
            assert refused(owner.post(path, {"text": "Tea"}, headers={"Idempotency-Key": "k"}), 404) == "not_found"


# --- who is calling -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["x", "x" * 32, "x" * 41, "x" * 60_000, "é".encode(), b"'; DROP TABLE x", "../../x"])
def test_a_token_that_is_nobodys_is_refused_even_where_none_is_needed(token: Any, quiet_scene: Scene) -> None:
    nobody = quiet_scene.people["nobody"]
    for path in ("/me", "/feed", "/stores", "/stores/teahouse", "/stores/teahouse/posts"):
        assert refused(nobody.get(path, headers={"X-Session-Token": token}), 401) == "not_signed_in", path
    with nothing_written():
        answer = nobody.post("/stores", {"handle": "mine", "name": "Mine"}, headers={"X-Session-Token": token})
        assert refused(answer, 401) == "not_signed_in"


def test_invented_credentials_bring_no_budget_of_their_own(quiet_scene: Scene, set_limits: SetLimits) -> None:
    limits.forget_local()
    set_limits(anonymous_rate="5/minute")
    nobody = quiet_scene.people["nobody"]
    for name, value in [
        ("X-Session-Token", "{:032d}"),
        ("X-Session-Token", "{:050d}"),
        ("Cookie", "sessionid={:032d}"),
    ]:
        for method, path in MAIN:
            codes = [nobody.call(method, path, headers={name: value.format(n)}).status_code for n in range(7)]
            assert codes[-1] == 429, (name, path, codes)
    assert quiet_scene.people["shopper"].get("/stores").status_code == 200, (
        "who is somebody keeps a budget of their own"
    )
    limits.forget_local()


def test_a_forged_address_brings_no_further_tries(quiet_scene: Scene, set_limits: SetLimits) -> None:
    limits.forget_local()
    set_limits(anonymous_rate="5/minute")
    headers = [
        {"X-Forwarded-For": "10.0.0.1"}, {"X-Forwarded-For": "10.0.0.2, 10.0.0.3"}, {"X-Real-Ip": "10.0.0.4"},
        {"Forwarded": "for=10.0.0.5"}, {"CF-Connecting-IP": "10.0.0.6"}, {"X-Forwarded-For": "é"},
        {"True-Client-IP": "::1"},
    ]  # fmt: skip
    codes = [
        quiet_scene.people["nobody"].get("/instance", headers={k: v.encode() for k, v in forged.items()}).status_code
        for forged in headers
    ]
    assert codes == [200] * 5 + [429] * 2
    limits.forget_local()


def _with_cookie(person: Person, **headers: str) -> dict[str, str]:
    cookies = [f"sessionid={person.token}", *headers.pop("Cookie", "").split()]
    return {"X-Session-Token": "", "Cookie": "; ".join(cookies)} | headers


def test_a_token_counts_before_a_cookie(quiet_scene: Scene) -> None:
    shopper, owner = quiet_scene.people["shopper"], quiet_scene.people["owner"]
    both = {"Cookie": f"sessionid={owner.token}"}
    assert shopper.get("/me", headers=both).json()["id"] == shopper.id
    assert refused(shopper.patch("/stores/teahouse", {"about": "Mine"}, headers=both), 403) == "not_staff"
    wrong = both | {"X-Session-Token": "wrong"}
    assert refused(shopper.get("/me", headers=wrong), 401) == "not_signed_in"
    assert refused(shopper.get("/stores", headers=wrong), 401) == "not_signed_in"


def test_a_cookie_alone_reads_and_writes_only_with_its_csrf_token(
    quiet_scene: Scene, running_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, secret = quiet_scene.people["owner"], "a" * 32
    assert owner.get("/me", headers=_with_cookie(owner)).json()["id"] == owner.id
    good = {"Cookie": f"csrftoken={secret}", "X-CSRFToken": secret}
    bad: list[dict[str, str]] = [
        {},
        {"Cookie": f"csrftoken={secret}"},
        {"X-CSRFToken": secret},
        good | {"X-CSRFToken": "b" * 32},
        good | {"Origin": "https://evil.example"},
        good | {"Origin": "null"},
        good | {"Origin": f"{running_site.base_url}.evil.example"},
    ]
    with nothing_written():
        for headers in bad:
            for method, path, body in [
                ("PATCH", "/stores/teahouse", {"about": "Changed"}),
                ("POST", "/stores/teahouse/posts", {"text": "Tea"}),
                ("PUT", "/stores/bookshop/follow", None),
                ("POST", "/ws-tickets", None),
            ]:
                sent = _with_cookie(owner, **headers)
                assert refused(owner.call(method, path, json=body, headers=sent), 403) == "csrf_failed", (path, headers)
                keyed = sent | {"Idempotency-Key": "k"}
                assert refused(owner.call(method, path, json=body, headers=keyed), 403) == "csrf_failed"
    monkeypatch.setattr(settings, "CSRF_TRUSTED_ORIGINS", [running_site.base_url])
    answer = owner.patch("/stores/teahouse", {"about": "Changed"}, headers=_with_cookie(owner, **good))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80@127.0.0.1", "127.0.0.1.evil.example", "", "x" * 5_000]
)
def test_a_forged_host_appears_nowhere(host: str, quiet_scene: Scene, running_site: Site) -> None:
    quiet_scene.another_store()
    for path in ("/stores?limit=1", "/instance", "/admin/login/", "/readyz", "/metrics", "/nothing", "/s/nothing"):
        answer = quiet_scene.people["nobody"].get(path, headers={"Host": host})
        assert answer.status_code in {200, 400, 404}
        assert "evil" not in answer.text
        assert "evil" not in str(answer.headers)
    found = quiet_scene.people["nobody"].get("/stores?limit=1", headers={"Host": host})
    if found.status_code == 200:
        assert found.headers["link"].startswith(f"<{running_site.base_url}/api/v1/stores?")


def _sign_in(scene: Scene, who: str, headers: dict[str, str]) -> httpx.Response:
    body = {"email": scene.people[who].user.email, "password": f"correct horse {who.capitalize()}"}
    return scene.people["nobody"].post(LOGIN, body, headers=headers)


def test_a_session_that_was_there_before_is_not_the_one_signed_in(quiet_scene: Scene) -> None:
    nobody = quiet_scene.people["nobody"]
    pending = nobody.post(
        "/_allauth/app/v1/auth/signup", {"email": "trap@example.org", "password": "correct horse trap"}
    )
    planted = pending.json()["meta"]["session_token"]
    answer = _sign_in(quiet_scene, "shopper", {"X-Session-Token": planted})
    own = answer.json()["meta"]["session_token"]
    assert own not in {planted, ""}
    assert problem(nobody.get("/me", headers={"X-Session-Token": planted})) == (401, "not_signed_in")
    assert nobody.get("/me", headers={"X-Session-Token": own}).json()["id"] == quiet_scene.people["shopper"].id
    invented = _sign_in(quiet_scene, "buyer", {"X-Session-Token": "a" * 32})
    assert invented.status_code == 410, "allauth's word for a session that is gone"
    assert problem(nobody.get("/me", headers={"X-Session-Token": "a" * 32})) == (401, "not_signed_in")


def test_a_planted_cookie_is_not_the_session_of_who_signs_in_to_the_desk(quiet_scene: Scene) -> None:
    http, platform = quiet_scene.people["nobody"].http, quiet_scene.people["platform"]
    form = http.get("/admin/login/", headers={"Cookie": f"sessionid={'a' * 32}"})
    csrf = form.cookies["csrftoken"]
    answer = http.post(
        "/admin/login/",
        data={"username": platform.user.email, "password": "correct horse Platform", "csrfmiddlewaretoken": csrf},
        headers={"Cookie": f"sessionid={'a' * 32}; csrftoken={csrf}"},
    )
    assert answer.status_code == 302, answer.text[:500]
    assert answer.cookies["sessionid"] != "a" * 32
    assert refused(http.get("/api/v1/me", headers={"Cookie": f"sessionid={'a' * 32}"}), 401) == "not_signed_in"
    http.cookies.clear()
