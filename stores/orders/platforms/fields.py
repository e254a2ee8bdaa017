"""A JSON body read field by field: whatever is not as promised is Unreadable, and says where."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from stores.orders.platforms.base import Unreadable
from stores.orders.values import optional

T = TypeVar("T")

NUMBER_CHARS = 40


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object and its path from the top, for messages such as "line_items[2].id must be a whole number"."""

    data: dict[str, Any]
    path: str = ""

    def has(self, *names: str) -> bool:
        """Are these fields there, null or not?"""
        return all(name in self.data for name in names)

    def read(self, name: str, reader: Callable[[object], T]) -> T:
        """The field through its reader (see values); a missing field is None to it."""
        try:
            return reader(self.data.get(name))
        except ValueError as error:
            raise Unreadable(f"{self.path}{name} {error}.") from None

    def maybe(self, name: str, reader: Callable[[object], T]) -> T | None:
        """As read, but None where the field is missing, null or ""."""
        return self.read(name, optional(reader))

    def section(self, name: str) -> Fields:
        """An object within; empty when it is missing, null, or [] (which is how PHP writes an empty object)."""
        found = self.data.get(name)
        if found is None or found == []:
            found = {}
        if not isinstance(found, dict):
            raise Unreadable(f"{self.path}{name} must be an object.")
        return Fields(found, f"{self.path}{name}.")

    def each(self, name: str) -> list[Fields]:
        """The objects of a list; none when it is missing or null."""
        found = self.data.get(name)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise Unreadable(f"{self.path}{name} must be a list of objects.")
        return [Fields(entry, f"{self.path}{name}[{place}].") for place, entry in enumerate(found)]


def json_object(body: bytes) -> Fields:
    """The body as one JSON object, numbers exact: whole ones as int, others as Decimal, never as float."""
    try:
        found = json.loads(body.decode(), parse_int=_whole, parse_float=_decimal, parse_constant=_no_constant)
    except RecursionError:
        raise Unreadable("The body is nested too deeply.") from None
    except UnicodeDecodeError:
        raise Unreadable("The body is not UTF-8.") from None
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise Unreadable(f"The body is not JSON: {reason}.") from None
    if not isinstance(found, dict):
        raise Unreadable("The body must be a JSON object.")
    return Fields(found)


def _whole(written: str) -> int:
    if len(written) > NUMBER_CHARS:
        raise ValueError("a number has too many digits")
    return int(written)


def _decimal(written: str) -> Decimal:
    if len(written) > NUMBER_CHARS:
        raise ValueError("a number has too many digits")
    try:
        return Decimal(written)
    except ArithmeticError:
        raise ValueError("a number has too large an exponent") from None


def _no_constant(written: str) -> NoReturn:
    raise ValueError(f"{written} is not a number")
