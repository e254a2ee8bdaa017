"""The packed form of an inbox: an 8-byte header, then feed ids of 8 bytes each, big-endian, in order of arrival.

The header is the floor: the window holds every entry newer than it, and whatever is older comes from PostgreSQL. While
an inbox is being built its header is a token with the top bit set instead, which promises nothing yet. Pure functions.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ENTRY = 8
_BUILDING = 1 << 63
# Below every feed id, and above every one: 53 bits.
BOTTOM = 0
TOP = 1 << 53


def pack(ids: Sequence[int]) -> bytes:
    """Feed ids as bytes, 8 each, in the given order."""
    return struct.pack(f">{len(ids)}Q", *ids)


def building_token() -> bytes:
    """A header that says "being built by me", told apart from every floor and from other builders."""
    return struct.pack(">Q", _BUILDING | secrets.randbits(63))


@dataclass(frozen=True, slots=True)
class Window:
    """What an inbox holds: `ids` newest first without repeats, all of them newer than `floor`."""

    floor: int
    ids: list[int]

    def page(self, *, before: int, limit: int) -> list[int]:
        """Up to `limit` ids older than `before`, newest first."""
        return [feed_id for feed_id in self.ids if feed_id < before][:limit]


def unpack(packed: bytes) -> Window | None:
    """The window in these bytes; None when there is none, or none that promises anything (being built)."""
    count = len(packed) // ENTRY
    if count == 0:
        return None
    floor, *ids = struct.unpack_from(f">{count}Q", packed)
    if floor >= _BUILDING:
        return None
    return Window(floor, newest_first(ids, floor=floor))


def newest_first(ids: Iterable[int], *, floor: int = BOTTOM) -> list[int]:
    """Sorted, each once, and only those above the floor: entries arrive in any order and may arrive twice."""
    return sorted({feed_id for feed_id in ids if feed_id > floor}, reverse=True)
