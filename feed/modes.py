"""Push or pull: how each store's posts reach its followers, by their number or by the hand of staff.

Pushed posts are written into inboxes. A pull store's followers have a marker in their inboxes instead, and its outbox
is read with them. On the way to pull a store does both until the last follower has the marker, and readers drop what
they meet twice. On the way back nothing is to be done: markers stay right while outboxes are kept, and they always are.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from core import clock, jobs, logs
from feed.models import Mode, StoreDelivery
from stores.models import Store, StoreStatus

log = logs.get(__name__)
MARK_FOLLOWERS = "feed.mark_followers"


def mode_of(store_id: int) -> Mode:
    """How a store's posts reach its followers now."""
    mode = StoreDelivery.objects.filter(store_id=store_id).values_list("mode", flat=True).first()
    return Mode(mode or Mode.PUSH)


def not_pushing() -> list[StoreDelivery]:
    """The stores whose posts are pulled, or will be, with the most followed ones first."""
    found = StoreDelivery.objects.exclude(mode=Mode.PUSH).select_related("store")
    return list(found.order_by("-store__follower_count", "store_id"))


@transaction.atomic
def fix_mode(*, store: Store, mode: Mode) -> StoreDelivery:
    """Staff's choice of PUSH or PULL, whatever the number of followers. Takes effect at once; nothing is missed."""
    delivery = _locked(store.pk)
    delivery.by_hand = True
    delivery.save(update_fields=["by_hand"])
    return _switch(delivery, mode)


@transaction.atomic
def unfix_mode(*, store: Store) -> StoreDelivery:
    """Gives the choice back to the number of followers."""
    delivery = _locked(store.pk)
    delivery.by_hand = False
    delivery.save(update_fields=["by_hand"])
    store.refresh_from_db(fields=["follower_count"])
    wanted = _by_size(Mode(delivery.mode), store.follower_count)
    return _switch(delivery, wanted)


def _by_size(mode: Mode, followers: int) -> Mode:
    """Two thresholds, so that a store near one of them does not go back and forth."""
    if mode == Mode.PUSH:
        return Mode.PULL if followers > settings.LIMITS.feed_push_followers else Mode.PUSH
    return Mode.PUSH if followers < settings.LIMITS.feed_push_again_followers else Mode.PULL


def _locked(store_id: int) -> StoreDelivery:
    StoreDelivery.objects.get_or_create(store_id=store_id, defaults={"changed_at": clock.now()})
    return StoreDelivery.objects.select_for_update().get(store_id=store_id)


def _switch(delivery: StoreDelivery, wanted: Mode) -> StoreDelivery:
    if wanted == Mode.PUSH and delivery.mode != Mode.PUSH:
        _save(delivery, Mode.PUSH)
    elif wanted == Mode.PULL and delivery.mode == Mode.PUSH:
        _begin_marking(delivery)
    return delivery


def _begin_marking(delivery: StoreDelivery) -> None:
    _save(delivery, Mode.TO_PULL)
    jobs.defer(MARK_FOLLOWERS, store_id=delivery.store_id, switch=delivery.switch)


def _save(delivery: StoreDelivery, mode: Mode) -> None:
    log.info("store %s: %s -> %s", delivery.store_id, delivery.mode, mode)
    delivery.mode, delivery.marked_upto, delivery.changed_at = mode, 0, clock.now()
    delivery.switch += 1
    delivery.save(update_fields=["mode", "marked_upto", "changed_at", "switch"])


def being_marked(*, store_id: int, switch: int) -> StoreDelivery | None:
    """The store's delivery, if it is on the way to pull and this switch was not overtaken by another."""
    return StoreDelivery.objects.filter(store_id=store_id, mode=Mode.TO_PULL, switch=switch).first()


@transaction.atomic
def marked(*, delivery: StoreDelivery, upto: int | None) -> None:
    """Notes that followers up to an id have the marker; None: all have, so that the store need not push any more."""
    now = clock.now()
    moving = StoreDelivery.objects.filter(pk=delivery.pk, mode=Mode.TO_PULL, switch=delivery.switch)
    if upto is None:
        if moving.update(mode=Mode.PULL, changed_at=now):
            log.info("store %s: to_pull -> pull", delivery.store_id)
    elif moving.filter(marked_upto__lt=upto).update(marked_upto=upto, changed_at=now):
        jobs.defer(MARK_FOLLOWERS, store_id=delivery.store_id, switch=delivery.switch)


def choose_by_size() -> int:
    """Switches the stores that grew or shrank past their threshold, and those that got stuck; how many. Runs often."""
    grown = Store.objects.filter(
        Q(delivery=None) | Q(delivery__mode=Mode.PUSH, delivery__by_hand=False),
        status=StoreStatus.APPROVED,
        follower_count__gt=settings.LIMITS.feed_push_followers,
    )
    shrunk = StoreDelivery.objects.filter(
        mode__in=[Mode.PULL, Mode.TO_PULL],
        by_hand=False,
        store__follower_count__lt=settings.LIMITS.feed_push_again_followers,
    )
    chosen = [*grown.values_list("id", flat=True), *shrunk.values_list("store_id", flat=True)]
    for store_id in chosen:
        _choose(store_id)
    return len(chosen) + _go_on_marking()


@transaction.atomic
def _choose(store_id: int) -> None:
    delivery = _locked(store_id)
    store = Store.objects.get(id=store_id)
    if not delivery.by_hand:
        _switch(delivery, _by_size(Mode(delivery.mode), store.follower_count))


# A switch that has not moved for this long lost its job (Redis away, a queue emptied by hand).
_STUCK = timedelta(minutes=5)


def _go_on_marking() -> int:
    stuck = StoreDelivery.objects.filter(mode=Mode.TO_PULL, changed_at__lt=clock.now() - _STUCK)
    for delivery in stuck:
        lock = f"{MARK_FOLLOWERS} {delivery.store_id}"
        jobs.defer(MARK_FOLLOWERS, once=lock, store_id=delivery.store_id, switch=delivery.switch)
    return len(stuck)


@transaction.atomic
def repeat_since(since: datetime) -> int:
    """Gives markers out again for the stores that were on the way to pull since then; how many stores."""
    again = StoreDelivery.objects.select_for_update().exclude(mode=Mode.PUSH).filter(changed_at__gte=since)
    for delivery in again:
        _begin_marking(delivery)
    return len(again)
