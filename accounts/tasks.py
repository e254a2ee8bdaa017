"""Jobs about people."""

from accounts.models import Session
from core import clock, jobs


@jobs.periodic("23 3 * * *", "accounts.forget_ended_sessions")
def forget_ended_sessions(timestamp: int) -> int:
    """Deletes sessions past their end; how many."""
    count, _ = Session.objects.filter(expire_date__lt=clock.now()).delete()
    return count
