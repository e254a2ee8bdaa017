"""Fan-out: from the request that publishes to the last inbox, PostgreSQL to Redis, with one worker process."""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from typing import Any

from bench.ceilings import ceilings
from bench.machine import facts
from bench.posting import Sent, publish
from bench.stage import Site, Stage, Web, say
from bench.usage import Usage

SAMPLE = 500
GIVE_UP_S = 300


def options(parser: argparse.ArgumentParser) -> None:
    """How many."""
    parser.add_argument("--followers", type=int, default=1_000_000, help="follows on the one store (default 1000000)")
    parser.add_argument("--active", type=float, default=0.5, help="share of them that have an inbox (default 0.5)")
    parser.add_argument("--posts", type=int, default=7, help="posts to publish, after one to warm up (default 7)")


def run(chosen: argparse.Namespace, stage: Stage) -> dict[str, object]:
    """Keys: followers_per_s, inserts_per_s, script_inserts_ceiling, ratio_to_script_ceiling, the processor time of each
    process as NAME_s_per_million_followers, cpu (cores by process while posts were on their way).

    Inboxes are full, of lengths between the cap and where they are cut, as in long use: some are cut by each post.
    """
    site = stage.site()
    shoppers = chosen.followers
    follows = [{"kind": "everyone", "store": 1, "shoppers": shoppers}]
    owner = site.inside("world", shoppers=shoppers, follows=follows)["owner"]
    (merchant,) = site.inside("sessions", user_ids=[owner])
    active = site.inside("fill_inboxes", shoppers=shoppers, share=chosen.active, least=500, most=624)
    site.inside("set_mode", store_id=1, mode="push")  # by its size it would become a pull store
    with site.running(workers=1) as running:
        usage = Usage(running.pids | stage.pids)
        figures = _rounds(site, running.web, merchant, chosen, len(active), usage)
    _check(site, figures.pop("sent"), active)
    spent = {
        f"{name}_s_per_million_followers": round(seconds / (chosen.posts + 1) / shoppers * 1e6, 2)
        for name, seconds in usage.seconds().items()
    }
    return figures | spent | usage.figures() | ceilings(site) | facts(site)


def _rounds(
    site: Site, web: Web, merchant: str, chosen: argparse.Namespace, active: int, usage: Usage
) -> dict[str, Any]:
    """Posts and the bare script in turn, so that a noisy neighbour meets both."""
    took, bare, sent = [], [], []
    for number in range(chosen.posts + 1):
        say(f"post {number} to {chosen.followers:,} followers")
        with usage:
            post = asyncio.run(publish(web.port, merchant, f"Post {number}"))
            seconds = _until_fanned_out(site, post, chosen.followers, active)
        sent.append(post)
        bare += site.inside("script_ceiling", feed_id=post.feed_id, shoppers=chosen.followers, rounds=1)
        if number:  # the first one warmed connections and code
            took.append(seconds)
    inserts = statistics.median(active / seconds for seconds in took)
    ceiling = statistics.median(bare)
    return {
        "sent": sent,
        "followers": chosen.followers,
        "inboxes": active,
        "posts": len(took),
        "followers_per_s": round(chosen.followers / statistics.median(took)),
        "inserts_per_s": round(inserts),
        "script_inserts_ceiling": round(ceiling),
        "ratio_to_script_ceiling": round(inserts / ceiling, 3),
        "seconds": [round(seconds, 3) for seconds in took],
    }


def _until_fanned_out(site: Site, post: Sent, followers: int, active: int) -> float:
    """Seconds from the request to the end of the fan-out, which must have reached everybody."""
    ask = "SELECT extract(epoch FROM fanned_out_at)::float8, followers, reached FROM posts_post WHERE id = %s"
    with site.sql() as sql:
        while time.time() - post.at < GIVE_UP_S:
            done, known, reached = sql.execute(ask, [post.post_id]).fetchall()[0]
            if done is not None:
                if (known, reached) != (followers, active):
                    raise SystemExit(f"{reached} of {active} inboxes and {known} of {followers} followers were reached")
                return float(done) - post.at
            time.sleep(0.05)
    raise SystemExit(f"not fanned out within {GIVE_UP_S} s")


def _check(site: Site, sent: list[Sent], active: list[int]) -> None:
    """Every post is in every inbox of a sample: the worker put it there once, the bare script once more."""
    looked_at = random.Random(5).sample(active, min(SAMPLE, len(active)))
    counts = site.inside("count_entries", feed_ids=[post.feed_id for post in sent], user_ids=looked_at)
    missing = sum(count == 0 for row in counts for count in row)
    if missing:
        raise SystemExit(f"{missing} entries are missing from {len(looked_at)} inboxes")
