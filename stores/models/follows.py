"""Who follows which store."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models.stores import Store


class FollowSource(models.TextChoices):
    """Where a follow came from; merchants see it in their audience."""

    STORE_PAGE = "store_page", _("store page")
    FEED = "feed", _("feed")
    SEARCH = "search", _("search")
    SHARE = "share", _("share link")
    QR = "qr", _("QR code")
    ORDER = "order", _("order")
    LIVE = "live", _("live room")
    IMPORT = "import", _("import")
    OTHER = "other", _("other")


class NotifyLevel(models.TextChoices):
    """What a follower is told beyond the feed."""

    NONE = "none", _("nothing")
    LIVE = "live", _("live rooms")
    ALL = "all", _("everything")


class Follow(models.Model):
    """One person follows one store. Fan-out reads (store, user), the reader's side (user, store)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="follows", db_index=False)
    source = models.CharField(max_length=12, choices=FollowSource.choices, default=FollowSource.OTHER)
    muted = models.BooleanField(default=False)
    notify = models.CharField(max_length=5, choices=NotifyLevel.choices, default=NotifyLevel.LIVE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "store"], name="one_follow_per_store")]
        indexes = [models.Index(fields=["store", "user"], name="follow_fan_out")]

    def __str__(self) -> str:
        return f"{self.user_id} -> {self.store_id}"
