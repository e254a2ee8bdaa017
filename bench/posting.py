"""Publishing over HTTP, as a merchant does."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from bench.client import connections


@dataclass(frozen=True)
class Sent:
    """One post on its way."""

    post_id: int
    feed_id: int
    at: float


async def publish(port: int, merchant: str, text: str, *, store: int = 1) -> Sent:
    """Publishes a post; `at` is just before the request was sent (Unix time). Ends the bench when it is refused."""
    body = json.dumps({"text": text, "status": "published"}).encode()
    async with connections(port, 1) as (link,):
        start = time.time()
        status, answer = await link.send("POST", f"/api/v1/stores/store_{store}/posts", merchant, body)
    if status != 201:
        raise SystemExit(f"publishing was answered {status}: {answer[:300]!r}")
    made = json.loads(answer)
    return Sent(made["id"], int(made["feed_id"]), start)
