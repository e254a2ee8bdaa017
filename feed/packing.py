"""The packed form of an inbox: an 8-byte header, then entries of 8 bytes each, big-endian, in order of arrival.

The header is the floor: the window holds every entry newer than it, and whatever is older comes from PostgreSQL. While
an inbox is being built its header is a token with the top bit set instead, which promises nothing yet. An entry is a
feed id, or a marker that names a pull store: its posts are read from its outbox. Pure functions.
"""

from __future__ import annotations

import secrets
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import neg

ENTRY = 8
_BUILDING = 1 << 63
# Tells markers from feed ids; a bit of the first byte, as scripts see numbers only up to 2^53.
_MARKER = 1 << 62
# Below every feed id, and above every one: 53 bits.
BOTTOM = 0
TOP = 1 << 53


def pack(entries: Iterable[int]) -> bytes:
    """Entries as bytes, 8 each, in the given order."""
    return _swapped(array("Q", entries)).tobytes()


def _swapped(entries: array[int]) -> array[int]:
    if sys.byteorder == "little":
        entries.byteswap()
    return entries


def building_token() -> bytes:
    """A header that says "being built by me", told apart from every floor and from other builders."""
    return pack([_BUILDING | secrets.randbits(63)])


def marker(store_id: int) -> int:
    """The entry that says: this shopper follows this pull store, look into its outbox as well."""
    return _MARKER | store_id


@dataclass(frozen=True, slots=True)
class Window:
    """What an inbox or outbox holds: `ids` newest first without repeats, all of them newer than `floor`.

    `pulls` are the stores whose outboxes belong to it.
    """

    floor: int
    ids: list[int]
    pulls: tuple[int, ...] = ()

    def page(self, *, before: int, limit: int) -> list[int]:
        """Up to `limit` ids older than `before`, newest first."""
        start = bisect_right(self.ids, -before, key=neg)
        return self.ids[start : start + limit]


def unpack(packed: bytes) -> Window | None:
    """The window in these bytes; None when there is none, or none that promises anything (being built)."""
    entries = array("Q", packed[: len(packed) // ENTRY * ENTRY])
    if not entries:
        return None
    floor, *rest = _swapped(entries)
    if floor >= _BUILDING:
        return None
    rest.sort(reverse=True)
    first_id = bisect_right(rest, -_MARKER, key=neg)
    ids = rest[first_id : bisect_left(rest, -floor, key=neg)]
    if len(set(ids)) < len(ids):  # seldom: some job ran again
        ids = list(dict.fromkeys(ids))
    pulls = tuple(dict.fromkeys(entry - _MARKER for entry in reversed(rest[:first_id])))
    return Window(floor, ids, pulls)


def newest_first(ids: Iterable[int], *, floor: int = BOTTOM) -> list[int]:
    """Sorted, each once, and only those above the floor: entries arrive in any order and may arrive twice."""
    return sorted({feed_id for feed_id in ids if feed_id > floor}, reverse=True)


@dataclass(frozen=True, slots=True)
class Merged:
    """An inbox and the outboxes that belong to it, read as one: every entry newer than the highest of their floors."""

    windows: tuple[Window, ...]

    @property
    def floor(self) -> int:
        """Newer than this, nothing is missing."""
        return max(window.floor for window in self.windows)

    @property
    def pulls(self) -> tuple[int, ...]:
        """The stores whose outboxes are among the windows."""
        return self.windows[0].pulls

    def page(self, *, before: int, limit: int) -> list[int]:
        """Up to `limit` ids older than `before` and above the floor, newest first."""
        if len(self.windows) == 1:
            return self.windows[0].page(before=before, limit=limit)
        found = [feed_id for window in self.windows for feed_id in window.page(before=before, limit=limit)]
        return newest_first(found, floor=self.floor)[:limit]
