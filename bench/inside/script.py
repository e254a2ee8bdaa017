"""The ceiling of fan-out: push.lua as fast as Redis runs it, called by a client that has nothing else to do."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Any

from django.conf import settings

from bench.wire import Wire
from feed import keys, packing, tasks, windows


def ceiling(*, feed_id: int, shoppers: int, rounds: int) -> list[float]:
    """Inserts a second of each round over all shoppers' inboxes: batches as fan-out makes them, packed beforehand.

    Calls are sent without waiting for answers, so that Redis always has the next one.
    """
    wire = Wire(settings.REDIS_URL)
    wire.ask("SCRIPT", "LOAD", windows.PUSH.source)
    packed = [wire.pack(*call) for call in _calls(feed_id, shoppers)]
    return [_round(wire, packed) for _ in range(rounds)]


def _calls(feed_id: int, shoppers: int) -> list[tuple[Any, ...]]:
    cap = int(settings.LIMITS.feed_inbox_cap)
    arguments = [packing.pack([feed_id]), cap, windows.cut_past(cap)]
    calls: list[tuple[Any, ...]] = []
    for start in range(1, shoppers + 1, tasks.RANGE):
        by_bucket: defaultdict[int, list[str]] = defaultdict(list)
        for user_id in range(start, min(start + tasks.RANGE, shoppers + 1)):
            by_bucket[keys.bucket(user_id)].append(keys.inbox(user_id))
        calls += [("EVALSHA", windows.PUSH.sha, len(batch), *batch, *arguments) for batch in by_bucket.values()]
    return calls


def _round(wire: Wire, packed: list[bytes]) -> float:
    start = time.perf_counter()
    sending = threading.Thread(target=_send, args=(wire, packed))
    sending.start()
    inserts = sum(int(wire.receive()) for _ in packed)
    sending.join()
    return inserts / (time.perf_counter() - start)


def _send(wire: Wire, packed: list[bytes]) -> None:
    for call in packed:
        wire.send(call)
