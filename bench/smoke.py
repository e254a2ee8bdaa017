"""Smoke: how soon a post is visible, what a home page costs beside an empty answer, and how many trips it makes."""

from __future__ import annotations

import argparse
import asyncio
import random
import time

from bench.client import Connection, connections
from bench.pages import compare, milliseconds, page, trips
from bench.posting import publish
from bench.stage import Stage, Web, say
from bench.usage import Usage


def options(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument("--posts", type=int, default=50, help="posts to publish (default 50)")
    parser.add_argument("--followers", type=int, default=200, help="followers to reach (default 200)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measured round (default 3)")


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Keys: visible_p50_ms, visible_p99_ms, complete (share of followers that have every post), home_rps, empty_rps,
    rps_ratio, sql_per_page, redis_trips_per_page."""
    site = stage.site()
    follows = [{"kind": "everyone", "store": 1, "shoppers": chosen.followers}]
    owner = site.inside("world", shoppers=chosen.followers, follows=follows)["owner"]
    merchant, *followers = site.inside("sessions", user_ids=[owner, *range(1, chosen.followers + 1)])
    with site.running(workers=1) as running:
        usage = Usage(running.pids | stage.pids)
        return asyncio.run(_measure(running.web, usage, merchant, followers, chosen))


async def _measure(
    web: Web, usage: Usage, merchant: str, followers: list[str], chosen: argparse.Namespace
) -> dict[str, object]:
    async with connections(web.port, 1) as (link,):
        for token in followers:  # every follower is active: an inbox each
            await page(link, token)
        say(f"publishing {chosen.posts} posts")
        waits = [await _publish_and_wait(web, link, merchant, followers, n) for n in range(chosen.posts)]
        complete = [await _count(link, token) == chosen.posts for token in followers]
    compared = await compare(web.port, followers, rounds=3, seconds=chosen.seconds, usage=usage)
    return {
        "posts": chosen.posts,
        "followers": len(followers),
        "visible_p50_ms": milliseconds(waits, 0.5),
        "visible_p99_ms": milliseconds(waits, 0.99),
        "complete": sum(complete) / len(complete),
        "home_rps": round(compared.home.per_s),
        "empty_rps": round(compared.empty.per_s),
        "rps_ratio": round(compared.ratio, 3),
        **await trips(web, followers),
    }


async def _publish_and_wait(web: Web, link: Connection, merchant: str, followers: list[str], number: int) -> float:
    """Seconds from sending the post until a follower picked by chance reads it."""
    reader = random.choice(followers)
    start = time.perf_counter()
    sent = await publish(web.port, merchant, f"Post {number}")
    while time.perf_counter() - start < 10:
        items = (await page(link, reader, "?limit=1"))["items"]
        if items and items[0]["id"] == sent.post_id:
            return time.perf_counter() - start
        await asyncio.sleep(0.002)
    raise SystemExit(f"post {number} was not visible within 10 s")


async def _count(link: Connection, token: str) -> int:
    """How many posts somebody's feed has."""
    seen: set[object] = set()
    cursor: object = ""
    while cursor is not None:
        found = await page(link, token, "?limit=50" + (f"&cursor={cursor}" if cursor else ""))
        seen |= {item["id"] for item in found["items"]}
        cursor = found["next_cursor"]
    return len(seen)
