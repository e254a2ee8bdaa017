"""Latency: from the request that publishes a post to a follower's page that has it, of a push and of a pull store."""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

from bench.ceilings import ceilings
from bench.client import Connection, connections
from bench.machine import facts
from bench.pages import milliseconds, page
from bench.posting import publish
from bench.stage import Site, Stage, Web, say
from bench.usage import Usage

PUSH_STORE, PULL_STORE = 1, 2
GIVE_UP_S = 60.0
SWITCH_WITHIN_S = 300.0
# How often each watcher looks: part of what is measured, and little against what is promised.
LOOK_EVERY_S = 0.02
# Between two posts, so that each meets idle workers.
REST_S = 0.2


def options(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument("--followers", type=int, default=100_000, help="followers of the push store (default 100000)")
    parser.add_argument("--active", type=float, default=0.5, help="share of them that have an inbox (default 0.5)")
    parser.add_argument(
        "--pull-followers", type=int, default=2_000_000, help="followers of the pull store (default 2000000)"
    )
    parser.add_argument("--posts", type=int, default=40, help="posts to publish in each store (default 40)")
    parser.add_argument("--watchers", type=int, default=5, help="followers who wait for each post (default 5)")


@dataclass(frozen=True)
class Audience:
    """Followers who look at their pages: tokens of a sample of all."""

    web: Web
    merchant: str
    tokens: list[str]


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Keys: push_visible_p50_ms, push_visible_p99_ms, pull_visible_p50_ms, pull_visible_p99_ms, samples (of each),
    to_pull_s (until the last follower of the pull store had its marker), cpu_push, cpu_pull.

    A sample is a follower who asks for a page again and again; every one of them must see every post.
    """
    random.seed(11)
    site = stage.site()
    shoppers = max(chosen.followers, chosen.pull_followers)
    follows = [
        {"kind": "everyone", "store": PUSH_STORE, "shoppers": chosen.followers},
        {"kind": "everyone", "store": PULL_STORE, "shoppers": chosen.pull_followers},
    ]
    owner = site.inside("world", shoppers=shoppers, stores=2, posts=200, follows=follows)["owner"]
    # Watchers build theirs by reading; the inboxes of the others are only to be written to.
    watching = random.sample(range(1, chosen.followers + 1), min(200, chosen.followers))
    merchant, *tokens = site.inside("sessions", user_ids=[owner, *watching])
    with site.running(workers=1) as running:
        site.inside("set_mode", store_id=PUSH_STORE, mode="push")
        marking = _pull(site)
        audience = Audience(running.web, merchant, tokens)
        asyncio.run(_enter(audience))
        site.inside("fill_inboxes", shoppers=chosen.followers, share=chosen.active, least=500, most=624)
        figures: dict[str, Any] = {
            "followers": chosen.followers,
            "pull_followers": chosen.pull_followers,
            "to_pull_s": round(marking, 1),
        }
        for name, store in (("push", PUSH_STORE), ("pull", PULL_STORE)):
            say(f"publishing {chosen.posts} posts in the {name} store")
            usage = Usage(running.pids | stage.pids)
            with usage:
                took = asyncio.run(_visible(audience, store, chosen))
            figures |= {
                f"{name}_visible_p50_ms": milliseconds(took, 0.5),
                f"{name}_visible_p99_ms": milliseconds(took, 0.99),
                "samples": len(took),
                f"cpu_{name}": usage.cores(),
            }
    return figures | ceilings(site) | facts(site)


def _pull(site: Site) -> float:
    """Makes the pull store one; seconds until the last follower has its marker."""
    say("switching the pull store")
    start = time.perf_counter()
    mode = site.inside("set_mode", store_id=PULL_STORE, mode="pull")
    while mode != "pull":
        if time.perf_counter() - start > SWITCH_WITHIN_S:
            raise SystemExit(f"the store was not a pull store after {SWITCH_WITHIN_S:.0f} s")
        time.sleep(0.5)
        mode = site.inside("mode_of", store_id=PULL_STORE)
    return time.perf_counter() - start


async def _enter(audience: Audience) -> None:
    """Everybody who will watch has an inbox."""
    async with connections(audience.web.port, 1) as (link,):
        for token in audience.tokens:
            await page(link, token)


async def _visible(audience: Audience, store: int, chosen: argparse.Namespace) -> list[float]:
    """Seconds from each request that published to each watcher's page with the post."""
    took: list[float] = []
    async with connections(audience.web.port, chosen.watchers) as links:
        for number in range(chosen.posts + 1):
            watchers = random.sample(audience.tokens, min(chosen.watchers, len(audience.tokens)))
            sent = await publish(audience.web.port, audience.merchant, f"News {number}", store=store)
            waits = await asyncio.gather(
                *(_until_seen(link, token, sent.post_id, sent.at) for link, token in zip(links, watchers, strict=False))
            )
            if number:  # the first one warmed connections and code
                took += waits
            await asyncio.sleep(REST_S)
    return took


async def _until_seen(link: Connection, token: str, post_id: int, since: float) -> float:
    while time.time() - since < GIVE_UP_S:
        items = (await page(link, token, "?limit=5"))["items"]
        if any(item["id"] == post_id for item in items):
            return time.time() - since
        await asyncio.sleep(LOOK_EVERY_S)
    raise SystemExit(f"a post was not visible within {GIVE_UP_S} s")
