"""How large each bench is when all are run: `full` is what figures are promised for, the others are quicker."""

from __future__ import annotations

SIZES: dict[str, dict[str, str]] = {
    # Seconds each: only shows that the benches work. For the tests.
    "tiny": {
        "memory": "--inboxes 50 --entries 40",
        "fanout": "--followers 300 --posts 1",
        "feed": "--posts 2000 --stores 50 --follows 30 --viewers 8 --seconds 0.3 --rounds 1 --rebuilds 4"
        " --server daphne",
        "latency": "--followers 100 --pull-followers 200 --posts 2 --watchers 2",
        "growth": "--posts 2000 --few-posts 1000 --stores 200 --follows 50 --many 100 --few 10 --viewers 4 --pages 10"
        " --cold 5",
        "live": "--sockets 30 --idle 30 --returning 40 --seconds 0.6 --rounds 1 --answers 5 --sleepers 5"
        " --server daphne",
        "soak": "--minutes 0.25 --sockets 60 --every 1.5",
    },
    "moderate": {
        "memory": "--inboxes 5000",
        "fanout": "--followers 300000 --posts 5",
        "feed": "--posts 300000 --rounds 3",
        "latency": "--pull-followers 300000 --posts 20",
        "growth": "--posts 300000 --pages 800 --cold 30",
        "live": "--seconds 3 --answers 60",
        "soak": "--minutes 1",
    },
    "full": {"memory": "", "fanout": "", "feed": "", "latency": "", "growth": "", "live": "", "soak": ""},
}
