"""Emails and phone numbers that mean the same are written the same, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.orders.contact import normal_email, normal_phone


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("  Ana.Lopez+tea@Example.COM ", "ana.lopez+tea@example.com"),
        ("JOSE\u0301@example.com", "josé@example.com"),
        ("straße@example.de", "straße@example.de"),  # another mailbox than strasse@
    ],
)
def test_an_email_has_one_written_form(given_text: str, expected: str) -> None:
    assert normal_email(given_text) == expected


@pytest.mark.parametrize(
    "wrong",
    [None, 7, "", "ana", "@example.com", "ana@", "a@b@c", "Ana <ana@example.com>", "a b@c.de", "a\x00@b.de",
     "a\u202e@b.de", "a@b.de\nBcc: x@y.z", "a" * 300 + "@b.de", "\ud800@b.de"],
)  # fmt: skip
def test_what_is_no_email_is_nothing(wrong: object) -> None:
    assert normal_email(wrong) == ""


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("030 901820", "DE", "+4930901820"),
        ("030 901820", "de", "+4930901820"),
        ("+49 (30) 901820", None, "+4930901820"),
        ("+49 30 901820", "US", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("(11) 4111-1111", "BR", "+551141111111"),
        ("138 0013 8000", "CN", "+8613800138000"),
    ],
)
def test_a_phone_number_has_one_written_form(number: str, region: str | None, expected: str) -> None:
    assert normal_phone(number, region) == expected


@pytest.mark.parametrize(
    ("number", "region"),
    [("030 901820", None), ("030 901820", ""), ("030 901820", "Germany"), ("030 901820", 49), ("555-625-1199", "US"),
     ("555-555-BILL", "US"), ("1", "US"), ("", "US"), (None, "US"), (4930901820, "DE"), ("+" * 1000, "DE")],
)  # fmt: skip
def test_what_is_no_valid_number_is_nothing(number: object, region: object) -> None:
    assert normal_phone(number, region) == ""


@given(st.text() | st.emails(), st.text(max_size=3))
@settings(deadline=None)
def test_normal_forms_are_stable(anything: str, region: str) -> None:
    assert normal_email(normal_email(anything)) == normal_email(anything)
    assert normal_phone(normal_phone(anything, region)) == normal_phone(anything, region)


@given(st.emails())
@settings(deadline=None)
def test_every_plain_email_is_kept(email: str) -> None:
    assert normal_email(email) == email.lower()
