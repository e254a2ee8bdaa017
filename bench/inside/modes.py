"""How a store's posts reach its followers, set by hand as staff does."""

from __future__ import annotations

from feed import modes
from feed.models import Mode
from stores.models import Store


def set_mode(*, store_id: int, mode: str) -> str:
    """Push or pull from now on; its mode now, which is "to_pull" while workers still mark its followers."""
    modes.fix_mode(store=Store.objects.get(id=store_id), mode=Mode(mode))
    return modes.mode_of(store_id)


def mode_of(*, store_id: int) -> str:
    """The store's mode now."""
    return modes.mode_of(store_id)
