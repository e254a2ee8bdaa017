"""Smoke: how soon a post is visible, what a home page costs beside an empty answer, and how many trips it makes."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from bench.client import Connection, measure, percentile
from bench.stage import Stage, say, stage

ROUNDS = 3
HOME = "/api/v1/feed"
EMPTY = "/api/v1/bench/empty"


@dataclass(frozen=True)
class Cast:
    """Session tokens of the merchant and of the followers."""

    merchant: str
    followers: list[str]


def run(options: argparse.Namespace) -> dict[str, object]:
    """Keys: visible_p50_ms, visible_p99_ms, complete (share of followers that have every post), home_rps, empty_rps,
    rps_ratio, sql_per_page, redis_trips_per_page."""
    with stage() as running:
        cast = load(options.followers)
        return asyncio.run(_measure(running, cast, options))


def load(followers: int) -> Cast:
    """A store, its merchant, and followers with sessions."""
    say(f"making a store and {followers} followers")
    command = [sys.executable, "-m", "bench.people", str(followers)]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Cast(**json.loads(made))


async def _measure(running: Stage, cast: Cast, options: argparse.Namespace) -> dict[str, object]:
    link = await Connection(running.port).open()
    for token in cast.followers:  # every follower is active: an inbox each
        assert (await link.send("GET", HOME, token))[0] == 200
    say(f"publishing {options.posts} posts")
    waits = [await _publish_and_wait(link, cast, n) for n in range(options.posts)]
    complete = [await _has(link, token, options.posts) for token in cast.followers]
    say("measuring home pages beside an empty answer")
    ratios, home_rates, empty_rates = [], [], []
    for _ in range(ROUNDS):
        empty = await measure(running.port, EMPTY, cast.followers, seconds=options.seconds)
        home = await measure(running.port, HOME, cast.followers, seconds=options.seconds)
        assert not empty.errors, "the empty route failed"
        assert not home.errors, "the home page failed"
        ratios.append(home.per_s / empty.per_s)
        home_rates.append(home.per_s)
        empty_rates.append(empty.per_s)
    sql, trips = await _costs(running, link, cast.followers)
    link.close()
    return {
        "posts": options.posts,
        "followers": len(cast.followers),
        "visible_p50_ms": round(percentile(waits, 0.5) * 1000, 1),
        "visible_p99_ms": round(percentile(waits, 0.99) * 1000, 1),
        "complete": sum(complete) / len(complete),
        "home_rps": round(statistics.median(home_rates)),
        "empty_rps": round(statistics.median(empty_rates)),
        "rps_ratio": round(statistics.median(ratios), 3),
        "sql_per_page": sql,
        "redis_trips_per_page": trips,
    }


async def _publish_and_wait(link: Connection, cast: Cast, number: int) -> float:
    """Seconds from sending the post until a follower picked by chance reads it."""
    body = json.dumps({"text": f"Post {number}", "status": "published"}).encode()
    reader = random.choice(cast.followers)
    start = time.perf_counter()
    status, answer = await link.send("POST", "/api/v1/stores/bench/posts", cast.merchant, body)
    assert status == 201, answer
    post_id = json.loads(answer)["id"]
    while time.perf_counter() - start < 10:
        _, page = await link.send("GET", HOME + "?limit=1", reader)
        items = json.loads(page)["items"]
        if items and items[0]["id"] == post_id:
            return time.perf_counter() - start
        await asyncio.sleep(0.002)
    raise SystemExit(f"post {number} was not visible within 10 s")


async def _has(link: Connection, token: str, posts: int) -> bool:
    seen: set[int] = set()
    cursor: str | None = ""
    while cursor is not None:
        _, page = await link.send("GET", f"{HOME}?limit=50" + (f"&cursor={cursor}" if cursor else ""), token)
        body = json.loads(page)
        seen |= {item["id"] for item in body["items"]}
        cursor = body["next_cursor"]
    return len(seen) == posts


async def _costs(running: Stage, link: Connection, tokens: list[str]) -> tuple[float, float]:
    names = ("backyard_hot_sql_total", "backyard_redis_trips_total")
    before = [running.metric(name) for name in names]
    for token in tokens:
        await link.send("GET", HOME, token)
    after = [running.metric(name) for name in names]
    sql, trips = ((b - a) / len(tokens) for a, b in zip(before, after, strict=True))
    return round(sql, 2), round(trips, 2)
