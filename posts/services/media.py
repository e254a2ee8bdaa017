"""Taking pictures in: who may upload what, the look at the header, the upload's place, the job."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F

from accounts.models import User
from core import jobs, limits
from posts import selectors
from posts.media.sniff import Limits, MediaRejected, inspect
from posts.models import Media, MediaPurpose, Post, PostStatus
from posts.problems import PictureRefused
from stores import roles
from stores.models import Store
from stores.roles import Action
from stores.selectors.stores import require_not_suspended, require_open

PROCESS = "posts.process_media"
REFRESH_CARD = "feed.refresh_card"

Precondition = Callable[[Media], None]


def any_version(media: Media) -> None:
    """The precondition of who does not mind what others changed meanwhile."""


def picture_limits() -> Limits:
    """How big a picture may be on this installation."""
    return Limits(max_bytes=settings.LIMITS.media_bytes, max_pixels=settings.LIMITS.media_pixels)


def upload_for_store(
    *, user: User, store: Store, data: bytes, purpose: MediaPurpose = MediaPurpose.POST, alt: str = ""
) -> Media:
    """A picture for a store's posts, or its avatar or cover, which an applicant may have too; a job does the rest.

    Raises NotStaff, StoreSuspended, StoreNotApproved, RateLimited or PictureRefused.
    """
    if purpose == MediaPurpose.POST:
        roles.require(user=user, store=store, action=Action.POST)
        require_open(store)
    else:
        roles.require(user=user, store=store, action=Action.SETTINGS)
        require_not_suspended(store)
    return _take_in(user=user, store=store, data=data, purpose=purpose, alt=alt)


def upload_avatar(*, user: User, data: bytes) -> Media:
    """A picture of oneself; a job puts it on the profile. Raises RateLimited or PictureRefused."""
    return _take_in(user=user, store=None, data=data, purpose=MediaPurpose.USER_AVATAR, alt="")


def _take_in(*, user: User, store: Store | None, data: bytes, purpose: MediaPurpose, alt: str) -> Media:
    limits.spend("uploads", user.id)
    try:
        inspect(data, picture_limits())
    except MediaRejected as refusal:
        raise PictureRefused.because(refusal) from refusal
    # The job may start as soon as the row is there, so the file comes first. What a rollback further out leaves behind
    # is found by `processing.forget_uploads`.
    name = default_storage.save(f"uploads/{secrets.token_urlsafe(24)}", ContentFile(data))
    try:
        return _record(user=user, store=store, purpose=purpose, alt=alt, upload=name)
    except BaseException:
        default_storage.delete(name)
        raise


@transaction.atomic
def _record(*, user: User, store: Store | None, purpose: MediaPurpose, alt: str, upload: str) -> Media:
    media = Media.objects.create(by=user, store=store, purpose=purpose, alt=alt, upload=upload)
    defer_processing(media)
    return media


def defer_processing(media: Media) -> None:
    """Puts a picture into the queue, unless it waits there. Two for the same place come one after the other."""
    place = None if media.purpose == MediaPurpose.POST else f"{media.purpose}:{media.store_id or media.by_id}"
    jobs.defer(PROCESS, once=f"{PROCESS}:{media.id}", one_at_a_time=place, media_id=media.id)


@transaction.atomic
def describe_media(*, user: User, media_id: int, alt: str, precondition: Precondition = any_version) -> Media:
    """Changes what a picture is said to show. Raises NotFound, NotStaff, StoreSuspended or PreconditionFailed."""
    media = selectors.visible_media(media_id=media_id, viewer=user)
    if media.store is not None:
        roles.require(user=user, store=media.store, action=Action.POST)
        require_not_suspended(media.store)
    Media.objects.select_for_update(no_key=True).get(id=media.id)
    media.refresh_from_db()
    precondition(media)
    if media.alt != alt:
        media.alt = alt
        media.save(update_fields=["alt"])
        _renew_cards(media)
    return media


def _renew_cards(media: Media) -> None:
    shown = Post.objects.filter(media_places__media=media, status=PostStatus.PUBLISHED).values_list("id", flat=True)
    for post_id in list(shown):
        Post.objects.filter(id=post_id).update(version=F("version") + 1)
        jobs.defer(REFRESH_CARD, post_id=post_id)
