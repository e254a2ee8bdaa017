"""Posts, their pictures in order, and the products they show."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from posts.models.media import Media
from stores.models import Store


class PostKind(models.TextChoices):
    """How a post is told."""

    UPDATE = "update", _("update")
    MAGAZINE = "magazine", _("magazine")
    VIDEO = "video", _("video")
    ACTIVITY = "activity", _("activity")


class PostStatus(models.TextChoices):
    """Life of a post. Deleted rows stay, so that jobs and cursors that name them find an answer."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    PUBLISHED = "published", _("published")
    DELETED = "deleted", _("deleted")


class CommentPolicy(models.TextChoices):
    """Who may comment under a post."""

    BUYERS = "buyers", _("buyers")
    NOBODY = "nobody", _("nobody")


class Post(models.Model):
    """What a store says. Has a feed id from publishing on; only published posts of approved stores are seen."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="posts", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=PostKind.choices, default=PostKind.UPDATE)
    title = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True, max_length=5_000)
    status = models.CharField(max_length=10, choices=PostStatus.choices, default=PostStatus.DRAFT)
    comment_policy = models.CharField(max_length=8, choices=CommentPolicy.choices, default=CommentPolicy.BUYERS)
    publish_at = models.DateTimeField(null=True, blank=True)
    # Why a scheduled post went back to draft instead of out: the code of the problem that stopped it.
    publish_problem = models.CharField(max_length=40, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    feed_id = models.BigIntegerField(null=True, blank=True, unique=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    # Counts up with each change: the strong ETag, and what keeps an old card from overwriting a new one.
    version = models.PositiveIntegerField(default=1)
    # Fan-out: how many followers there were, how many of them are done, how many inboxes took the post, and when the
    # last follower was done.
    followers = models.PositiveBigIntegerField(default=0)
    covered = models.PositiveBigIntegerField(default=0)
    reached = models.PositiveBigIntegerField(default=0)
    fanned_out_at = models.DateTimeField(null=True, blank=True)
    # Not written into inboxes: its followers read it from the store's outbox.
    pulled = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="published") | models.Q(feed_id__isnull=False, published_at__isnull=False),
                name="published_has_feed_id",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="scheduled") | models.Q(publish_at__isnull=False), name="scheduled_has_time"
            ),
        ]
        indexes = [
            # A store's own latest, and the store page.
            models.Index(
                "store", models.F("feed_id").desc(), condition=models.Q(status="published"), name="post_outbox"
            ),
            # The recency index: what is newest among many followed stores.
            models.Index(
                models.F("feed_id").desc(),
                condition=models.Q(status="published"),
                include=["store"],
                name="post_recency",
            ),
            models.Index(fields=["publish_at"], condition=models.Q(status="scheduled"), name="post_due"),
            models.Index(fields=["store", "status", "-id"], name="post_console"),
        ]

    def __str__(self) -> str:
        return self.title or self.text[:40]


class PostMedia(models.Model):
    """A picture in a post, at its place."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="media_places")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="places")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["post", "position"], name="one_media_per_place"),
            models.UniqueConstraint(fields=["post", "media"], name="media_once_per_post"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}:{self.position}"


class PostProduct(models.Model):
    """A product that a post shows. The price is the merchant's word at that time."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="products")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=500)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    image = models.URLField(max_length=500, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["post", "position"], name="one_product_per_place")]

    def __str__(self) -> str:
        return self.title
