"""Which inboxes and outboxes there are, on whatever servers."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterator
from typing import Any

from core.redis import Client, client, feed, guard
from feed import keys
from feed.selectors import follower_ids

# Keys looked at a call: some 0.1 ms of Redis' time.
LOOK = 1_000
_END = (1 << 62) - 1
# Told how many of how many are done.
Show = Callable[[int, int], None]


def inboxes(show: Show) -> Iterator[int]:
    """Everybody who has an inbox; somebody may come twice. Raises RedisAway."""
    return _owners(keys.every_inbox(), show)


def all_inboxes(show: Show) -> array[int]:
    """The same, as one array: 8 bytes for each. Raises RedisAway."""
    return array("q", inboxes(show))


def outboxes(show: Show) -> Iterator[int]:
    """Every store that has an outbox; one may come twice. Raises RedisAway."""
    return _owners(keys.every_outbox(), show)


def _owners(pattern: str, show: Show) -> Iterator[int]:
    servers = feed().primaries()
    with guard():
        total = sum(int(server.dbsize()) for server in servers)
    looked = 0
    for server in servers:
        for names in _scan(server, pattern):
            yield from map(keys.whose, names)
            looked += LOOK
            show(min(looked, total), total)


def _scan(server: Client, pattern: str) -> Iterator[list[Any]]:
    cursor = None
    while cursor != 0:
        with guard():
            cursor, names = server.scan(cursor or 0, match=pattern, count=LOOK)
        yield names


def sample(owners: Iterator[int], size: int) -> list[int]:
    """So many of them, each with the same chance, in order (reservoir sampling: Vitter, 1985, algorithm R)."""
    chosen: list[int] = []
    for seen, owner in enumerate(owners):
        if seen < size:
            chosen.append(owner)
        elif (place := random.randrange(seen + 1)) < size:
            chosen[place] = owner
    return sorted(set(chosen))


def inboxes_of_followers(store_id: int, *, followers: int, show: Show) -> array[int]:
    """The store's followers who have an inbox; `followers` is about how many there are. Raises RedisAway."""
    found: array[int] = array("q")
    after = looked = 0
    while user_ids := follower_ids(store_id, after=after, upto=_END, limit=LOOK):
        after = user_ids[-1]
        looked += len(user_ids)
        with guard():
            pipeline = client().pipeline(transaction=False)
            for user_id in user_ids:
                pipeline.exists(keys.inbox(user_id))
            there = pipeline.execute()
        found.extend(user_id for user_id, exists in zip(user_ids, there, strict=True) if exists)
        show(looked, max(looked, followers))
    return found
