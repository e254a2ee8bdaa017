"""From an upload to the files that are served: the shell around posts.media, for the worker."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, Final

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q

from accounts.services import set_avatar
from core import clock, logs
from posts.media.pipeline import Processed, process
from posts.media.sniff import MediaRejected
from posts.models import Media, MediaPurpose, MediaStatus
from posts.services.media import defer_processing, picture_limits
from posts.services.schedule import push_overdue
from stores.services.stores import set_picture

log = logs.get(__name__)

# A picture that took its worker's life or memory this often is not tried again.
MAX_LOST_DECODINGS: Final = 3
STUCK_AFTER: Final = timedelta(minutes=10)
UPLOADS_KEPT: Final = timedelta(days=1)
SUFFIXES: Final = {"webp": "webp", "jpeg": "jpg"}

# Each decoding may take 300 MB, so a process does few at once, however many jobs it runs.
_slots = threading.BoundedSemaphore(settings.LIMITS.media_processed_at_once)


def process_media(*, media_id: int) -> MediaStatus | None:
    """Writes a picture's variants and makes it ready, or rejects it with a reason. None when there is nothing to do."""
    media = Media.objects.filter(id=media_id, status=MediaStatus.PROCESSING).first()
    if media is None:
        return None
    try:
        processed = _decode(media)
    except MediaRejected as refusal:
        log.info("picture %s is rejected: %s %s", media_id, refusal.reason, refusal.detail)
        return _finish(media_id, status=MediaStatus.REJECTED, reason=refusal.reason)
    except FileNotFoundError:
        return _finish(media_id, status=MediaStatus.REJECTED, reason="upload_lost")
    except _KillsWorkers:
        return _finish(media_id, status=MediaStatus.REJECTED, reason="too_demanding")
    names = _write(processed)
    try:
        finished = _finish(media_id, status=MediaStatus.READY, picture=_picture(processed, names))
    except BaseException:
        _delete(names)
        raise
    if finished is None:  # another run of the same job was faster
        _delete(names)
    return finished


class _KillsWorkers(Exception):
    """Decoding this picture was begun several times and never came back."""


def _decode(media: Media) -> Processed:
    if media.lost_decodings >= MAX_LOST_DECODINGS:
        raise _KillsWorkers
    with default_storage.open(media.upload) as file:
        data = file.read()
    row = Media.objects.filter(id=media.id)
    with _slots:
        row.update(lost_decodings=F("lost_decodings") + 1)
        try:
            processed = process(data, limits=picture_limits())
        except MediaRejected:
            row.update(lost_decodings=F("lost_decodings") - 1)
            raise
        # After kill -9 or a MemoryError the row stays counted, and the job tries again.
    row.update(lost_decodings=F("lost_decodings") - 1)
    return processed


def _write(processed: Processed) -> list[str]:
    """Stores the variants under names that are never used again."""
    folder = PurePosixPath("media", clock.now().strftime("%Y/%m"), secrets.token_urlsafe(16))
    names: list[str] = []
    try:
        for variant in processed.variants:
            name = folder / f"{variant.width}.{SUFFIXES[variant.format]}"
            names.append(default_storage.save(str(name), ContentFile(variant.data)))
    except BaseException:
        _delete(names)
        raise
    return names


def _delete(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


def _picture(processed: Processed, names: list[str]) -> dict[str, Any]:
    """core.pictures' form."""
    return {
        "width": processed.width,
        "height": processed.height,
        "blurhash": processed.blurhash,
        "variants": [
            {"name": name, "width": variant.width, "height": variant.height, "format": variant.format}
            for name, variant in zip(names, processed.variants, strict=True)
        ],
    }


def _finish(
    media_id: int, *, status: MediaStatus, reason: str = "", picture: dict[str, Any] | None = None
) -> MediaStatus | None:
    """Says how processing ended and forgets the upload; None when it had ended already."""
    with transaction.atomic():
        rows = Media.objects.select_for_update(no_key=True)
        media = rows.filter(id=media_id, status=MediaStatus.PROCESSING).first()
        if media is None:
            return None
        upload, media.upload = media.upload, ""
        media.status, media.reason, media.picture = status, reason, picture
        media.save(update_fields=["upload", "status", "reason", "picture"])
        if media.purpose == MediaPurpose.POST:
            push_overdue(media_id=media.id)
        elif picture is not None:
            _put_in_place(media, picture | {"alt": media.alt})
    default_storage.delete(upload)
    return status


def _put_in_place(media: Media, picture: dict[str, Any]) -> None:
    """Shows an avatar or a cover, unless a later upload for the same place is shown already."""
    later = Media.objects.filter(purpose=media.purpose, status=MediaStatus.READY, id__gt=media.id)
    if later.filter(Q(store=media.store) if media.store else Q(by=media.by)).exists():
        return
    if media.store_id is None:
        set_avatar(user_id=media.by_id, picture=picture)
    elif media.purpose == MediaPurpose.STORE_AVATAR:
        set_picture(store_id=media.store_id, field="avatar", picture=picture)
    else:
        set_picture(store_id=media.store_id, field="cover", picture=picture)


def push_stuck() -> int:
    """Defers pictures that have been processing for long, in case their job gave up; how many."""
    stuck = Media.objects.filter(status=MediaStatus.PROCESSING, created_at__lt=clock.now() - STUCK_AFTER)
    found = list(stuck.order_by("id")[:1_000])
    for media in found:
        defer_processing(media)
    return len(found)


def forget_uploads() -> int:
    """Deletes old uploads that no picture waits for (a transaction rolled back, a worker died); how many."""
    try:
        _, names = default_storage.listdir("uploads")
    except FileNotFoundError:
        return 0
    waiting = set(Media.objects.exclude(upload="").values_list("upload", flat=True))
    edge = clock.now() - UPLOADS_KEPT
    old = [
        path
        for path in (f"uploads/{name}" for name in names)
        if path not in waiting and default_storage.get_modified_time(path) < edge
    ]
    _delete(old)
    return len(old)
