"""What the API says and reads about stores themselves."""

from __future__ import annotations

import functools
import zoneinfo
from datetime import datetime
from typing import Annotated, cast

from django.conf import settings
from pydantic import AfterValidator, Field, StringConstraints

from accounts.models import Language
from core.api import In, Out, PageQuery
from core.pictures import picture_url
from core.text import FilledLine, OneLine, PlainText
from stores.models import Category, NotifyLevel, Role, Store, StoreStatus
from stores.schemas.cards import PictureOut
from stores.selectors.stores import StoreViewer
from stores.services.stores import ProfileChanges

LIMITS = settings.LIMITS


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _known_time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("is no time zone: use an IANA name such as Asia/Shanghai")
    return name


Handle = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{3,30}$")]
StoreName = Annotated[FilledLine, StringConstraints(max_length=LIMITS.store_name_chars)]
About = Annotated[PlainText, StringConstraints(max_length=LIMITS.store_about_chars)]
City = Annotated[OneLine, StringConstraints(max_length=LIMITS.store_city_chars)]
TimeZone = Annotated[str, AfterValidator(_known_time_zone), Field(examples=["Asia/Shanghai"])]
Application = Annotated[PlainText, StringConstraints(max_length=LIMITS.store_application_chars)]
BuyersWithin = Annotated[int, Field(ge=1, le=3_650)]


class StoreViewerOut(Out):
    """What the person who asks has to do with the store."""

    following: bool
    muted: bool
    notify: NotifyLevel | None = Field(description="null when not following")
    role: Role | None = Field(description="one's role among the store's staff")

    @staticmethod
    def of(viewer: StoreViewer) -> StoreViewerOut:
        """As the selector found it."""
        return StoreViewerOut(following=viewer.following, muted=viewer.muted, notify=viewer.notify, role=viewer.role)


class StoreSettingsOut(Out):
    """What only staff see."""

    time_zone: str
    buyers_within_days: int | None = Field(description="comments need a purchase within so many days; null: ever")
    hold_first_comments: bool
    application: str


class StoreOut(Out):
    """A store; `viewer` is null for nobody, `status` and `settings` for who is not staff."""

    handle: str
    name: str
    category: Category
    about: str
    city: str
    language: str
    avatar: str | None
    cover: PictureOut | None
    verified: bool
    followers: int
    created_at: datetime
    viewer: StoreViewerOut | None
    status: StoreStatus | None
    settings: StoreSettingsOut | None

    @staticmethod
    def of(store: Store, viewer: StoreViewer | None) -> StoreOut:
        """The store as one viewer may see it."""
        inside = viewer is not None and viewer.inside
        return StoreOut(
            handle=store.handle,
            name=store.name,
            category=Category(store.category),
            about=store.about,
            city=store.city,
            language=store.language,
            avatar=picture_url(store.avatar),
            cover=PictureOut.of(store.cover),
            verified=store.verified,
            followers=store.follower_count,
            created_at=store.created_at,
            viewer=StoreViewerOut.of(viewer) if viewer else None,
            status=StoreStatus(store.status) if inside else None,
            settings=_settings_of(store) if inside else None,
        )


def _settings_of(store: Store) -> StoreSettingsOut:
    return StoreSettingsOut(
        time_zone=store.time_zone,
        buyers_within_days=store.buyers_within_days,
        hold_first_comments=store.hold_first_comments,
        application=store.application,
    )


class StoreIn(In):
    """An application. The handle stays for good."""

    handle: Handle
    name: StoreName
    category: Category = Category.OTHER
    about: About = ""
    city: City = ""
    language: Language | None = Field(default=None, description="one's own when left out")
    time_zone: TimeZone = "UTC"
    application: Application = Field(default="", description="a word to the platform's staff")


class StoreEdit(In):
    """What the owner may change; what is left out, or null where null says nothing, stays."""

    name: StoreName | None = None
    category: Category | None = None
    about: About | None = None
    city: City | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    buyers_within_days: BuyersWithin | None = Field(default=None, description="null: a purchase of any age will do")
    hold_first_comments: bool | None = None

    def changes(self) -> ProfileChanges:
        """The fields that were sent and say something."""
        sent = self.dict(exclude_unset=True)
        said = {field: value for field, value in sent.items() if value is not None or field == "buyers_within_days"}
        return cast(ProfileChanges, said)


class StoreQuery(PageQuery):
    """`?q=&category=` of finding stores."""

    q: Annotated[OneLine, StringConstraints(max_length=LIMITS.search_chars)] = ""
    category: Category | None = None
