"""What must be reached on two cores at full size, by bench and key: design, limits and words for people."""

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
    Must("live", "deliveries_ratio", 5, True, "events to 500 sockets a second ÷ a plain Channels chat's, daphne"),
    Must("live", "fanout_p99_ms", 150, False, "the host answers, the last of 500 viewers has it, 99th percentile"),
    Must("live", "tick_frames_per_s", 4, False, "frames of hearts a second and socket, at 10,000 taps a second"),
    Must("live", "kib_per_socket", 48, False, "resident KiB of the web process for a viewer"),
    Must("live", "resume_statements", 20, False, "PostgreSQL statements while 2,000 sockets come back at once"),
    Must("live", "resumed_ratio", 1, True, "share of them that were told exactly what they had missed"),
    Must("live", "slow_reader_p99_ratio", 1.2, False, "lateness of 450 viewers while 50 stop reading ÷ without"),
    Must("live", "slow_reader_rss_mib", 32, False, "MiB that the web process grows by meanwhile"),
    Must("soak", "gaps", 0, False, "events that a client was not told, on two web processes"),
    Must("soak", "doubles", 0, False, "events that a client was told twice"),
    Must("soak", "lost_positions", 0, False, "resumes that were refused"),
    Must("soak", "complete", 1, True, "share of the sockets that had everything at the end"),
    Must("soak", "errors", 0, False, "refusals of what was allowed"),
    Must("soak", "rss_ratio", 1.05, False, "memory of the web processes, last third ÷ second third"),
)


def met(bench: str, result: Mapping[str, object]) -> dict[str, bool]:
    """Which of a bench's musts its result holds, by key."""
    return {
        must.key: must.holds(float(str(result[must.key])))
        for must in MUSTS
        if must.bench == bench and must.key in result
    }
