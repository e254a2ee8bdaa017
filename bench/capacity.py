"""Capacity: what this machine carries: a large site on which merchants publish and shoppers read, each at a rate."""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

import psutil  # type: ignore[import-untyped]

from bench.ceilings import ceilings
from bench.client import HOME, Rate, at_rate, connections, percentile
from bench.machine import facts
from bench.pages import page
from bench.posting import Sent, publish
from bench.stage import Running, Site, Stage, Web, say
from bench.usage import Usage
from bench.wire import Wire

GIVE_UP_S = 300.0
READERS = 2_000


def options(parser: argparse.ArgumentParser) -> None:
    """How many, and how fast."""
    parser.add_argument("--shoppers", type=int, default=1_000_000, help="people (default 1000000)")
    parser.add_argument("--stores", type=int, default=10_000, help="stores (default 10000)")
    parser.add_argument("--follows", type=int, default=20_000_000, help="follows, by a power law (default 20000000)")
    parser.add_argument("--posts", type=int, default=200_000, help="posts of the last 90 days (default 200000)")
    parser.add_argument("--active", type=int, default=100_000, help="shoppers with an inbox (default 100000)")
    parser.add_argument("--publish-rate", type=float, default=10, help="posts a second (default 10)")
    parser.add_argument("--read-rate", type=float, default=150, help="home pages a second (default 150)")
    parser.add_argument("--seconds", type=float, default=30, help="length of each of three phases (default 30)")
    parser.add_argument("--workers", type=int, default=1, help="fan-out workers (default 1)")


