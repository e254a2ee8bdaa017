"""Who follows what, and whether the counters still say so."""

from __future__ import annotations

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from stores.models import Follow, Store, StoreStatus
from stores.selectors.stores import store_named, visible_store


def followed_or_visible_store(*, handle: str, user: User) -> Store:
    """A store that this person sees, or follows though it was suspended since: leaving is always possible."""
    store = store_named(handle)
    follows = Follow.objects.filter(user=user, store=store).exists()
    return store if follows else visible_store(handle=handle, viewer=user)


def following(*, user: User, before: int | None, limit: int) -> tuple[list[Follow], int | None]:
    """A person's follows of approved stores, the latest first, and the id to go on before (None: the end)."""
    rows = Follow.objects.filter(user=user, store__status=StoreStatus.APPROVED).select_related("store").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    page = list(rows[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def miscounted_stores(*, after: int, limit: int) -> tuple[list[int], int | None]:
    """Among the next `limit` stores by id, those whose counter is not the count; and the last id looked at."""
    ids = list(Store.objects.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:limit])
    counted = Follow.objects.filter(store=OuterRef("pk")).order_by().values("store").annotate(n=Count("*")).values("n")
    wrong = (
        Store.objects.filter(id__in=ids)
        .annotate(counted=Coalesce(Subquery(counted), 0))
        .exclude(follower_count=F("counted"))
        .order_by("id")
        .values_list("id", flat=True)
    )
    return list(wrong), ids[-1] if ids else None
