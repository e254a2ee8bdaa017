"""What changes a store itself: applying, the profile, its pictures, the platform's mark."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, TypedDict

from django.db import IntegrityError, transaction

from accounts.models import Language, User
from core import clock, jobs, limits
from core.problems import Conflict, Invalid, PreconditionFailed
from stores.models import Category, Role, Staff, Store
from stores.roles import Action, require
from stores.selectors.stores import profile_version, require_not_suspended

# Deferred by name: stores does not know who shows stores on cards.
REFRESH_CARDS = "feed.refresh_store_cards"
# Names that would pass for the platform's own, and words that its addresses may need beside handles.
_RESERVED = """
about account accounts admin administrator all api app apply apps assets auth backyard blog categories category
comments console contact demo docs explore feed feeds follow followers following healthz help home inbox instance jobs
legal likes live login logout mail me media merchant merchants metrics moderator new news null official order orders
password platform policy posts press privacy profile purchases readyz report reports reviews room rooms root rules
search security session sessions settings share shop shops signin signout signup staff static status store stores
support system team terms test trending undefined user users verified verify webhooks www
"""
RESERVED_HANDLES = frozenset(_RESERVED.split())


class HandleTaken(Conflict):
    """Another store has this handle."""

    code = "handle_taken"


class HandleReserved(Invalid):
    """This handle is kept for the platform: choose another."""

    code = "handle_reserved"


class ProfileChanges(TypedDict, total=False):
    """What a profile edit may carry; what is left out stays."""

    name: str
    category: Category
    about: str
    city: str
    language: Language
    time_zone: str
    buyers_within_days: int | None
    hold_first_comments: bool


def apply_for_store(
    *,
    user: User,
    handle: str,
    name: str,
    category: Category = Category.OTHER,
    about: str = "",
    city: str = "",
    language: Language | None = None,
    time_zone: str = "UTC",
    application: str = "",
) -> Store:
    """A new store that waits for review, owned by whoever applies. Raises HandleReserved, HandleTaken, RateLimited."""
    if handle in RESERVED_HANDLES:
        error = {"field": "handle", "code": "reserved", "message": HandleReserved.message()}
        raise HandleReserved(errors=[error])
    if Store.objects.filter(handle=handle).exists():
        raise HandleTaken
    # Counted here, so that nobody uses up the day by looking for a free handle.
    limits.spend("applications", user.pk)
    try:
        with transaction.atomic():
            store = Store.objects.create(
                handle=handle,
                name=name,
                category=category,
                about=about,
                city=city,
                language=language or user.language,
                time_zone=time_zone,
                application=application,
            )
            Staff.objects.create(store=store, user=user, role=Role.OWNER)
    except IntegrityError as error:
        if Store.objects.filter(handle=handle).exists():
            raise HandleTaken from error
        raise
    return store


@transaction.atomic
def update_profile(
    *, by: User, store: Store, changes: ProfileChanges, if_versions: Collection[str] | None = None
) -> Store:
    """Changes what is given. `if_versions`: only if the profile still is one of these (selectors.profile_version).

    Raises NotStaff, StoreSuspended, PreconditionFailed.
    """
    require(user=by, store=store, action=Action.SETTINGS)
    store = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    require_not_suspended(store)
    if if_versions is not None and profile_version(store) not in if_versions:
        raise PreconditionFailed
    if not changes:
        return store
    renamed = changes.get("name", store.name) != store.name
    for field, value in changes.items():
        setattr(store, field, value)
    store.save(update_fields=[*changes, "updated_at"])
    if renamed:
        jobs.defer(REFRESH_CARDS, store_id=store.pk)
    return store


@transaction.atomic
def set_picture(*, store_id: int, field: Literal["avatar", "cover"], picture: dict[str, Any] | None) -> None:
    """Puts a processed picture (core.pictures' form) on a store. Nothing happens when the store is gone."""
    changed = Store.objects.filter(id=store_id).update(**{field: picture, "updated_at": clock.now()})
    if changed and field == "avatar":
        jobs.defer(REFRESH_CARDS, store_id=store_id)


@transaction.atomic
def set_verified(*, store: Store, verified: bool) -> None:
    """The platform checked who runs this store, or takes that back. For platform staff's pages."""
    Store.objects.filter(pk=store.pk).update(verified=verified, updated_at=clock.now())
    jobs.defer(REFRESH_CARDS, store_id=store.pk)
