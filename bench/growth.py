"""Growth: what a page takes with 5,000 follows beside 10, and with 1 million posts beside 1,000."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from typing import Any

from bench.ceilings import ceilings
from bench.client import Connection
from bench.feed import rebuild
from bench.machine import facts
from bench.pages import page, warm
from bench.stage import Site, Stage, Web, say


def options(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument("--posts", type=int, default=1_000_000, help="posts in the large site (default 1000000)")
    parser.add_argument("--few-posts", type=int, default=1_000, help="posts in the small one (default 1000)")
    parser.add_argument("--stores", type=int, default=10_000, help="stores in each (default 10000)")
    parser.add_argument("--follows", type=int, default=500, help="follows of a viewer of both sites (default 500)")
    parser.add_argument("--many", type=int, default=5_000, help="follows of who follows many (default 5000)")
    parser.add_argument("--few", type=int, default=10, help="follows of who follows few (default 10)")
    parser.add_argument("--viewers", type=int, default=50, help="viewers of each kind (default 50)")
    parser.add_argument("--pages", type=int, default=1_500, help="pages of each kind to time (default 1500)")
    parser.add_argument("--cold", type=int, default=50, help="cold inboxes of each kind to time (default 50)")


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Keys: growth_follows and growth_posts, warm pages' median time ÷ median time; growth_follows_cold and
    growth_posts_cold, the same of pages whose inbox must be built; the milliseconds behind them."""
    many, few, both = (_kind(chosen, number) for number in range(3))
    large, small = stage.site(), stage.site(redis_number=1)
    world = {"shoppers": 3 * chosen.viewers, "stores": chosen.stores}
    three = [many | {"follows": chosen.many}, few | {"follows": chosen.few}, both | {"follows": chosen.follows}]
    large.inside("world", **world, posts=chosen.posts, follows=three)
    small.inside("world", **world, posts=chosen.few_posts, follows=three[2:])
    with large.running() as big, small.running() as little:
        readers = {
            "many_follows": Readers(large, big.web, many),
            "few_follows": Readers(large, big.web, few),
            "many_posts": Readers(large, big.web, both),
            "few_posts": Readers(small, little.web, both),
        }
        figures = asyncio.run(_measure(readers, chosen))
    return figures | ceilings(large) | facts(large)


def _kind(chosen: argparse.Namespace, number: int) -> dict[str, Any]:
    """The `number`-th group of viewers, as arguments of the world's follows but for how many."""
    first = 1 + number * chosen.viewers
    return {"kind": "each", "first": first, "last": first + chosen.viewers - 1, "stores": chosen.stores}


class Readers:
    """Viewers of one kind on one site."""

    def __init__(self, site: Site, web: Web, kind: dict[str, Any]) -> None:
        self.site, self.port, self.first = site, web.port, int(kind["first"])
        self.tokens: list[str] = site.inside("sessions", user_ids=list(range(kind["first"], kind["last"] + 1)))

    async def warm_ms(self, link: Connection, number: int) -> float:
        """One of them reads; milliseconds."""
        start = time.perf_counter()
        await page(link, self.tokens[number % len(self.tokens)])
        return (time.perf_counter() - start) * 1000


async def _measure(readers: dict[str, Readers], chosen: argparse.Namespace) -> dict[str, object]:
    for kind in readers.values():
        await warm(kind.port, kind.tokens)
    say(f"{chosen.pages} warm pages of each kind, in turn")
    times: dict[str, list[float]] = {name: [] for name in readers}
    links = {name: await Connection(kind.port).open() for name, kind in readers.items()}
    for number in range(chosen.pages):
        for name, kind in readers.items():
            times[name].append(await kind.warm_ms(links[name], number))
    for link in links.values():
        link.close()
    say(f"{chosen.cold} cold inboxes of each kind, in turn")
    cold: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(0, chosen.cold, 5):
        for name, kind in readers.items():
            cold[name] += await rebuild(kind.site, kind.port, kind.tokens, range(number, number + 5), first=kind.first)
    middle = {name: statistics.median(took) for name, took in times.items()}
    middle_cold = {name: statistics.median(took) * 1000 for name, took in cold.items()}
    return {
        "growth_follows": round(middle["many_follows"] / middle["few_follows"], 3),
        "growth_posts": round(middle["many_posts"] / middle["few_posts"], 3),
        "growth_follows_cold": round(middle_cold["many_follows"] / middle_cold["few_follows"], 3),
        "growth_posts_cold": round(middle_cold["many_posts"] / middle_cold["few_posts"], 3),
        **{f"{name}_ms": round(value, 2) for name, value in middle.items()},
        **{f"{name}_cold_ms": round(value, 2) for name, value in middle_cold.items()},
    }
