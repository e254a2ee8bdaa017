"""The home page: a warm one beside an empty answer, its latency at half of the peak rate, and a cold one."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

from bench.ceilings import ceilings
from bench.client import HOME, at_rate, connections
from bench.machine import facts
from bench.pages import compare, milliseconds, page, trips, warm
from bench.stage import Site, Stage, say
from bench.usage import Usage
from bench.wire import Wire
from feed import keys

SERVERS = ("daphne", "uvicorn")


def options(parser: argparse.ArgumentParser) -> None:
    """How many, how long, and under which server."""
    parser.add_argument("--posts", type=int, default=1_000_000, help="posts (default 1000000)")
    parser.add_argument("--stores", type=int, default=10_000, help="stores that they are of (default 10000)")
    parser.add_argument("--follows", type=int, default=500, help="stores that each viewer follows (default 500)")
    parser.add_argument("--viewers", type=int, default=200, help="viewers, who follow different stores (default 200)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a round (default 4)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of empty answer and home page (default 5)")
    parser.add_argument("--rebuilds", type=int, default=60, help="cold inboxes to read (default 60)")
    parser.add_argument("--server", choices=SERVERS, action="append", help="only this server (default: both in turn)")


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Keys, of daphne, and with _uvicorn at their end of uvicorn: rps_ratio, home_rps, empty_rps_ceiling, p50_ms and
    p99_ms (at half of the peak rate, from when each request was due), sql_per_page, redis_trips_per_page, rebuild_ms,
    rebuild_p99_ms, cpu, client_cpu_share. Beside them rebuild_sql_ms."""
    site = stage.site()
    follows = [{"kind": "each", "first": 1, "last": chosen.viewers, "follows": chosen.follows, "stores": chosen.stores}]
    site.inside("world", shoppers=chosen.viewers, stores=chosen.stores, posts=chosen.posts, follows=follows)
    viewers = list(range(1, chosen.viewers + 1))
    tokens = site.inside("sessions", user_ids=viewers)
    figures: dict[str, object] = {
        "posts": chosen.posts,
        "stores": chosen.stores,
        "follows": chosen.follows,
        "viewers": chosen.viewers,
    }
    for server in chosen.server or SERVERS:
        found = _under(stage, site, server, tokens, chosen)
        figures |= found if server == "daphne" else {f"{key}_{server}": value for key, value in found.items()}
    alone = site.inside("rebuild_sql", viewer_ids=(viewers * 2)[: chosen.rebuilds])
    return figures | {"rebuild_sql_ms": round(statistics.median(alone), 1)} | ceilings(site) | facts(site)


def _under(stage: Stage, site: Site, server: str, tokens: list[str], chosen: argparse.Namespace) -> dict[str, object]:
    with site.running(server) as running:
        web = running.web
        say(f"{server}: warming {len(tokens)} viewers")
        asyncio.run(warm(web.port, tokens))
        usage = Usage(running.pids | stage.pids)
        compared = asyncio.run(compare(web.port, tokens, rounds=chosen.rounds, seconds=chosen.seconds, usage=usage))
        say(f"{server}: {compared.home.per_s / 2:.0f} home pages a second, half of the peak")
        # Twice as long as a round, as the hundredth part of it is looked at.
        half = asyncio.run(at_rate(web.port, HOME, tokens, rate=compared.home.per_s / 2, seconds=chosen.seconds * 2))
        if half.errors:
            raise SystemExit(f"{half.errors} home pages were errors at half of the peak rate")
        costs = asyncio.run(trips(web, tokens))
        say(f"{server}: {chosen.rebuilds} cold inboxes")
        cold = asyncio.run(rebuild(site, web.port, tokens, range(chosen.rebuilds)))
        return {
            "rps_ratio": round(compared.ratio, 3),
            "home_rps": round(compared.home.per_s),
            "empty_rps_ceiling": round(compared.empty.per_s),
            "p50_ms": round(half.p50_ms, 1),
            "p99_ms": round(half.p99_ms, 1),
            **costs,
            "rebuild_ms": milliseconds(cold, 0.5),
            "rebuild_p99_ms": milliseconds(cold, 0.99),
            **usage.figures(),
        }


async def rebuild(site: Site, port: int, tokens: list[str], numbers: range, *, first: int = 1) -> list[float]:
    """Seconds of first pages whose inboxes were forgotten just before, one after the other.

    Token n is of shopper `first` + n; `numbers` says whose, round and round.
    """
    wire, took = Wire(site.environment["REDIS_URL"]), []
    async with connections(port, 1) as (link,):
        for number in numbers:
            viewer = number % len(tokens)
            wire.ask("DEL", keys.inbox(first + viewer))
            start = time.perf_counter()
            await page(link, tokens[viewer])
            took.append(time.perf_counter() - start)
    wire.close()
    return took