@dataclass
class World:
    """The site as it is loaded and running, and who acts on it."""

    chosen: argparse.Namespace
    stage: Stage
    site: Site
    running: Running
    merchant: str
    tokens: list[str]

    @property
    def web(self) -> Web:
        """The web process."""
        return self.running.web

    def usage(self) -> Usage:
        """Of all processes."""
        return Usage(self.running.pids | self.stage.pids)


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Three phases: publishing alone, reading alone, both at once. Keys: of both at once fanout_lag_p50_ms,
    fanout_lag_p99_ms, page_p50_ms, page_p99_ms, errors, followers_per_s, pages_per_s, cpu; of the first two
    *_s_per_million_followers and *_ms_per_page of each process; memory and disk by shopper, follow and post."""
    random.seed(13)
    site = stage.site()
    began = time.perf_counter()
    owner = site.inside(
        "world", shoppers=chosen.shoppers, stores=chosen.stores, posts=chosen.posts,
        follows=[{"kind": "power", "total": chosen.follows, "shoppers": chosen.shoppers, "stores": chosen.stores}],
    )["owner"]  # fmt: skip
    loaded = time.perf_counter() - began
    with site.running(workers=chosen.workers) as running:
        _choose_modes(site)
        memory = _make_active(site, chosen)
        readers = random.sample(range(1, chosen.active + 1), min(READERS, chosen.active))
        merchant, *tokens = site.inside("sessions", user_ids=[owner, *readers])
        world = World(chosen, stage, site, running, merchant, tokens)
        figures = asyncio.run(_phases(world))
        figures |= memory | _sizes(site, chosen) | _resident(world)
    sized = {"shoppers": chosen.shoppers, "stores": chosen.stores, "follows": chosen.follows, "posts": chosen.posts}
    return sized | {"active": chosen.active, "load_s": round(loaded)} | figures | ceilings(site) | facts(site)


def _choose_modes(site: Site) -> None:
    say("the largest stores become pull stores")
    until = time.monotonic() + GIVE_UP_S
    left = site.inside("choose_modes")
    while left:
        if time.monotonic() > until:
            raise SystemExit(f"{left} stores did not become pull stores")
        time.sleep(0.5)
        left = site.inside("switching")


def _make_active(site: Site, chosen: argparse.Namespace) -> dict[str, Any]:
    wire = Wire(site.environment["REDIS_URL"])
    before = _used(wire)
    entries = site.inside("active_inboxes", count=chosen.active)
    after = _used(wire)
    wire.close()
    return {
        "pull_stores": site.inside("pull_stores"),
        "entries_per_inbox": round(entries / chosen.active, 1),
        "redis_bytes_per_active_shopper": round((after - before) / chosen.active),
    }


def _used(wire: Wire) -> int:
    lines = wire.ask("INFO", "memory").decode().splitlines()
    return int(next(line for line in lines if line.startswith("used_memory:")).split(":")[1])


async def _phases(world: World) -> dict[str, Any]:
    async with connections(world.web.port, 8) as links:
        for number, token in enumerate(world.tokens):  # everybody's cards and counts are warm
            await page(links[number % 8], token)
    chosen, publishing, reading, both = world.chosen, world.usage(), world.usage(), world.usage()
    say(f"publishing {chosen.publish_rate:g} posts a second")
    with publishing:
        alone = await _publish(world)
        pushed = _wait(world.site, alone)
    say(f"reading {chosen.read_rate:g} pages a second")
    with reading:
        quiet = await _read(world)
    say("both at once")
    with both:
        sent, busy = await asyncio.gather(_publish(world), _read(world))
        done = _wait(world.site, sent)
    return {
        "publish_rate": chosen.publish_rate,
        "fanout_lag_p50_ms": _lag(done, 0.5),
        "fanout_lag_p99_ms": _lag(done, 0.99),
        "page_p50_ms": round(busy.p50_ms, 1),
        "page_p99_ms": round(busy.p99_ms, 1),
        "pages_per_s": round(busy.per_s, 1),
        "followers_per_s": round(sum(row[1] for row in done) / chosen.seconds),
        "inserts_per_s": round(sum(row[2] for row in done) / chosen.seconds),
        "errors": busy.errors + quiet.errors,
        "fanout_lag_alone_p99_ms": _lag(pushed, 0.99),
        "page_alone_p99_ms": round(quiet.p99_ms, 1),
        **_each(publishing, "s_per_million_followers", sum(row[1] for row in pushed) / 1e6),
        **_each(publishing, "ms_per_post", len(alone) / 1e3),
        **_each(reading, "ms_per_page", quiet.per_s * chosen.seconds / 1e3),
        **both.figures(),
    }


def _each(usage: Usage, unit: str, count: float) -> dict[str, float]:
    """Processor time of each process by what was done: keys NAME_unit."""
    return {f"{name}_{unit}": round(seconds / count, 3) for name, seconds in usage.seconds().items()}


async def _publish(world: World) -> list[Sent]:
    """Posts of stores by chance, due by the clock."""
    sent: list[asyncio.Task[Sent]] = []
    begin, count = time.perf_counter(), int(world.chosen.publish_rate * world.chosen.seconds)
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, begin + number / world.chosen.publish_rate - time.perf_counter()))
            store = random.randint(1, world.chosen.stores)
            sent.append(
                group.create_task(publish(world.web.port, world.merchant, f"News {number} of the day", store=store))
            )
    return [task.result() for task in sent]


async def _read(world: World) -> Rate:
    rate = await at_rate(world.web.port, HOME, world.tokens, rate=world.chosen.read_rate, seconds=world.chosen.seconds)
    if rate.errors:
        raise SystemExit(f"{rate.errors} home pages were errors")
    return rate


def _wait(site: Site, sent: list[Sent]) -> list[tuple[float, int, int]]:
    """Of each post: seconds from the request to the end of its fan-out, followers, inboxes reached."""
    ask = (
        "SELECT id, extract(epoch FROM fanned_out_at)::float8, followers, reached FROM posts_post"
        " WHERE id = ANY (%s) AND fanned_out_at IS NOT NULL"
    )
    until = time.monotonic() + GIVE_UP_S
    with site.sql() as sql:
        while True:
            rows = {row[0]: row[1:] for row in sql.execute(ask, [[post.post_id for post in sent]]).fetchall()}
            if len(rows) == len(sent):
                return [(rows[p.post_id][0] - p.at, rows[p.post_id][1], rows[p.post_id][2]) for p in sent]
            if time.monotonic() > until:
                raise SystemExit(f"{len(sent) - len(rows)} posts were not fanned out within {GIVE_UP_S:.0f} s")
            time.sleep(0.1)


def _lag(done: list[tuple[float, int, int]], share: float) -> float:
    return round(percentile([row[0] for row in done], share) * 1000, 1)


def _sizes(site: Site, chosen: argparse.Namespace) -> dict[str, Any]:
    """Bytes on disk, indexes included."""
    with site.sql() as sql:

        def size(*tables: str) -> int:
            asked = "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name"
            return int(sql.execute(asked, [list(tables)]).fetchall()[0][0])

        whole = int(sql.execute("SELECT pg_database_size(current_database())").fetchall()[0][0])
        return {
            "postgresql_bytes": whole,
            "postgresql_bytes_per_shopper": round(size("accounts_user") / chosen.shoppers),
            "postgresql_bytes_per_follow": round(size("stores_follow") / chosen.follows),
            "postgresql_bytes_per_post": round(size("posts_post", "posts_postmedia") / max(1, chosen.posts)),
        }


def _resident(world: World) -> dict[str, Any]:
    """Memory in use by process, shared pages counted once: keys *_mb and, of the servers, *_bytes_per_active."""
    found: dict[str, int] = {}
    for name, pid in (world.running.pids | world.stage.pids).items():
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        found[name] = sum(_pss(process) for process in family)
    shown: dict[str, Any] = {f"{name}_mb": round(size / 1e6) for name, size in found.items()}
    shown["postgresql_bytes_per_active_shopper"] = round(found["postgresql"] / world.chosen.active)
    return shown


def _pss(process: Any) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "pss", memory.rss))
