"""Draws the demo's pictures and takes them in as uploads are: through the service and the pipeline's own job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from posts.media import paint
from posts.models import Media, MediaPurpose, MediaStatus
from posts.services.media import upload_avatar, upload_for_store
from posts.services.processing import process_media
from stores.models import Store

WIDTH = 960
FACE, SIGN = 192, 320
COVER_SEED = 1_000


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture to be drawn for a store (None: a face for `by`); alt texts are unique in a store."""

    by: User
    store: Store | None
    purpose: MediaPurpose
    draw: Callable[[], bytes]
    alt: str = ""


def face(*, user: User) -> Drawing:
    """Somebody's avatar."""
    return Drawing(user, None, MediaPurpose.USER_AVATAR, lambda: paint.portrait(seed=user.pk, size=FACE))


def sign(*, store: Store, by: User, scene: str) -> Drawing:
    """A store's avatar."""
    return Drawing(by, store, MediaPurpose.STORE_AVATAR, lambda: paint.avatar(scene=scene, seed=1, size=SIGN))


def cover(*, store: Store, by: User, scene: str, width: int) -> Drawing:
    """A store's cover: the wide view of its trade."""
    return Drawing(by, store, MediaPurpose.STORE_COVER, lambda: _scene(scene, COVER_SEED, width, width * 9 // 16))


def photo(*, store: Store, by: User, scene: str, seed: int, alt: str, width: int) -> Drawing:
    """A picture in a post."""
    return Drawing(by, store, MediaPurpose.POST, lambda: _scene(scene, seed, width, width * 3 // 4), alt)


def _scene(scene: str, seed: int, width: int, height: int) -> bytes:
    return paint.picture(scene=scene, seed=seed, width=width, height=height)


def take_in(drawing: Drawing) -> int:
    """Draws a picture and processes it; its media id. One of an earlier run is not drawn again."""
    media = _known(drawing) or _upload(drawing)
    process_media(media_id=media.pk)
    return media.pk


def _known(drawing: Drawing) -> Media | None:
    rows = Media.objects.filter(store=drawing.store, purpose=drawing.purpose, alt=drawing.alt, by=drawing.by)
    return rows.exclude(status=MediaStatus.REJECTED).first()


def _upload(drawing: Drawing) -> Media:
    data = drawing.draw()
    if drawing.store is None:
        return upload_avatar(user=drawing.by, data=data)
    return upload_for_store(user=drawing.by, store=drawing.store, data=data, purpose=drawing.purpose, alt=drawing.alt)
