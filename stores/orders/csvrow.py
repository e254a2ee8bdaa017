"""One row of a merchant's CSV file as one version of an order, or as the first thing that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from stores.orders import values
from stores.orders.contact import normal_email, normal_phone
from stores.orders.facts import NUMBER_CHARS, SKU_CHARS, TITLE_CHARS, Item, OrderFacts, Status

T = TypeVar("T")

CELL_CHARS = 10_000

STATUSES: dict[str, Status] = {
    "pending": "pending", "unpaid": "pending", "on_hold": "pending", "authorized": "pending", "failed": "pending",
    "partially_paid": "pending", "expired": "pending",
    "paid": "paid", "processing": "paid", "completed": "paid",
    "partially_refunded": "partially_refunded", "refunded": "refunded",
    "cancelled": "cancelled", "canceled": "cancelled", "voided": "cancelled", "trash": "cancelled",
}  # fmt: skip

_ROUNDED_ID = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row (numbered as a spreadsheet shows it, the heading is 1). `fatal` ends the file."""

    row: int
    column: str
    code: str
    message: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class RowFacts:
    """A row that was read. `notes` are addresses that were left out because they are none; another one was there."""

    row: int
    facts: OrderFacts
    notes: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """What the first row says: how many cells a row has, and column -> (place, the name that the file gives it)."""

    width: int
    columns: dict[str, tuple[int, str]]


def read_row(row: int, cells: list[str] | None, heading: Heading) -> RowFacts | RowError:
    """Row number `row` of the file. cells: trimmed; None where the quotation marks do not fit."""
    if cells is None:
        return RowError(row, "", "bad_quotes", "The quotation marks of this row do not fit.")
    if any(cells[heading.width :]):
        return RowError(row, "", "too_many_cells", f"This row has more cells than the first row, {heading.width}.")
    if any(len(cell) > CELL_CHARS for cell in cells):
        return RowError(row, "", "cell_too_long", f"A cell of this row is longer than {CELL_CHARS} characters.")
    try:
        return _Row(row, cells, heading.columns).facts()
    except _RowProblem as problem:
        return problem.error


class _RowProblem(Exception):
    """This row cannot be read."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.message)
        self.error = error


class _Row:
    """One row's cells by column; the first one that is wrong ends it."""

    def __init__(self, row: int, cells: list[str], columns: dict[str, tuple[int, str]]) -> None:
        self.row, self.cells, self.columns = row, cells, columns

    def cell(self, column: str) -> str | None:
        place, _ = self.columns.get(column, (len(self.cells), ""))
        return self.cells[place] or None if place < len(self.cells) else None

    def error(self, column: str, code: str, message: str) -> RowError:
        return RowError(self.row, self.columns[column][1] if column in self.columns else column, code, message)

    def read(self, column: str, reader: Callable[[object], T], code: str) -> T:
        try:
            return reader(self.cell(column))
        except ValueError as error:
            code = "missing_value" if self.cell(column) is None else code
            raise _RowProblem(self.error(column, code, f"{column} {error}.")) from None

    def facts(self) -> RowFacts:
        """The row as one version of an order."""
        order_id = self.read("order_id", values.identifier, "bad_id")
        if _ROUNDED_ID.fullmatch(order_id):
            reason = "A spreadsheet rounded this id. Format the column as text before the numbers are put in."
            raise _RowProblem(self.error("order_id", "rounded_id", reason))
        updated_at = self.read("updated_at", values.moment_utc, "bad_time")
        paid_at = self.read("paid_at", values.optional(values.moment_utc), "bad_time")
        placed_at = self.read("placed_at", values.optional(values.moment_utc), "bad_time")
        email, phone, customer_id, notes = self.contact()
        order = OrderFacts(
            external_id=order_id,
            number=self.read("number", partial(values.text, most=NUMBER_CHARS), "bad_text") or order_id[:NUMBER_CHARS],
            state=self.read("status", _status, "bad_status"),
            currency=self.read("currency", values.currency, "bad_currency"),
            total=self.read("total", values.amount, "bad_amount"),
            refunded=self.read("refunded", values.optional(values.amount), "bad_amount") or values.amount("0"),
            email=email,
            phone=phone,
            customer_id=customer_id,
            items=self.items(),
            placed_at=placed_at or paid_at or updated_at,
            paid_at=paid_at,
            updated_at=updated_at,
        )
        return RowFacts(self.row, order, notes)

    def contact(self) -> tuple[str, str, str, tuple[RowError, ...]]:
        """Email, phone, customer id, and notes on those that were written and are none."""
        email = normal_email(self.cell("email"))
        phone = normal_phone(self.cell("phone"), self.cell("country"))
        customer_id = self.read("customer_id", values.optional(values.identifier), "bad_id") or ""
        notes = []
        if self.cell("email") and not email:
            notes.append(self.error("email", "bad_email", "This is no email address; it was left out."))
        if self.cell("phone") and not phone:
            reason = "This is no phone number; it was left out. Write it with + and the country's code."
            notes.append(self.error("phone", "bad_phone", reason))
        if not (email or phone or customer_id):
            reason = "This row names nobody: it needs an email, a phone or a customer_id that can be read."
            raise _RowProblem(RowError(self.row, notes[0].column if notes else "", "no_contact", reason))
        return email, phone, customer_id, tuple(notes)

    def items(self) -> tuple[Item, ...]:
        """What was bought, if the row says so."""
        title = self.read("product", partial(values.text, most=TITLE_CHARS), "bad_text")
        product_id = self.read("product_id", values.optional(values.identifier), "bad_id") or ""
        sku = self.read("sku", partial(values.text, most=SKU_CHARS), "bad_text")
        quantity = self.read("quantity", values.optional(_count), "bad_quantity")
        price = self.read("price", values.optional(values.amount), "bad_amount")
        if not (title or product_id or sku):
            return ()
        return (Item("1", product_id, title, sku, 1 if quantity is None else quantity, price),)


def _status(value: object) -> Status:
    word = re.sub(r"[\s-]+", "_", str(values.present(value)).lower())
    if word not in STATUSES:
        raise ValueError("must be one of pending, paid, partially_refunded, refunded and cancelled")
    return STATUSES[word]


def _count(value: object) -> int:
    return values.quantity(values.money(value))
