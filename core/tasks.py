"""Housekeeping jobs."""

from core import idempotency, jobs


@jobs.periodic("17 * * * *", "core.forget_old_answers")
def forget_old_answers(timestamp: int) -> int:
    """Drops remembered answers past their time; how many."""
    return idempotency.forget_old()
