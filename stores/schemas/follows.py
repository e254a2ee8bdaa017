"""What the API says and reads about following."""

from __future__ import annotations

from datetime import datetime

from core.api import In, Out
from stores.models import Follow, FollowSource, NotifyLevel, Store
from stores.schemas.cards import StoreCard


class FollowIn(In):
    """Where one follows from; kept from the first time."""

    source: FollowSource = FollowSource.OTHER


class FollowEdit(In):
    """What is left out stays."""

    muted: bool | None = None
    notify: NotifyLevel | None = None


class FollowOut(Out):
    """How one stands to a store after following, unfollowing or muting it."""

    following: bool
    muted: bool
    notify: NotifyLevel | None
    source: FollowSource | None
    since: datetime | None
    followers: int

    @staticmethod
    def of(follow: Follow | None, *, store: Store) -> FollowOut:
        """A follow, or its absence."""
        return FollowOut(
            following=follow is not None,
            muted=follow is not None and follow.muted,
            notify=NotifyLevel(follow.notify) if follow else None,
            source=FollowSource(follow.source) if follow else None,
            since=follow.created_at if follow else None,
            followers=store.follower_count,
        )


class FollowingOut(Out):
    """A store that one follows."""

    store: StoreCard
    muted: bool
    notify: NotifyLevel
    source: FollowSource
    since: datetime

    @staticmethod
    def of(follow: Follow) -> FollowingOut:
        """A follow with its store."""
        return FollowingOut(
            store=StoreCard.of(follow.store),
            muted=follow.muted,
            notify=NotifyLevel(follow.notify),
            source=FollowSource(follow.source),
            since=follow.created_at,
        )
