"""Sign-up, sign-in, several devices and sign-out, through allauth's app client as an app uses it."""

from __future__ import annotations

import email
import re
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings

from accounts.models import Session, User
from tests.conftest import Site
from tests.people import Person, problem, run_jobs

AUTH = "/_allauth/app/v1/auth"


def newest_mail(recipient: str, suffix: str = ".eml") -> str:
    """The text of the last message to somebody."""
    paths = sorted(Path(settings.EMAIL_FILE_PATH).glob(f"*-{recipient}{suffix}"))
    assert paths, f"no message to {recipient}"
    if suffix == ".sms":
        return paths[-1].read_text()
    body = email.message_from_bytes(paths[-1].read_bytes()).get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()


def code_in(text: str) -> str:
    """The code that a message carries."""
    found = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", text, re.MULTILINE)
    assert found, text
    return found.group(1)


def sign_up(person: Person, address: str, **more: Any) -> str:
    """Signs up and types the code from the mail; the session token."""
    started = person.post(f"{AUTH}/signup", {"email": address, "password": "correct horse battery", **more})
    assert started.status_code == 401, started.text
    flows = {flow["id"]: flow for flow in started.json()["data"]["flows"]}
    assert flows["verify_email"]["is_pending"]
    token = started.json()["meta"]["session_token"]
    code = code_in(newest_mail(address))
    done = person.post(f"{AUTH}/email/verify", {"key": code}, headers={"X-Session-Token": token})
    assert done.status_code == 200, done.text
    return str(done.json()["meta"].get("session_token", token))


def test_a_newcomer_signs_up_and_is_known(anonymous: Person) -> None:
    token = sign_up(anonymous, "dora@example.org", display_name="Dora  the Reader", language="zh-hant")
    me = anonymous.get("/me", headers={"X-Session-Token": token}).json()
    assert (me["email"], me["display_name"], me["language"]) == ("dora@example.org", "Dora the Reader", "zh-hant")
    assert EmailAddress.objects.get(email="dora@example.org").verified


def test_a_newcomer_without_a_name_gets_one_that_tells_nothing(anonymous: Person) -> None:
    token = sign_up(anonymous, "private.person@example.org")
    me = anonymous.get("/me", headers={"X-Session-Token": token}).json()
    assert "private" not in me["display_name"]


def test_before_the_code_is_typed_nobody_is_signed_in(anonymous: Person) -> None:
    started = anonymous.post(f"{AUTH}/signup", {"email": "dora@example.org", "password": "correct horse battery"})
    token = started.json()["meta"]["session_token"]
    assert problem(anonymous.get("/me", headers={"X-Session-Token": token})) == (401, "not_signed_in")
    wrong = anonymous.post(f"{AUTH}/email/verify", {"key": "AAAA-AAAA"}, headers={"X-Session-Token": token})
    assert wrong.status_code == 400


@pytest.mark.parametrize("password", ["short", "password123", "1234567890"])
def test_weak_passwords_are_refused(anonymous: Person, password: str) -> None:
    answer = anonymous.post(f"{AUTH}/signup", {"email": "dora@example.org", "password": password})
    assert answer.status_code == 400
    assert User.objects.count() == 0


def test_a_known_address_gets_the_same_answer_as_a_new_one(anonymous: Person, charlie: Person) -> None:
    body = {"email": charlie.user.email, "password": "correct horse battery"}
    known = anonymous.post(f"{AUTH}/signup", body)
    new = anonymous.post(f"{AUTH}/signup", body | {"email": "new@example.org"})
    assert known.status_code == new.status_code == 401
    strip = {"session_token"}
    assert known.json()["data"] == new.json()["data"]
    assert known.json()["meta"].keys() - strip == new.json()["meta"].keys() - strip


