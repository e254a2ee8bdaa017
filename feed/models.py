"""What the feed must not forget: how far somebody read, and what they hid."""

from django.conf import settings
from django.db import models

from posts.models import Post


class SeenMark(models.Model):
    """The newest feed id a person has seen; it only moves forward."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    feed_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.feed_id}"


class HiddenPost(models.Model):
    """A post that one person does not want to see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "post"], name="hide_once")]

    def __str__(self) -> str:
        return f"{self.user_id} hid {self.post_id}"


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

    def __str__(self) -> str:
        return f"{self.post_id} ({self.after}, {self.upto}]"
