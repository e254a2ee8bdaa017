"""Orders from a CSV file: every row that can be read is, every other one is named, and no file fills the memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import repeat
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.orders.csvfile import RowError, RowFacts, rows, safe_cell
from stores.orders.facts import Item
from stores.orders.settle import fold, fold_all, settle

HEAD = "order_id,status,total,currency,updated_at,email"
ROW = "A-1,paid,39.00,EUR,2026-03-01T12:00:00Z,ana@example.com"


def read(text: str | bytes, *, start_row: int = 0) -> list[RowFacts | RowError]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(rows(io.BytesIO(data), start_row=start_row))


def facts(text: str | bytes) -> RowFacts:
    (row,) = read(text)
    assert isinstance(row, RowFacts), row
    return row


def error(text: str | bytes) -> RowError:
    (row,) = read(text)
    assert isinstance(row, RowError), row
    return row


def one(**cells: str) -> str:
    """A file of one row with these cells changed or added."""
    row = dict(zip(HEAD.split(","), ROW.split(","), strict=True)) | cells
    out = io.StringIO()
    csv.writer(out).writerows([row.keys(), row.values()])
    return out.getvalue()


def test_a_row_is_read_whole() -> None:
    row = facts(
        one(phone="030 901820", country="DE", customer_id="77", refunded="19.00", number="#1007", product="Tea; green",
            product_id="87", sku="T-1", quantity="2", price="19.50", paid_at="2026-03-01 13:00:00 +0200",
            placed_at="2026-02-28")
    )  # fmt: skip
    order = row.facts
    assert (row.row, row.notes) == (2, ())
    assert (order.external_id, order.number, order.state, order.currency) == ("A-1", "#1007", "paid", "EUR")
    assert (order.email, order.phone, order.customer_id) == ("ana@example.com", "+4930901820", "77")
    assert order.items == (Item("1", "87", "Tea; green", "T-1", 2, Decimal("19.50")),)
    assert order.paid_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert order.placed_at == datetime(2026, 2, 28, tzinfo=UTC)
    found = settle(fold(None, order))
    assert (found.status, found.refunded_total, found.purchase) == ("partially_refunded", Decimal("19.00"), True)


def test_the_least_row_is_enough() -> None:
    order = facts(f"{HEAD}\n{ROW}").facts
    assert order.items == ()
    assert order.number == "A-1"
    assert order.placed_at == order.updated_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_usual_dialect_is_read(delimiter: str, line_end: str, mark: bytes) -> None:
    text = f"{HEAD}\n{ROW}\n".replace(",", delimiter).replace("\n", line_end)
    assert facts(mark + text.encode()) == facts(f"{HEAD}\n{ROW}")


def test_headings_are_read_in_any_case_order_and_by_their_other_names() -> None:
    text = "Billing Email;ID;Order-Status;ORDER TOTAL;Currency;modified_at;Something else\n"
    text += "ana@example.com;A-1;Completed;39.00;eur;2026-03-01T12:00:00Z;whatever"
    assert facts(text).facts == facts(f"{HEAD}\n{ROW}").facts


def test_a_column_goes_before_its_other_names() -> None:
    assert facts(one(id="17")).facts.external_id == "A-1"


@pytest.mark.parametrize(
    ("word", "state"),
    [("paid", "paid"), ("Processing", "paid"), ("partially refunded", "partially_refunded"), ("Canceled", "cancelled"),
     ("on-hold", "pending"), ("VOIDED", "cancelled"), ("refunded", "refunded")],
)  # fmt: skip
def test_the_platforms_words_for_a_status_are_known(word: str, state: str) -> None:
    assert facts(one(status=word)).facts.state == state


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"order_id": ""}, "order_id", "missing_value"),
        ({"order_id": "8.20983E+17"}, "order_id", "rounded_id"),
        ({"order_id": "8,20983E+17"}, "order_id", "rounded_id"),
        ({"order_id": "x" * 65}, "order_id", "bad_id"),
        ({"status": "shipped"}, "status", "bad_status"),
        ({"status": ""}, "status", "missing_value"),
        ({"total": "39,00"}, "total", "bad_amount"),
        ({"total": "-1"}, "total", "bad_amount"),
        ({"total": "=1+1"}, "total", "bad_amount"),
        ({"currency": "€"}, "currency", "bad_currency"),
        ({"updated_at": "01.03.2026"}, "updated_at", "bad_time"),
        ({"updated_at": ""}, "updated_at", "missing_value"),
        ({"paid_at": "soon"}, "paid_at", "bad_time"),
        ({"quantity": "two", "product": "Tea"}, "quantity", "bad_quantity"),
        ({"refunded": "some"}, "refunded", "bad_amount"),
        ({"email": ""}, "", "no_contact"),
        ({"email": "nobody"}, "email", "no_contact"),
        ({"product": "x" * 10_001}, "", "cell_too_long"),
    ],
)
def test_a_wrong_row_says_which_column_and_why(cells: dict[str, str], column: str, code: str) -> None:
    found = error(one(**cells))
    assert (found.row, found.column, found.code, found.fatal) == (2, column, code, False)
    assert found.message.endswith(".")


def test_an_error_names_the_column_as_the_file_does() -> None:
    assert error(f"{HEAD}\n{ROW}".replace("total", "Order Total").replace("39.00", "x")).column == "Order Total"


def test_a_wrong_address_beside_a_right_one_is_left_out_and_noted() -> None:
    row = facts(one(phone="030 901820"))
    assert row.facts.phone == ""
    assert [(note.row, note.column, note.code) for note in row.notes] == [(2, "phone", "bad_phone")]


def test_good_rows_around_wrong_ones_are_kept_and_counted_as_a_spreadsheet_does() -> None:
    text = f'{HEAD}\n{ROW}\n\n"A-2\n",paid,x,EUR,2026-03-01,b@example.com\n,,,,,\n{ROW}\n"A"-4,paid\n{ROW}'
    assert [(type(row).__name__, row.row) for row in read(text)] == [
        ("RowFacts", 2), ("RowError", 4), ("RowFacts", 6), ("RowError", 7), ("RowFacts", 8),
    ]  # fmt: skip


def test_a_cell_too_many_would_shift_the_row_and_is_refused() -> None:
    assert error(f"{HEAD}\n{ROW},surplus").code == "too_many_cells"
    assert facts(f"{HEAD}\n{ROW},,,").facts.external_id == "A-1"


def test_formulas_are_stored_as_they_are_written() -> None:
    formula = "=cmd|' /C calc'!A0"
    order = facts(one(product=formula, order_id="=1+1")).facts
    assert order.items[0].title == formula
    assert order.external_id == "=1+1"
    assert safe_cell(order.items[0].title) == f"'{formula}"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "－1"])
def test_an_exported_cell_is_no_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Tea", "1-2", "'=1", "茶"])
def test_an_exported_text_is_left_alone(text: str) -> None:
    assert safe_cell(text) == text


def test_a_file_that_repeats_itself_settles_by_the_clock() -> None:
    older = ROW.replace("12:00", "11:00").replace("paid", "cancelled")
    found = [row.facts for row in read("\n".join([HEAD, ROW, older, ROW, older])) if isinstance(row, RowFacts)]
    assert len(found) == 4
    assert fold_all(found) == fold_all(reversed(found)) == fold(None, found[0])


def test_reading_goes_on_after_the_last_row_that_was_stored() -> None:
    text = "\n".join([HEAD, *(ROW.replace("A-1", f"A-{place}") for place in range(1, 6))])
    assert read(text, start_row=0) == read(text, start_row=1) == read(text)
    assert read(text, start_row=4) == read(text)[3:]
    assert read(text, start_row=99) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (f"{HEAD}\n{ROW}".encode("utf-16"), "utf16_file"),
        (f"{HEAD}\n{ROW}".encode("utf-16-le"), "binary_file"),
        (b"\x00", "binary_file"),
        (b"\x89PNG\r\n\x1a\n\x00", "not_utf8"),
        (b"PK\x03\x04rest of a workbook", "binary_file"),
        (f"{HEAD}\n{ROW}\n".encode() + b"\x00", "binary_file"),
        (f"{HEAD},product\n{ROW},绿茶".encode("gb18030"), "not_utf8"),
        (f"{HEAD}\n{ROW}".encode() + b"\xff", "not_utf8"),
        (f"{HEAD},product\n{ROW},茶".encode()[:-1], "not_utf8"),
        (b"hello", "missing_column"),
        (HEAD.replace("status,", "").encode(), "missing_column"),
        (HEAD.replace(",email", "").encode(), "missing_column"),
        (f"{HEAD},email\n{ROW},x".encode(), "repeated_column"),
        (f"{HEAD}{',x' * 100}\n{ROW}".encode(), "too_many_columns"),
        (f"{HEAD}\n{'x' * 200_000}".encode(), "row_too_long"),
    ],
)
def test_a_file_that_is_no_csv_of_ours_gives_one_clear_error(data: bytes, code: str) -> None:
    found = read(data)[-1]
    assert isinstance(found, RowError)
    assert (found.code, found.fatal) == (code, True)
    assert found.message.endswith(".")
    assert sum(isinstance(row, RowError) for row in read(data)) == 1


@pytest.mark.parametrize("broken", [b"\x00", b"\xff", "茶".encode("gb18030")])
def test_the_rows_before_a_broken_place_are_kept_and_its_place_is_told(broken: bytes) -> None:
    good = (ROW + "\n") * 3_000
    found = read(f"{HEAD}\n{good}".encode() + broken + ROW.encode())
    assert [row.row for row in found] == [*range(2, 3_002), 3_002]
    assert all(isinstance(row, RowFacts) for row in found[:-1])
    assert isinstance(found[-1], RowError)


def test_a_header_alone_is_a_file_without_orders() -> None:
    assert read(HEAD) == read(HEAD + "\r\n") == []


def test_an_open_quotation_mark_swallows_a_bounded_part_of_the_file() -> None:
    found = read(f'{HEAD}\n{ROW}\n"open,{ROW}\n' + (ROW + "\n") * 20_000)
    assert [(type(row).__name__, row.row) for row in found] == [("RowFacts", 2), ("RowError", 3)]
    assert isinstance(found[-1], RowError)
    assert (found[-1].code, found[-1].fatal) == ("row_too_long", True)


class Endless:
    """A file that is never held as a whole: `first`, then `again` so many times."""

    def __init__(self, first: bytes, again: bytes, times: int) -> None:
        self.parts: Iterator[bytes] = repeat(again, times)
        self.rest = first

    def read(self, size: int) -> bytes:
        while len(self.rest) < size and (part := next(self.parts, None)) is not None:
            self.rest += part
        given, self.rest = self.rest[:size], self.rest[size:]
        return given


@pytest.mark.parametrize(
    ("first", "again", "times"),
    [
        (f"{HEAD}\n".encode(), f"{ROW}\n".encode() * 100, 200),  # 20,000 rows
        (f"{HEAD}\n".encode(), b"x" * 65_536, 1_000),  # a row of 65 million characters
        (f'{HEAD}\n"'.encode(), b"x\n" * 30_000, 1_000),  # a cell of as many lines
        (f'{HEAD}\n"'.encode(), b'a\n","' * 10_000, 1_000),  # a row of as many cells
        (b"", b"x," * 30_000, 1_000),  # a heading of as many columns
        (b'"', b"x\n" * 30_000, 1_000),
    ],
)
def test_memory_stays_bounded_whatever_the_file(first: bytes, again: bytes, times: int) -> None:
    tracemalloc.start()
    try:
        count = sum(1 for _ in rows(cast("BinaryIO", Endless(first, again, times))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count in (1, 20_000)
    assert peak < 8_000_000


_cells = st.sampled_from(
    ["", "A-1", "paid", "39.00", "EUR", "2026-03-01", "ana@example.com", '"', '"x', "=1", "\r", "é", "x" * 50, "1E+9"]
) | st.text(max_size=5)


@given(st.lists(st.lists(_cells, max_size=8), max_size=5), st.sampled_from([",", ";", "\t"]), st.booleans())
@settings(deadline=None)
def test_no_text_raises(table: list[list[str]], delimiter: str, quoted: bool) -> None:
    head = HEAD.replace(",", delimiter)
    lines = [delimiter.join(f'"{cell}"' if quoted else cell for cell in row) for row in table]
    for row in read("\n".join([head, *lines]).encode("utf-8", "replace")):
        assert row.row >= 2


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_raise(data: bytes) -> None:
    read(data)
    read(f"{HEAD}\n".encode() + data)
