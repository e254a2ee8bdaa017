"""Uploaded pictures and what the pipeline made of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Store


class MediaStatus(models.TextChoices):
    """Where a picture stands."""

    PROCESSING = "processing", _("processing")
    READY = "ready", _("ready")
    REJECTED = "rejected", _("rejected")


class MediaPurpose(models.TextChoices):
    """What a picture is for; avatars and covers are put in place when ready."""

    POST = "post", _("post")
    STORE_AVATAR = "store_avatar", _("store avatar")
    STORE_COVER = "store_cover", _("store cover")
    USER_AVATAR = "user_avatar", _("profile avatar")


class Media(models.Model):
    """A picture. The upload is deleted once the variants are written; `picture` has core.pictures' form."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="media")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=MediaPurpose.choices, default=MediaPurpose.POST)
    status = models.CharField(max_length=10, choices=MediaStatus.choices, default=MediaStatus.PROCESSING)
    reason = models.CharField(max_length=40, blank=True)
    upload = models.CharField(max_length=200, blank=True)
    alt = models.CharField(max_length=300, blank=True)
    picture = models.JSONField(null=True, blank=True)
    # Decodings begun that never came back: their worker died, or its memory ran out.
    lost_decodings = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "media"

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"
