"""The packed window, by its laws."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feed.packing import TOP, Window, building_token, newest_first, pack, unpack

ids = st.lists(st.integers(min_value=1, max_value=TOP - 1), max_size=50)


@given(floor=st.integers(min_value=0, max_value=TOP - 1), entries=ids)
def test_a_window_holds_what_was_pushed_above_its_floor(floor: int, entries: list[int]) -> None:
    window = unpack(pack([floor]) + pack(entries))
    assert window == Window(floor, sorted({entry for entry in entries if entry > floor}, reverse=True))


@given(entries=ids)
def test_a_window_being_built_promises_nothing(entries: list[int]) -> None:
    assert unpack(building_token() + pack(entries)) is None


def test_no_bytes_are_no_window() -> None:
    assert unpack(b"") is None


@given(entries=ids, more=ids)
def test_repeats_and_order_of_arrival_change_nothing(entries: list[int], more: list[int]) -> None:
    assert newest_first(entries + more) == newest_first(more + entries + entries)


@given(entries=ids, before=st.integers(min_value=0, max_value=TOP), limit=st.integers(min_value=1, max_value=20))
def test_a_page_is_the_newest_below_its_cursor(entries: list[int], before: int, limit: int) -> None:
    page = Window(0, newest_first(entries)).page(before=before, limit=limit)
    assert page == sorted({entry for entry in entries if entry < before}, reverse=True)[:limit]
