"""Signed cursors, feed ids and plain text, by their laws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import cursors
from core.ids import feed_id, feed_id_time
from core.problems import BadCursor
from core.text import one_line, plain

numbers = st.integers(min_value=0, max_value=2**53)
moments = st.datetimes(min_value=datetime(2024, 1, 2), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(values=st.lists(numbers, min_size=1, max_size=3))
def test_a_cursor_reads_back_what_it_carries(values: list[int]) -> None:
    assert cursors.read("home", cursors.sign("home", *values), length=len(values)) == tuple(values)


@given(value=numbers, text=st.text(max_size=60))
def test_no_other_text_is_a_cursor(value: int, text: str) -> None:
    good = cursors.sign("home", value)
    for wrong in (text, good + text[:1] if text else good[:-1], good.swapcase()):
        if wrong.rstrip("=") != good:
            with pytest.raises(BadCursor):
                cursors.read("home", wrong)


def test_a_cursor_is_good_for_its_own_kind_of_page_only() -> None:
    with pytest.raises(BadCursor):
        cursors.read("comments", cursors.sign("home", 5))


@given(at=moments, later=st.integers(min_value=1, max_value=10**6), one=numbers, two=numbers)
def test_feed_ids_are_in_time_order_and_exact_in_doubles(at: datetime, later: int, one: int, two: int) -> None:
    first, second = feed_id(at=at, sequence=one), feed_id(at=at + timedelta(milliseconds=later), sequence=two)
    assert first < second < 2**53
    assert int(float(second)) == second
    assert abs(feed_id_time(first) - at) < timedelta(milliseconds=1)


@given(value=st.text(alphabet=st.characters(codec="utf-8")))
def test_plain_text_is_stable_and_without_tricks(value: str) -> None:
    cleaned = plain(value)
    assert plain(cleaned) == cleaned
    assert not set(cleaned) & set("\x00\x08\r\u202e\u2066\ufeff\x7f")
    assert "\n" not in one_line(value)
