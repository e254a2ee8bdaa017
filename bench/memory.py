"""Memory: what inboxes and outboxes cost in Redis by its own account, fresh and after fan-out wrote to them."""

from __future__ import annotations

import argparse
from typing import Any

from bench.ceilings import ceilings
from bench.machine import facts
from bench.stage import Site, Stage, say
from bench.wire import Wire


def options(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument("--inboxes", type=int, default=20_000, help="inboxes to make (default 20000)")
    parser.add_argument("--entries", type=int, default=500, help="entries in each (default 500)")


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Keys, in bytes: bytes_per_entry (used_memory's difference, of inboxes built by a reader and grown by the last
    tenth through push.lua), bytes_per_entry_built (as a reader builds them), bytes_per_entry_cut (just after push.lua
    cut them to the cap), memory_usage_per_entry (MEMORY USAGE of a sample of the first), bytes_per_inbox,
    bytes_per_outbox, bytes_per_idle_follower."""
    site = stage.site()
    wire = Wire(site.environment["REDIS_URL"])
    built = _cost(site, wire, chosen, built=chosen.entries, pushed=0)
    grown = _cost(site, wire, chosen, built=chosen.entries - chosen.entries // 10, pushed=chosen.entries // 10)
    cut = _cost(site, wire, chosen, built=chosen.entries, pushed=chosen.entries // 4 + 1)
    outboxes = _cost(site, wire, chosen, built=200, pushed=0)
    idle = _idle(site, wire, chosen.inboxes)
    wire.close()
    return {
        "inboxes": chosen.inboxes,
        "entries": chosen.entries,
        "bytes_per_entry": round(grown["used"] / chosen.entries, 2),
        "memory_usage_per_entry": round(grown["sampled"] / chosen.entries, 2),
        "bytes_per_entry_built": round(built["used"] / chosen.entries, 2),
        "bytes_per_entry_cut": round(cut["used"] / chosen.entries, 2),
        "bytes_per_inbox": round(grown["used"]),
        "bytes_per_outbox": round(outboxes["used"]),
        "bytes_per_idle_follower": idle,
        **ceilings(site),
        **facts(site),
    }


def _cost(site: Site, wire: Wire, chosen: argparse.Namespace, *, built: int, pushed: int) -> dict[str, float]:
    """Bytes an inbox, the table of keys included, by used_memory and by MEMORY USAGE of a sample."""
    say(f"{chosen.inboxes:,} inboxes of {built} entries, then {pushed} pushed")
    wire.ask("FLUSHALL", "SYNC")
    site.inside("fill_inboxes", shoppers=0, share=1, least=1, most=1)  # opens its connection once
    before = _used(wire)
    site.inside("fill_inboxes", shoppers=chosen.inboxes, share=1, least=built, most=built)
    if pushed:
        site.inside("push", shoppers=chosen.inboxes, times=pushed)
    after = _used(wire)
    if wire.ask("DBSIZE") != chosen.inboxes:
        raise SystemExit("some inboxes are missing")
    return {"used": (after - before) / chosen.inboxes, "sampled": site.inside("memory_usage", shoppers=chosen.inboxes)}


def _idle(site: Site, wire: Wire, shoppers: int) -> float:
    """Bytes that a post costs for each follower without an inbox."""
    wire.ask("FLUSHALL", "SYNC")
    site.inside("push", shoppers=1, times=1)
    before = _used(wire)
    site.inside("push", shoppers=shoppers, times=1)
    if wire.ask("DBSIZE"):
        raise SystemExit("a post made an inbox for somebody who was not active")
    return round(max(0, _used(wire) - before) / shoppers, 2)


def _used(wire: Wire) -> int:
    info: Any = wire.ask("INFO", "memory")
    fields = dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
    return int(fields["used_memory"]) - int(fields["mem_clients_normal"])
