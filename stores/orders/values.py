"""Single values from outside, read strictly: what is not exactly a number, an id, a sum or a moment is a ValueError."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import TypeVar

from core.text import one_line

T = TypeVar("T")

ID_CHARS = 64
MONEY_DIGITS = 11  # before the point, so that a sum that is rounded up still fits 12
MONEY_PLACES = 4  # the most that ISO 4217 knows is 4 (CLF)
QUANTITY_MAX = 1_000_000

_MONEY = re.compile(r"-?[0-9]{1,11}(\.[0-9]{1,20})?")
_NUMERIC_ID = re.compile(r"0{0,9}[1-9][0-9]{0,19}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BLANK_BEFORE_OFFSET = re.compile(r" (?=[+-][0-9]{2}:?[0-9]{2}$)")


def present(value: object) -> object:
    """The value itself; None is an error, said the same way everywhere."""
    if value is None:
        raise ValueError("is missing")
    return value


def optional(reader: Callable[[object], T]) -> Callable[[object], T | None]:
    """The same reader, for a value that may be None or ""."""

    def read(value: object) -> T | None:
        return None if value in (None, "") else reader(value)

    return read


def text(value: object, *, most: int) -> str:
    """One clean line of at most `most` characters; None is "". Numbers are taken as they are written."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("must be a text")
    written = value if isinstance(value, str) else str(value)
    # Cut before cleaning too: a megabyte needs no normal form. Cleaning can only shorten or, in NFC, triple a text.
    cleaned = unicodedata.normalize("NFC", one_line(written[: most * 4]))
    return cleaned[:most].rstrip()


def identifier(value: object) -> str:
    """An id of any source as text, exact to the last digit: a whole number above 0, or 1 to 64 plain characters."""
    present(value)
    if isinstance(value, str):
        if not 1 <= len(value) <= ID_CHARS or value != one_line(value):
            raise ValueError(f"must be an id of 1 to {ID_CHARS} plain characters")
        return value
    return numeric_id(value)


def numeric_id(value: object) -> str:
    """The id of a platform that counts: a whole number above 0, also when it is written as a text.

    A number with a point or an exponent has lost digits on its way (ids pass 2^53) and is refused.
    """
    present(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be a whole number")
    written = str(value)
    if not _NUMERIC_ID.fullmatch(written):
        raise ValueError("must be a whole number above 0")
    return str(int(written))


def numeric_id_or_none(value: object) -> str:
    """As numeric_id, but null, 0 and "" all mean that there is none: ""."""
    none = value is None or (isinstance(value, str | int) and value in (0, "", "0"))
    return "" if none else numeric_id(value)


def money(value: object) -> Decimal:
    """A sum with at most 4 places, from a decimal text or a JSON number. It may be negative; see amount."""
    present(value)
    if isinstance(value, str):
        if not _MONEY.fullmatch(value):
            raise ValueError("must be a decimal number, such as 19.00")
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a decimal number, such as 19.00")
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() >= MONEY_DIGITS:
        raise ValueError(f"must have at most {MONEY_DIGITS} digits before the point")
    places = number.as_tuple().exponent
    assert isinstance(places, int)  # finite, so no "n", "N" or "F"
    if not -MONEY_PLACES <= places <= 0:
        number = number.quantize(Decimal(1).scaleb(0 if places > 0 else -MONEY_PLACES), rounding=ROUND_HALF_UP)
    return number if number else number.copy_abs()  # there is no -0.00


def amount(value: object) -> Decimal:
    """A sum of money that is not negative."""
    number = money(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def currency(value: object) -> str:
    """An ISO 4217 code in capitals."""
    present(value)
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z]{3}", value):
        raise ValueError("must be a currency code of three letters, such as USD")
    return value.upper()


def quantity(value: object) -> int:
    """How many; a part of one counts as one, for shops that sell by weight."""
    present(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a whole number")
    number = Decimal(value)
    if not number.is_finite() or number < 0 or number.adjusted() > 9 or number > QUANTITY_MAX:
        raise ValueError(f"must be between 0 and {QUANTITY_MAX}")
    return int(number.to_integral_value(rounding=ROUND_CEILING))


def moment(value: object) -> datetime:
    """An RFC 3339 time with its offset, as aware UTC, between the years 1970 and 2100."""
    found = _moment(value)
    if found.tzinfo is None:
        raise ValueError("must say its offset from UTC, such as 2026-01-31T18:00:00Z")
    return _in_utc(found)


def moment_utc(value: object) -> datetime:
    """As moment, for sources whose times are UTC without saying so; an offset that is there counts."""
    found = _moment(value)
    return _in_utc(found.replace(tzinfo=UTC) if found.tzinfo is None else found)


def _moment(value: object) -> datetime:
    present(value)
    if not isinstance(value, str) or len(value) > 40 or not _DATE.match(value):
        raise ValueError("must be a time such as 2026-01-31T18:00:00Z")
    try:
        return datetime.fromisoformat(_BLANK_BEFORE_OFFSET.sub("", value))
    except ValueError:
        raise ValueError("must be a time such as 2026-01-31T18:00:00Z") from None


def _in_utc(found: datetime) -> datetime:
    # A clock in milliseconds read as seconds would lock an order for ever: the newest version wins.
    if not 1970 <= found.year <= 2100:
        raise ValueError("must lie between 1970 and 2100")
    return found.astimezone(UTC)
