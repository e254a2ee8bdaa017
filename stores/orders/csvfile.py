"""Orders from a merchant's CSV file: read row by row in bounded memory, every wrong row named and the rest kept.

The file is UTF-8 (with or without a byte order mark), parted by comma, semicolon or tab; its first row names the
columns. One row is one version of an order; rows of the same order are settled by `updated_at`, so a file may repeat
itself and may be sent again. Names are read without regard to case, blanks and hyphens; other columns are passed over.

| column | other names | what |
| --- | --- | --- |
| order_id (needed) | id, external_id | the shop's id; that of its webhooks, if it has some |
| status (needed) | financial_status, order_status | as ours, or a word of csvrow.STATUSES |
| total (needed) | order_total, total_price | decimal number with a point |
| currency (needed) | | ISO 4217 |
| updated_at (needed) | modified_at | ISO 8601; UTC where no offset is written, as for all times |
| email, phone, customer_id | billing_ or customer_ before it | one is needed: who bought |
| country | billing_country, country_code | two letters, for phone numbers in national form |
| refunded | refunded_total, refunded_amount | the whole sum given back so far |
| number | order_number | what the shop calls the order |
| placed_at, paid_at | created_at, date_paid | |
| product, product_id, sku, quantity, price | title, product_title | what was bought |

Cells are texts: a formula is kept as it is written and evaluated by nobody here. Use `safe_cell` on the way out.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from stores.orders.csvrow import Heading, RowError, RowFacts, read_row

COLUMNS_MAX = 100
ROW_CHARS = 100_000  # of one row with its line breaks; also what an open quotation mark can swallow
CHUNK_BYTES = 65_536

# Column -> its other names, the most telling first. The column's own name goes before them all.
COLUMNS: dict[str, tuple[str, ...]] = {
    "order_id": ("id", "external_id"),
    "status": ("financial_status", "order_status"),
    "total": ("order_total", "total_price"),
    "currency": (),
    "updated_at": ("modified_at",),
    "email": ("customer_email", "billing_email"),
    "phone": ("customer_phone", "billing_phone"),
    "customer_id": (),
    "country": ("billing_country", "country_code"),
    "refunded": ("refunded_total", "refunded_amount"),
    "number": ("order_number",),
    "placed_at": ("created_at",),
    "paid_at": ("date_paid",),
    "product": ("title", "product_title"),
    "product_id": (),
    "sku": (),
    "quantity": (),
    "price": (),
}
NEEDED = ("order_id", "status", "total", "currency", "updated_at")
CONTACTS = ("email", "phone", "customer_id")

__all__ = ["COLUMNS", "RowError", "RowFacts", "rows", "safe_cell"]


class _FileProblem(Exception):
    """The whole file cannot be read on."""

    def __init__(self, code: str, message: str, column: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.column = code, message, column


def rows(stream: BinaryIO, *, start_row: int = 0) -> Iterator[RowFacts | RowError]:
    """Every row after `start_row`, in order, as facts or as an error; empty rows are passed over. Nothing is raised.

    An error with `fatal` is the last thing that comes. To go on after an interruption, pass the last row that was
    stored: rows up to it are skipped without being looked at.
    """
    row = 0
    try:
        lines = _lines(stream)
        first = next(lines, "")
        if not first.strip():
            raise _FileProblem("empty_file", "The file is empty: its first row must name the columns.")
        heading, delimiter = _heading(first)
        for row, cells in enumerate(_records(chain([first], lines), delimiter), start=1):
            if row > max(start_row, 1) and (cells is None or any(cells)):
                yield read_row(row, cells, heading)
    except _FileProblem as problem:
        yield RowError(row + 1, problem.column, problem.code, problem.message, fatal=True)


def safe_cell(text: str) -> str:
    """The text for a CSV export: an apostrophe before it where a spreadsheet would take it for a formula.

    The signs are OWASP's ("CSV Injection"), with their full-width forms, which some spreadsheets read alike.
    """
    return f"'{text}" if text.lstrip(" \xa0")[:1] in tuple("=+-@\t\r\n＝＋－＠") else text


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Lines that end in \\n, however the file ends them, from one chunk at a time."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")(), translate=True)
    rest, chunk = "", stream.read(CHUNK_BYTES)
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _FileProblem("utf16_file", 'The file is UTF-16. Save it as "CSV UTF-8" and send it again.')
    if chunk.startswith(b"PK\x03\x04"):
        raise _FileProblem("binary_file", "The file is a workbook or an archive. Save the sheet as CSV and send that.")
    while True:
        text, problem = _decoded(decoder, chunk)
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line + "\n"
        if problem:
            raise problem
        if len(rest) > ROW_CHARS:
            raise _FileProblem("row_too_long", f"A row is longer than {ROW_CHARS} characters.")
        if not chunk:
            break
        chunk = stream.read(CHUNK_BYTES)
    if rest:
        yield rest


def _decoded(decoder: io.IncrementalNewlineDecoder, chunk: bytes) -> tuple[str, _FileProblem | None]:
    """The chunk's text, and what is wrong after it; the rows before a broken place count. An empty chunk is the end."""
    whole, nul, _ = chunk.partition(b"\0")
    problem = _FileProblem("binary_file", "The file is no text: it has a NUL byte in it.") if nul else None
    try:
        return decoder.decode(whole, final=not chunk), problem
    except UnicodeDecodeError as error:
        text = error.object[: error.start].decode().replace("\r\n", "\n").replace("\r", "\n")
        reason = 'The file is not UTF-8. Save it as "CSV UTF-8" and send it again.'
        return text, _FileProblem("not_utf8", reason)


def _records(lines: Iterator[str], delimiter: str) -> Iterator[list[str] | None]:
    """The rows of cells; None for one whose quotation marks do not fit. The cells of a row may have line breaks."""
    used = 0

    def counted() -> Iterator[str]:
        nonlocal used
        for line in lines:
            used += len(line)
            if used > ROW_CHARS:
                reason = f"A row is longer than {ROW_CHARS} characters; a quotation mark may be missing."
                raise _FileProblem("row_too_long", reason)
            yield line

    reader = csv.reader(counted(), delimiter=delimiter, strict=True)
    while True:
        used = 0
        try:
            yield [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            yield None


def _heading(line: str) -> tuple[Heading, str]:
    """The first row and the delimiter: that one under which most names are known."""
    readings: dict[str, Heading] = {}
    for delimiter in (",", ";", "\t"):
        names = next(_records(iter([line]), delimiter), None) or []
        readings[delimiter] = Heading(len(names), _columns(names))
    delimiter = max(readings, key=lambda one: len(readings[one].columns))
    columns = readings[delimiter].columns
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        raise _FileProblem("missing_column", f"The first row must name these columns too: {', '.join(missing)}.")
    if not any(column in columns for column in CONTACTS):
        raise _FileProblem("missing_column", "The first row must name a column email, phone or customer_id.")
    return readings[delimiter], delimiter


def _columns(names: list[str]) -> dict[str, tuple[int, str]]:
    if len(names) > COLUMNS_MAX:
        raise _FileProblem("too_many_columns", f"The file has more than {COLUMNS_MAX} columns.")
    written = [re.sub(r"[\s-]+", "_", name.lower()) for name in names]
    columns = {}
    for column, others in COLUMNS.items():
        name = next((name for name in (column, *others) if name in written), None)
        if name is None:
            continue
        if written.count(name) > 1:
            raise _FileProblem("repeated_column", f"The column {name} is there more than once.", name)
        place = written.index(name)
        columns[column] = (place, names[place])
    return columns
