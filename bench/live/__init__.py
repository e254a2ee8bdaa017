"""Live rooms: deliveries beside a plain Channels chat, hearts, memory, coming back at once, slow readers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from bench.ceilings import ceilings
from bench.live import deliveries, fanout, hearts, places, returning, slow
from bench.live.venue import Feeder, Venue
from bench.machine import facts
from bench.stage import Site, Stage, say

SERVERS = ("daphne", "uvicorn")
CHAT = "bench.chat.app:application"
# Of the process whose clients do not read: bytes that the system keeps for each (bench.app).
SEND_BUFFER = 32_768
# Memory first, while the process is young.
PARTS: dict[str, Callable[[Venue, argparse.Namespace], dict[str, Any]]] = {
    "memory": places.measure,
    "resume": returning.measure,
    "deliveries": deliveries.measure,
    "fanout": fanout.measure,
    "hearts": hearts.measure,
    "slow": slow.measure,
}


def options(parser: argparse.ArgumentParser) -> None:
    """How many, how long, and under which server."""
    parser.add_argument("--sockets", type=int, default=500, help="viewers of the room (default 500)")
    parser.add_argument("--idle", type=int, default=2_000, help="sockets that memory is shared by (default 2000)")
    parser.add_argument("--returning", type=int, default=2_000, help="sockets that come back at once (default 2000)")
    parser.add_argument("--window", type=int, default=8, help="events that may be under way at once (default 8)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a round (default 4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of chat and room (default 3)")
    parser.add_argument("--answers", type=int, default=100, help="answers to time (default 100)")
    parser.add_argument("--taps", type=int, default=10_000, help="taps a second (default 10000)")
    parser.add_argument("--sleepers", type=int, default=50, help="viewers who stop reading (default 50)")
    parser.add_argument("--server", choices=SERVERS, action="append", help="only this server (default: both in turn)")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part (default: all in turn)")


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Keys, of daphne, and with _uvicorn at their end of uvicorn: deliveries_per_s, channels_deliveries_per_s,
    deliveries_ratio, lockstep_* (one event at a time), fanout_p99_ms, tick_frames_per_s, kib_per_socket,
    bare_kib_per_socket, resume_statements, resumed_ratio, slow_reader_p99_ratio, slow_reader_rss_mib,
    client_cpu_share, server_cpu_share, client_idle. With one --server alone, without its name."""
    site = stage.site()
    people = max(chosen.sockets, chosen.idle, chosen.returning)
    owner = site.inside("world", shoppers=people)["owner"]
    host, *tokens = site.inside("sessions", user_ids=[owner, *range(1, people + 1)])
    figures: dict[str, object] = {"sockets": chosen.sockets}
    servers = chosen.server or SERVERS
    for server in servers:
        found = _under(server, stage, site, host, tokens, chosen)
        plain = server == "daphne" or len(servers) == 1
        figures |= found if plain else {f"{key}_{server}": value for key, value in found.items()}
    return figures | ceilings(site) | facts(site)


def _under(
    server: str, stage: Stage, site: Site, host: str, tokens: list[str], chosen: argparse.Namespace
) -> dict[str, Any]:
    figures: dict[str, Any] = {"server": server}
    with ExitStack() as stack:
        feeder = Feeder(site)
        stack.callback(feeder.close)
        web = stack.enter_context(site.starting(server))
        chat = stack.enter_context(site.starting(server, CHAT))
        far_away = stack.enter_context(site.starting(server, BENCH_SEND_BUFFER=str(SEND_BUFFER)))
        for process in (web, chat, far_away, feeder):
            process.wait_ready()
        venue = Venue(server, stage, site, web, chat, far_away, feeder, host, tokens)
        for name in PARTS:
            if name in (chosen.part or PARTS):
                say(f"{server}: {name}")
                figures |= PARTS[name](venue, chosen)
    return figures
