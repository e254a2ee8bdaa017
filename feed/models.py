"""What the feed must not forget: how far somebody read, and what they hid."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from posts.models import Post
from stores.models import Store


class SeenMark(models.Model):
    """The newest feed id a person has seen; it only moves forward."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    feed_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.feed_id}"


class HiddenPost(models.Model):
    """A post that one person does not want to see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Without an index of its own: PostgreSQL would look through all who hid a post for one of them.
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "post"], name="hide_once")]

    def __str__(self) -> str:
        return f"{self.user_id} hid {self.post_id}"


class Mode(models.TextChoices):
    """How a store's posts reach its followers."""

    PUSH = "push", _("push: written into inboxes")
    TO_PULL = "to_pull", _("on the way to pull: both")
    PULL = "pull", _("pull: merged when read")


class StoreDelivery(models.Model):
    """The mode of a store that is, or once was, not a push store. Changed through feed.modes only."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="delivery")
    mode = models.CharField(max_length=7, choices=Mode.choices, default=Mode.PUSH)
    # Chosen by staff: the number of followers then has no say.
    by_hand = models.BooleanField(default=False)
    # Counts up, so that jobs of an overtaken switch stop.
    switch = models.PositiveIntegerField(default=0)
    # On the way to pull: followers up to this id have the marker.
    marked_upto = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "store deliveries"
        indexes = [
            models.Index(fields=["store"], condition=~models.Q(mode="push"), name="pull_stores"),
        ]

    def __str__(self) -> str:
        return f"{self.store} {self.mode}"


class FanOutRange(models.Model):
    """One job's share of a post's followers: those with after < id <= upto. Done once, however often the job runs."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="fan_out_ranges")
    after = models.BigIntegerField()
    upto = models.BigIntegerField()
    followers = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "after"], name="one_range_per_start")]
        # Unfinished ones, those done since a time, and old ones.
        indexes = [models.Index(fields=["done_at"], name="range_done")]

    def __str__(self) -> str:
        return f"{self.post_id} ({self.after}, {self.upto}]"


class RedisBeat(models.Model):
    """The last beat, which Redis must still know (feed.recovery). One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_beat")]

    def __str__(self) -> str:
        return f"{self.at}"
