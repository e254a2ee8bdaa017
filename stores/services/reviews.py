"""The platform's decisions about stores: which are possible when, what follows, and the record of them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from core import jobs, logs
from core.problems import Conflict, Forbidden
from stores.models import Decision, Review, Store, StoreStatus

log = logs.get(__name__)
# Deferred by name: stores does not know what is built from them.
STATUS_CHANGED = "feed.store_status_changed"
# From which states a decision can be made, and the state it leads to. A rejected store may be approved after an appeal.
TRANSITIONS: Mapping[Decision, tuple[frozenset[StoreStatus], StoreStatus]] = {
    Decision.APPROVED: (frozenset({StoreStatus.APPLIED, StoreStatus.REJECTED}), StoreStatus.APPROVED),
    Decision.REJECTED: (frozenset({StoreStatus.APPLIED}), StoreStatus.REJECTED),
    Decision.SUSPENDED: (frozenset({StoreStatus.APPROVED}), StoreStatus.SUSPENDED),
    Decision.RESTORED: (frozenset({StoreStatus.SUSPENDED}), StoreStatus.APPROVED),
}


class NotPlatformStaff(Forbidden):
    """Only staff of the platform can do this."""

    code = "not_platform_staff"


class WrongStatus(Conflict):
    """This decision does not fit the store's present status."""

    code = "wrong_status"


@transaction.atomic
def review_store(*, by: User, store: Store, decision: Decision, reason: str) -> Review:
    """Decides about a store and records it for good. Raises NotPlatformStaff, WrongStatus."""
    if not by.is_staff:
        raise NotPlatformStaff
    store = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    origins, target = TRANSITIONS[decision]
    if store.status not in origins:
        raise WrongStatus(f"The store is {store.status}: it cannot be {decision}.", store_status=store.status)
    store.status = target
    store.save(update_fields=["status", "updated_at"])
    review = Review.objects.create(store=store, by=by, decision=decision, reason=reason)
    if decision != Decision.REJECTED:  # nobody saw it before, nobody sees it after
        jobs.defer(STATUS_CHANGED, store_id=store.pk)
    log.info("store %s (%s) was %s by user %s", store.pk, store.handle, decision, by.pk)
    return review
