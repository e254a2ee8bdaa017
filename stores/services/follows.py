"""Following and its opposite, and the follower counter that stays exact through both."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models import User
from core import jobs, logs
from core.problems import Conflict, NotFound
from stores.models import Follow, FollowSource, NotifyLevel, Store
from stores.selectors.stores import require_open

log = logs.get(__name__)
# Deferred by name: stores does not know how feeds are kept.
BACKFILL = "feed.backfill"


class FollowLimit(Conflict):
    """You follow as many stores as one can: unfollow some first."""

    code = "follow_limit"


class NotFollowing(NotFound):
    """You do not follow this store."""

    code = "not_following"


@transaction.atomic
def follow_store(*, user: User, store: Store, source: FollowSource = FollowSource.OTHER) -> Follow:
    """Follows a store; again changes nothing, so the first source stays.

    Raises StoreSuspended, StoreNotApproved (for staff; to others such a store does not exist), FollowLimit.
    """
    require_open(store)
    # One person's follows happen one after the other, so that the limit holds for many requests at once too.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    known = Follow.objects.filter(user=user, store=store).first()
    if known is not None:
        return known
    if Follow.objects.filter(user=user).count() >= settings.LIMITS.follows_per_person:
        raise FollowLimit
    follow = Follow.objects.create(user=user, store=store, source=source)
    jobs.defer(BACKFILL, user_id=user.pk, store_id=store.pk)
    _count(store, by=1)
    return follow


@transaction.atomic
def unfollow_store(*, user: User, store: Store) -> None:
    """Stops following; nothing happens when one does not."""
    deleted, _ = Follow.objects.filter(user=user, store=store).delete()
    if deleted:
        _count(store, by=-1)


def _count(store: Store, *, by: int) -> None:
    """Moves the counter by a follow really made or deleted; last, as all other followers wait for this row's lock.

    Not below nothing: where rows were put in past us, the sweep sets it right, and nobody is kept from leaving.
    """
    Store.objects.filter(pk=store.pk).update(follower_count=Greatest(F("follower_count") + by, 0))
    store.refresh_from_db(fields=["follower_count"])


@transaction.atomic
def change_follow(*, user: User, store: Store, muted: bool | None = None, notify: NotifyLevel | None = None) -> Follow:
    """Mutes a followed store or not, and how much it may tell; what is None stays. Raises NotFollowing."""
    follow = Follow.objects.select_for_update().filter(user=user, store=store).first()
    if follow is None:
        raise NotFollowing
    if muted is not None:
        follow.muted = muted
    if notify is not None:
        follow.notify = notify
    follow.save(update_fields=["muted", "notify"])
    return follow


@transaction.atomic
def repair_follower_count(*, store_id: int) -> int:
    """Sets the counter to the count; by how much it was wrong.

    The lock comes first: follows that are under way move the counter after us, and those before us are in the count.
    """
    store = Store.objects.select_for_update(no_key=True).filter(pk=store_id).first()
    if store is None:
        return 0
    counted = Follow.objects.filter(store=store).count()
    drift = counted - store.follower_count
    if drift:
        Store.objects.filter(pk=store_id).update(follower_count=counted)
        log.warning("store %s counted %s followers too few", store_id, drift)
    return drift
