"""Snapshots: a list as it stood when somebody began to read it, so that later pages neither repeat nor skip.

A snapshot is named by what it holds: the same list is kept once however often it is begun, and no other list is taken
for it. Its name also says which of a viewer's few places it is in, where a later list may displace it, so that nobody
fills Redis by changing what they are shown. All who are not signed in read the same lists.
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
# So many lists can somebody read at once, and all together who are not signed in: theirs are new each minute.
PLACES = 10
NOBODYS_PLACES = 100


def _life_s() -> int:
    return int(settings.LIMITS.discover_minutes) * 60


def _key(viewer_id: int | None, name: int) -> str:
    if viewer_id is None:
        return keys.discover_list(0, name % NOBODYS_PLACES)
    return keys.discover_list(viewer_id, name % PLACES)


async def keep(viewer_id: int | None, places: Sequence[Place]) -> int:
    """Keeps a list and gives its name, also when Redis is away and nothing is kept. One trip."""
    packed = b"".join(_PLACE.pack(*place) for place in places)
    name = hashlib.blake2b(packed, digest_size=_NAME_BYTES).digest()
    number = int.from_bytes(name)
    with contextlib.suppress(RedisAway), guard():  # the cursor finds its place without
        await async_client().set(_key(viewer_id, number), name + packed, ex=_life_s())
    return number


async def read(viewer_id: int | None, name: int) -> list[Place] | None:
    """The list of that name, its life renewed; None when Redis does not have it, or is away. One trip."""
    try:
        with guard():
            kept = await async_client().getex(_key(viewer_id, name), ex=_life_s())
    except RedisAway:
        return None
    if not isinstance(kept, bytes) or int.from_bytes(kept[:_NAME_BYTES]) != name:
        return None
    return [Place(*place) for place in _PLACE.iter_unpack(kept[_NAME_BYTES:])]
