"""What the feed must reach on two cores at full size, by bench and key: design, limits and words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Must:
    """A key's limit; `at_least` says on which side of it is good."""

    bench: str
    key: str
    limit: float
    at_least: bool
    means: str

    def holds(self, value: float) -> bool:
        """Whether this value is good."""
        return value >= self.limit if self.at_least else value <= self.limit


MUSTS = (
    Must("fanout", "followers_per_s", 250_000, True, "followers a second, request to last inbox, one worker"),
    Must("fanout", "ratio_to_script_ceiling", 0.5, True, "the worker's inserts ÷ those of the bare script"),
    Must("memory", "bytes_per_entry", 10, False, "Redis bytes of an inbox entry, at 500 entries"),
    Must("feed", "rps_ratio", 0.6, True, "warm home pages of 20 ÷ empty answers, daphne"),
    Must("feed", "rps_ratio_uvicorn", 0.6, True, "the same, uvicorn"),
    Must("feed", "sql_per_page", 2, False, "statements of a warm page, sign-in included"),
    Must("feed", "redis_trips_per_page", 2, False, "Redis trips of a warm page"),
    Must("feed", "p99_ms", 40, False, "a warm page at half of the peak rate, 99th percentile"),
    Must("feed", "rebuild_ms", 30, False, "a page whose inbox must be built, median"),
    Must("latency", "push_visible_p99_ms", 1_500, False, "from publishing to a follower's page, push store"),
    Must("latency", "pull_visible_p99_ms", 150, False, "from publishing to a follower's page, pull store"),
    Must("growth", "growth_follows", 1.3, False, "a page's time with 5,000 follows ÷ with 10"),
    Must("growth", "growth_posts", 1.3, False, "a page's time with 1 million posts ÷ with 1,000"),
)


def met(bench: str, result: Mapping[str, object]) -> dict[str, bool]:
    """Which of a bench's musts its result holds, by key."""
    return {
        must.key: must.holds(float(str(result[must.key])))
        for must in MUSTS
        if must.bench == bench and must.key in result
    }