def test_two_devices_sign_in_and_one_ends_the_other(anonymous: Person, charlie: Person) -> None:
    body = {"email": charlie.user.email, "password": "correct horse Charlie"}
    phone = anonymous.post(f"{AUTH}/login", body).json()["meta"]["session_token"]
    laptop = anonymous.post(f"{AUTH}/login", body).json()["meta"]["session_token"]
    assert phone != laptop
    sessions = anonymous.get(f"{AUTH}/sessions", headers={"X-Session-Token": laptop}).json()["data"]
    other = next(row["id"] for row in sessions if not row["is_current"])
    ended = anonymous.call(
        "DELETE", f"{AUTH}/sessions", json={"sessions": [other]}, headers={"X-Session-Token": laptop}
    )
    assert ended.status_code == 200, ended.text
    assert problem(anonymous.get("/me", headers={"X-Session-Token": phone})) == (401, "not_signed_in")
    assert anonymous.get("/me", headers={"X-Session-Token": laptop}).status_code == 200


def test_a_token_from_before_the_sign_in_is_not_signed_in_by_it(anonymous: Person, charlie: Person) -> None:
    wrong = {"email": "dora@example.org", "password": "correct horse battery"}
    planted = {"X-Session-Token": anonymous.post(f"{AUTH}/signup", wrong).json()["meta"]["session_token"]}
    body = {"email": charlie.user.email, "password": "correct horse Charlie"}
    signed_in = anonymous.post(f"{AUTH}/login", body, headers=planted)
    assert signed_in.status_code == 200, signed_in.text
    assert signed_in.json()["meta"]["session_token"] != planted["X-Session-Token"]
    assert problem(anonymous.get("/me", headers=planted)) == (401, "not_signed_in")


def test_signing_out_ends_the_session(charlie: Person) -> None:
    assert charlie.get("/me").status_code == 200
    assert charlie.delete(f"{AUTH}/session").status_code == 401, "allauth says signed out with 401"
    assert problem(charlie.get("/me")) == (401, "not_signed_in")
    assert not Session.objects.filter(session_key=charlie.token).exists()


def test_a_wrong_password_signs_nobody_in(anonymous: Person, charlie: Person) -> None:
    answer = anonymous.post(f"{AUTH}/login", {"email": charlie.user.email, "password": "wrong horse"})
    assert answer.status_code == 400
    assert "session_token" not in answer.json().get("meta", {})


def test_a_phone_is_verified_by_the_code_sent_to_it(anonymous: Person, charlie: Person) -> None:
    body = {"email": charlie.user.email, "password": "correct horse Charlie"}
    token = {"X-Session-Token": anonymous.post(f"{AUTH}/login", body).json()["meta"]["session_token"]}
    sent = anonymous.post("/_allauth/app/v1/account/phone", {"phone": "+8613800138000"}, headers=token)
    assert sent.status_code == 202, sent.text
    code = newest_mail("+8613800138000", ".sms").split(": ")[1]
    done = anonymous.post(f"{AUTH}/phone/verify", {"code": code}, headers=token)
    assert done.status_code == 200, done.text
    me = charlie.get("/me").json()
    assert (me["phone"], me["phone_verified"]) == ("+8613800138000", True)


def test_an_expired_session_is_nobody(charlie: Person) -> None:
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    assert problem(charlie.get("/me")) == (401, "not_signed_in")


def test_a_cookie_reads_but_writes_only_with_its_csrf_token(charlie: Person, anonymous: Person, site: Site) -> None:
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={charlie.token}"}
    assert anonymous.get("/me", headers=cookie).status_code == 200
    assert problem(anonymous.patch("/me", {"display_name": "Eve"}, headers=cookie)) == (403, "csrf_failed")
    token = "a" * 32
    both = {
        "Cookie": cookie["Cookie"] + f"; csrftoken={token}",
        "X-CSRFToken": token,
        "Origin": site.base_url,
    }
    assert anonymous.patch("/me", {"display_name": "Charlie C"}, headers=both).status_code == 200
    foreign = both | {"Origin": "https://evil.example"}
    assert problem(anonymous.patch("/me", {"display_name": "Eve"}, headers=foreign)) == (403, "csrf_failed")
    run_jobs()
