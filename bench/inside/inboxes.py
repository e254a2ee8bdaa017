"""Inboxes as fan-out finds them: of many shoppers, full, laid down as readers lay them down."""

from __future__ import annotations

from random import Random

from core.progress import step
from core.redis import client
from feed import keys, packing, windows

AT_ONCE = 1_000
# Any, as long as they rise: nobody reads these inboxes' posts.
OLDEST = 1 << 44
NEWEST = 1 << 45


def fill(*, shoppers: int, share: float, least: int, most: int, seed: int = 3) -> list[int]:
    """An inbox of `least` to `most` entries for a random share of the shoppers, if they have none; who has one now."""
    chance = Random(seed)
    floor, token = packing.pack([OLDEST]), packing.building_token()
    forms = [packing.pack(range(OLDEST + 1, OLDEST + 1 + size)) for size in range(least, most + 1)]
    owners = [user_id for user_id in range(1, shoppers + 1) if chance.random() < share]
    ttl = windows.inbox_ttl_s()
    with step(f"{len(owners):,} inboxes") as bar:
        for start in range(0, len(owners), AT_ONCE):
            bar.at(start, len(owners))
            found = [keys.inbox(user_id) for user_id in owners[start : start + AT_ONCE]]
            pipeline = client().pipeline(transaction=False)
            for key in found:
                pipeline.set(key, token, ex=ttl, nx=True)
            pipeline.execute()
            windows.FILL.pipelined(client(), [([key], [token, floor, chance.choice(forms), ttl]) for key in found])
    return owners


def count_entries(*, feed_ids: list[int], user_ids: list[int]) -> list[list[int]]:
    """How often each of these posts is in each of these shoppers' inboxes; rows are shoppers."""
    wanted, counts = [packing.pack([feed_id]) for feed_id in feed_ids], []
    for user_id in user_ids:
        packed = client().get(keys.inbox(user_id))
        entries = packed if isinstance(packed, bytes) else b""
        found = [entries[at : at + packing.ENTRY] for at in range(0, len(entries), packing.ENTRY)]
        counts.append([found.count(entry) for entry in wanted])
    return counts


def push(*, shoppers: int, times: int) -> int:
    """Pushes so many posts to all shoppers, as fan-out does; how many inboxes the last one reached."""
    reached = 0
    with step(f"pushing {times} posts") as bar:
        for number in range(times):
            bar.at(number, times)
            reached = windows.push(NEWEST + number, range(1, shoppers + 1))
    return reached


def memory_usage(*, shoppers: int, sample: int = 500) -> float:
    """Bytes an inbox by MEMORY USAGE, the mean of a sample."""
    looked_at = Random(7).sample(range(1, shoppers + 1), min(sample, shoppers))
    return sum(client().memory_usage(keys.inbox(user_id)) or 0 for user_id in looked_at) / len(looked_at)
