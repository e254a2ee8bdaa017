"""What benches do with home pages: warm them, compare them with an empty answer, count their trips."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from typing import Any

from bench.client import EMPTY, HOME, Connection, Rate, connections, measure, percentile
from bench.stage import Web, say
from bench.usage import Usage


@dataclass(frozen=True)
class Compared:
    """Rounds of an empty answer and of the home page in turn; medians, and the median of their ratios."""

    empty: Rate
    home: Rate
    ratio: float


async def warm(port: int, tokens: list[str], *, items: int = 20) -> None:
    """Reads everybody's first page, which builds inboxes and cards. Each must have `items` posts."""
    async with connections(port, 8) as links:
        for number, token in enumerate(tokens):
            found = len((await page(links[number % 8], token))["items"])
            if found != items:
                raise SystemExit(f"a home page of {found} posts instead of {items}")


async def page(link: Connection, token: str, query: str = "") -> dict[str, Any]:
    """A home page, parsed; it must be answered 200."""
    status, body = await link.send("GET", HOME + query, token)
    if status != 200:
        raise SystemExit(f"the home page was answered {status}: {body[:300]!r}")
    found: dict[str, Any] = json.loads(body)
    return found


async def compare(port: int, tokens: list[str], *, rounds: int, seconds: float, usage: Usage) -> Compared:
    """Empty, home, empty, home, ...: noise meets both. `usage` looks at the home rounds."""
    pairs: list[tuple[Rate, Rate]] = []
    for number in range(rounds):
        say(f"home pages beside an empty answer, round {number + 1} of {rounds}")
        empty = await measure(port, EMPTY, tokens, seconds=seconds)
        with usage:
            home = await measure(port, HOME, tokens, seconds=seconds)
        if empty.errors or home.errors:
            raise SystemExit(f"{empty.errors} empty answers and {home.errors} home pages were errors")
        pairs.append((empty, home))
    return Compared(
        _middle([empty for empty, _ in pairs]),
        _middle([home for _, home in pairs]),
        statistics.median(home.per_s / empty.per_s for empty, home in pairs),
    )


def _middle(rates: list[Rate]) -> Rate:
    return Rate(
        statistics.median(rate.per_s for rate in rates),
        statistics.median(rate.p50_ms for rate in rates),
        statistics.median(rate.p99_ms for rate in rates),
        sum(rate.errors for rate in rates),
    )


async def trips(web: Web, tokens: list[str]) -> dict[str, float]:
    """Statements and Redis trips of a page, on average; keys sql_per_page and redis_trips_per_page."""
    names = {"sql_per_page": "backyard_hot_sql_total", "redis_trips_per_page": "backyard_redis_trips_total"}
    before = {key: web.metric(name) for key, name in names.items()}
    async with connections(web.port, 1) as (link,):
        for token in tokens:
            await page(link, token)
    return {key: round((web.metric(name) - before[key]) / len(tokens), 2) for key, name in names.items()}


def milliseconds(seconds: list[float], share: float) -> float:
    """A percentile, in milliseconds."""
    return round(percentile(seconds, share) * 1000, 1)
