"""How a store's posts reach its followers, set by hand as staff does."""

from __future__ import annotations

from feed import modes
from feed.models import Mode, StoreDelivery
from stores.models import Store


def set_mode(*, store_id: int, mode: str) -> str:
    """Push or pull from now on; its mode now, which is "to_pull" while workers still mark its followers."""
    modes.fix_mode(store=Store.objects.get(id=store_id), mode=Mode(mode))
    return modes.mode_of(store_id)


def mode_of(*, store_id: int) -> str:
    """The store's mode now."""
    return modes.mode_of(store_id)


def choose() -> int:
    """Makes pull stores of those with so many followers; how many are on the way."""
    modes.choose_by_size()
    return switching()


def switching() -> int:
    """How many stores' followers are still being marked."""
    return StoreDelivery.objects.filter(mode=Mode.TO_PULL).count()


def pull_stores() -> int:
    """How many there are."""
    return StoreDelivery.objects.filter(mode=Mode.PULL).count()
