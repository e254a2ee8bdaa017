"""Jobs about stores."""

from __future__ import annotations

from core import jobs
from stores.orders import tasks as orders  # noqa: F401  # jobs are looked for in <app>.tasks alone
from stores.selectors import follows as selectors
from stores.services import follows

STORES_A_STEP = 500


@jobs.periodic("41 * * * *", "stores.sweep_follower_counts")
def sweep_follower_counts(timestamp: int) -> None:
    """Starts a walk over all stores that sets wrong follower counters right."""
    jobs.defer("stores.repair_follower_counts", after=0)


@jobs.task("stores.repair_follower_counts")
def repair_follower_counts(after: int) -> None:
    """Repairs the next stores by id, and defers the step behind them."""
    wrong, last = selectors.miscounted_stores(after=after, limit=STORES_A_STEP)
    for store_id in wrong:
        follows.repair_follower_count(store_id=store_id)
    if last is not None:
        jobs.defer("stores.repair_follower_counts", after=last)
