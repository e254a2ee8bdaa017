"""Which stores a person may see, how they are found, and what one viewer has to do with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from accounts.models import User
from core.api import etag_of
from core.problems import Forbidden, NotFound
from stores.models import Category, Follow, NotifyLevel, Review, Role, Staff, Store, StoreStatus
from stores.roles import Action, require

# What staff edit; a version of it is what If-Match speaks of. Followers and other derived numbers are no part of it.
PROFILE_FIELDS = (
    "name", "category", "about", "city", "language", "time_zone", "avatar", "cover", "verified", "status",
    "buyers_within_days", "hold_first_comments",
)  # fmt: skip
MAX_WORDS = 5
# As in the database's constraint. What does not fit is never asked for.
HANDLE = re.compile("[a-z0-9_]{3,30}")

Position = tuple[int, int, int]  # how well it fits (0 best), followers, id


class StoreSuspended(Forbidden):
    """This store is suspended: what is there stays, and nobody can write or change anything."""

    code = "store_suspended"


class StoreNotApproved(Forbidden):
    """This store is not approved: it can do this once it is."""

    code = "store_not_approved"


@dataclass(frozen=True, slots=True)
class StoreViewer:
    """What one person has to do with one store. `inside`: may see what is not public (staff, platform staff)."""

    following: bool = False
    muted: bool = False
    notify: NotifyLevel | None = None
    role: Role | None = None
    inside: bool = False


def store_named(handle: str) -> Store:
    """The store with this handle in whatever status, in any case; raises NotFound. Ask visible_store for a person."""
    handle = handle.lower()
    store = Store.objects.filter(handle=handle).first() if HANDLE.fullmatch(handle) else None
    if store is None:
        raise NotFound
    return store


def visible_store(*, handle: str, viewer: User | None) -> Store:
    """An approved store; its staff and platform staff see it in any status. Raises NotFound for everybody else."""
    store = store_named(handle)
    if store.status != StoreStatus.APPROVED and not _sees_inside(store=store, viewer=viewer):
        raise NotFound
    return store


def _sees_inside(*, store: Store, viewer: User | None) -> bool:
    return viewer is not None and (viewer.is_staff or Staff.objects.filter(store=store, user=viewer).exists())


def require_not_suspended(store: Store) -> None:
    """Raises StoreSuspended. For what an applicant may do as well: the own profile, the own staff list."""
    if store.status == StoreStatus.SUSPENDED:
        raise StoreSuspended


def require_open(store: Store) -> None:
    """Raises StoreSuspended or StoreNotApproved; before everything that reaches other people."""
    require_not_suspended(store)
    if store.status != StoreStatus.APPROVED:
        raise StoreNotApproved


def profile_version(store: Store) -> str:
    """Names the present state of what staff can edit."""
    return etag_of(store.pk, *(getattr(store, field) for field in PROFILE_FIELDS), weak=False).strip('"')


def viewed_by(viewer: User | None, stores: Sequence[Store]) -> dict[int, StoreViewer]:
    """What a person has to do with each of these stores, by store id; empty for nobody. Two statements."""
    if viewer is None:
        return {}
    ids = [store.pk for store in stores]
    follows = {follow.store_id: follow for follow in Follow.objects.filter(user=viewer, store_id__in=ids)}
    staff = Staff.objects.filter(user=viewer, store_id__in=ids).values_list("store_id", "role")
    roles = {store_id: Role(role) for store_id, role in staff}
    return {pk: _viewer(follows.get(pk), roles.get(pk), platform=viewer.is_staff) for pk in ids}


def _viewer(follow: Follow | None, role: Role | None, *, platform: bool) -> StoreViewer:
    return StoreViewer(
        following=follow is not None,
        muted=follow is not None and follow.muted,
        notify=NotifyLevel(follow.notify) if follow is not None else None,
        role=role,
        inside=platform or role is not None,
    )


def find_stores(
    *, text: str = "", category: Category | None = None, after: Position | None = None, limit: int
) -> tuple[list[Store], Position | None]:
    """Approved stores, the best fit and then the most followed first, and the position to go on from (None: the end).

    Every word of `text` (the first five) must occur in the handle, name or description, anywhere in it and in any case:
    that finds Chinese, which has no blanks between words. A store whose followers change between two pages may be met
    twice or missed: the list is for looking around.
    """
    found = Store.objects.filter(status=StoreStatus.APPROVED)
    if category is not None:
        found = found.filter(category=category)
    for word in text.split()[:MAX_WORDS]:
        found = found.filter(Q(handle__icontains=word) | Q(name__icontains=word) | Q(about__icontains=word))
    if text:
        found = found.annotate(fit=_fit(text)).order_by("fit", "-follower_count", "-id")
    else:
        found = found.order_by("-follower_count", "-id")
    if after is not None:
        found = _after(found, after, by_fit=bool(text))
    rows = list(found[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], (getattr(last, "fit", 0), last.follower_count, last.pk)


def _fit(text: str) -> Case:
    """0 the very handle or name, 1 it begins so, 2 it contains that, 3 only the description does."""
    return Case(
        When(Q(handle__iexact=text) | Q(name__iexact=text), then=Value(0)),
        When(Q(handle__istartswith=text) | Q(name__istartswith=text), then=Value(1)),
        When(Q(handle__icontains=text) | Q(name__icontains=text), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )


def _after(found: QuerySet[Store], position: Position, *, by_fit: bool) -> QuerySet[Store]:
    fit, followers, pk = position
    beyond = Q(follower_count__lt=followers) | Q(follower_count=followers, id__lt=pk)
    if by_fit:
        return found.filter(Q(fit__gt=fit) | (Q(fit=fit) & beyond))
    # The first condition says nothing new, but it is one that the index can start from.
    return found.filter(follower_count__lte=followers).filter(beyond)


def reviews_of(*, by: User, store: Store, before: int | None, limit: int) -> tuple[list[Review], int | None]:
    """The platform's decisions about a store, newest first, and the id to go on before (None: the end).

    For platform staff and owners; raises NotStaff.
    """
    if not by.is_staff:
        require(user=by, store=store, action=Action.SETTINGS)
    rows = Review.objects.filter(store=store).select_related("by").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    page = list(rows[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def staff_of(*, by: User, store: Store) -> list[Staff]:
    """Everybody with a role in a store, owners first, then by time. For owners; raises NotStaff."""
    require(user=by, store=store, action=Action.STAFF)
    order = {role: number for number, role in enumerate(Role)}
    return sorted(
        Staff.objects.filter(store=store).select_related("user"), key=lambda staff: (order[Role(staff.role)], staff.pk)
    )
