"""Values from outside are exact or refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.orders import values


@pytest.mark.parametrize(
    ("written", "expected"),
    [("409.94", "409.94"), ("0.00", "0.00"), ("-10.00", "-10.00"), (9, "9"), (Decimal("16.66666667"), "16.6667"),
     (Decimal("1E+2"), "100"), (Decimal("-0.00"), "0.00"), ("0.00005", "0.0001"), (Decimal("1e-999999"), "0.0000")],
)  # fmt: skip
def test_money_is_exact_to_four_places(written: object, expected: str) -> None:
    assert str(values.money(written)) == expected


@pytest.mark.parametrize(
    "wrong",
    [None, "", " 1", "1,50", "1e3", "NaN", "Infinity", "٣", "0x1", True, 1.5, [], {}, 10**11, "1" * 12,
     Decimal("1e999999"), Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN")],
)  # fmt: skip
def test_what_is_no_money_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="m"):
        values.money(wrong)


def test_an_amount_is_not_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        values.amount("-0.01")


@pytest.mark.parametrize(
    ("written", "expected"),
    [(820982911946154508, "820982911946154508"), ("820982911946154508", "820982911946154508"), (1, "1"), ("007", "7")],
)
def test_ids_beyond_2_53_stay_exact(written: object, expected: str) -> None:
    assert values.numeric_id(written) == expected


@pytest.mark.parametrize(
    "wrong", [None, 0, -1, True, 1.5, Decimal("8.2E17"), "8.2E17", "1.0", "", "a", "٣", 10**21, []]
)
def test_a_number_that_lost_digits_is_no_id(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"whole number|missing"):
        values.numeric_id(wrong)


@pytest.mark.parametrize("wrong", ["", " a", "a\nb", "a\x00", "a" * 65, "\u202ea", "\ud800", "e\u0301", Decimal(1), []])
def test_an_id_of_any_source_is_plain(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"id|number"):
        values.identifier(wrong)


def test_times_become_utc() -> None:
    assert values.moment("2008-01-10T11:00:00-05:00") == datetime(2008, 1, 10, 16, tzinfo=UTC)
    assert values.moment_utc("2017-03-21T19:54:51") == datetime(2017, 3, 21, 19, 54, 51, tzinfo=UTC)
    assert values.moment_utc("2026-03-01 13:00:00 +0100") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert values.moment_utc("2026-03-01").tzinfo is UTC


@pytest.mark.parametrize(
    "wrong",
    [None, "", 1700000000, "yesterday", "2026-13-01T00:00:00Z", "2026-03-01T00:00:00", "0001-01-01T00:00:00+23:59",
     "9999-12-31T23:59:59-23:59", "20260301T000000Z", "2026-W01-1", "2026-03-01T00:00:00Z" + " " * 99],
)  # fmt: skip
def test_a_time_without_an_offset_or_out_of_bounds_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"must|missing"):
        values.moment(wrong)


def test_a_part_of_a_piece_counts_as_one() -> None:
    assert [values.quantity(one) for one in (0, 1, Decimal("0.5"), Decimal("2.01"))] == [0, 1, 1, 3]


@pytest.mark.parametrize("wrong", [None, -1, True, "1", 1_000_001, Decimal("1e99999"), Decimal("NaN"), []])
def test_what_is_no_quantity_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"must|missing"):
        values.quantity(wrong)


def test_a_text_is_one_plain_line() -> None:
    assert values.text("  Tea\n\u202efor\x00 two\t", most=60) == "Tea for two"
    assert values.text("e\u202a\u0301", most=60) == "é"
    assert values.text("茶" * 300, most=255) == "茶" * 255
    assert values.text(None, most=9) == ""
    assert values.text(1001, most=9) == "1001"


@given(st.text() | st.text(st.sampled_from("e\u0301\u202a\u2066\x00\ufeff \n\t茶\ud800A\u030a")), st.integers(0, 20))
@settings(deadline=None)
def test_every_text_comes_out_clean(anything: str, most: int) -> None:
    clean = values.text(anything, most=most)
    assert len(clean) <= most
    assert clean == unicodedata.normalize("NFC", clean) == values.text(clean, most=most)
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") or "\u202a" <= letter <= "\u202e" for letter in clean)
    clean.encode()


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=3,
)
_readers: list[Callable[[object], object]] = [
    values.identifier, values.numeric_id, values.numeric_id_or_none, values.money, values.amount, values.currency,
    values.quantity, values.moment, values.moment_utc, lambda value: values.text(value, most=9),
]  # fmt: skip


@given(st.sampled_from(_readers), _anything)
@settings(deadline=None)
def test_a_reader_answers_or_refuses_with_a_value_error(reader: Callable[[object], object], value: object) -> None:
    with suppress(ValueError):
        reader(value)
