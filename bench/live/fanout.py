"""Fan-out of an answer: the host says it over a socket, PostgreSQL keeps it, and the last of all viewers has it."""

from __future__ import annotations

import argparse
import time
from functools import partial

from bench.client import percentile
from bench.live.crowd import Socket
from bench.live.frames import BadStream
from bench.live.venue import Progress, Venue, milliseconds_since

FIRST = 5
# A person may send ten frames a second.
BETWEEN_S = 0.11


def measure(venue: Venue, chosen: argparse.Namespace) -> dict[str, object]:
    """Keys: fanout_p50_ms, fanout_p99_ms (from the host's frame until the last viewer has the answer), answers."""
    made = venue.room(questions=chosen.answers + FIRST)
    watching = venue.audience(made["room"], chosen.sockets)
    (host,) = venue.welcomed([venue.watch(made["room"], venue.host)])
    crowd, progress = venue.crowd, Progress(watching)
    crowd.hears, took = progress, []
    for number, question in enumerate(made["questions"]):
        reached, sent_at = progress.slowest, time.monotonic()
        text = f"A year, in a closed tin, somewhere dark and dry ({number})."
        host.send({"type": "answer", "id": number, "question": question, "text": text})
        if not crowd.run(10, partial(_is_told, progress, reached, host)):
            raise BadStream(f"answer {number} did not reach everybody: {host.replies.get(number)}")
        took.append(milliseconds_since(sent_at))
        crowd.run(max(0.02, sent_at + BETWEEN_S - time.monotonic()))
    crowd.hears = None
    crowd.leave()
    took = took[FIRST:]
    return {
        "answers": len(took),
        "fanout_p50_ms": round(percentile(took, 0.5), 1),
        "fanout_p99_ms": round(percentile(took, 0.99), 1),
    }


def _is_told(progress: Progress, reached: int, host: Socket) -> bool:
    return progress.slowest > reached or host.closed
