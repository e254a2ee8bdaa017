"""Snapshots: a list as it stood when somebody began to read it, so that later pages neither repeat nor skip.

A snapshot is named by what it holds. The same list is kept once however often it is begun, and no other list can take
its name; all who are not signed in read the same ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
from collections.abc import Sequence

from django.conf import settings

from core.redis import RedisAway, async_client, guard
from feed import keys
from feed.discovery.ranking import Place

_PLACE = struct.Struct(">Qi")
# Below 2^63, so that a cursor carries it as a number.
_NAME_BYTES = 7


def _life_s() -> int:
    return int(settings.LIMITS.discover_minutes) * 60


def _key(viewer_id: int | None, name: int) -> str:
    return keys.discover_list(viewer_id or 0, name)


async def keep(viewer_id: int | None, places: Sequence[Place]) -> int:
    """Keeps a list and gives its name, also when Redis is away and nothing is kept. One trip."""
    packed = b"".join(_PLACE.pack(*place) for place in places)
    name = int.from_bytes(hashlib.blake2b(packed, digest_size=_NAME_BYTES).digest())
    with contextlib.suppress(RedisAway), guard():  # the cursor finds its place without
        await async_client().set(_key(viewer_id, name), packed, ex=_life_s())
    return name


async def read(viewer_id: int | None, name: int) -> list[Place] | None:
    """The list of that name, its life renewed; None when Redis does not have it, or is away. One trip."""
    try:
        with guard():
            packed = await async_client().getex(_key(viewer_id, name), ex=_life_s())
    except RedisAway:
        return None
    return [Place(*place) for place in _PLACE.iter_unpack(packed)] if isinstance(packed, bytes) else None
