"""Comments with one level of replies, reports about them, and what moderators did."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from posts.models import Post
from stores.models import Order


class CommentStatus(models.TextChoices):
    """Held ones wait for a moderator; hidden and deleted ones are gone for others."""

    VISIBLE = "visible", _("visible")
    HELD = "held", _("held")
    HIDDEN = "hidden", _("hidden")
    DELETED = "deleted", _("deleted")


class Comment(models.Model):
    """What a buyer or the store wrote under a post. `proof` is the buyer's badge as it was then: {since, product}."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    text = models.CharField(max_length=1_000)
    text_hash = models.BinaryField(max_length=16)
    status = models.CharField(max_length=8, choices=CommentStatus.choices, default=CommentStatus.VISIBLE)
    by_store = models.BooleanField(default=False)
    proof = models.JSONField(null=True, blank=True)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    edited_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["post", "parent", "-id"], name="comment_page"),
            models.Index(fields=["-id"], condition=models.Q(status="held"), name="comment_held"),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class ReportReason(models.TextChoices):
    """Why somebody reports a comment."""

    SPAM = "spam", _("spam")
    ABUSE = "abuse", _("abuse")
    FALSE = "false", _("false claims")
    PRIVATE = "private", _("private data")
    OTHER = "other", _("other")


class CommentReport(models.Model):
    """One person reports one comment."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=8, choices=ReportReason.choices)
    text = models.CharField(max_length=500, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "by"], name="one_report_per_person")]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.reason}"


class ModerationAction(models.Model):
    """Who changed a comment's visibility, and from what to what; kept for good."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="moderation")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    before = models.CharField(max_length=8, choices=CommentStatus.choices)
    after = models.CharField(max_length=8, choices=CommentStatus.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.before} -> {self.after}"
