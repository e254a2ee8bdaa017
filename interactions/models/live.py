"""Live rooms: the room, its questions and votes, and the lasting log of its events."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from posts.models import Media, Post
from stores.models import Store


class RoomStatus(models.TextChoices):
    """Life of a room."""

    SCHEDULED = "scheduled", _("scheduled")
    LIVE = "live", _("live")
    ENDED = "ended", _("ended")


class AskPolicy(models.TextChoices):
    """Who may ask."""

    BUYERS = "buyers", _("buyers")
    FOLLOWERS = "followers", _("followers")
    EVERYONE = "everyone", _("everyone")


class LiveRoom(models.Model):
    """A merchant's live Q&A."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="rooms")
    # Null once the account is gone: the room is the store's, and stays.
    host = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=120)
    cover = models.ForeignKey(Media, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=10, choices=RoomStatus.choices, default=RoomStatus.SCHEDULED)
    ask_policy = models.CharField(max_length=10, choices=AskPolicy.choices, default=AskPolicy.BUYERS)
    slow_mode_s = models.PositiveSmallIntegerField(default=10)
    premoderate = models.BooleanField(default=False)
    likes = models.PositiveBigIntegerField(default=0)
    peak_viewers = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    recap = models.OneToOneField(Post, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(slow_mode_s__lte=120), name="slow_mode_at_most_120"),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="room_of_store"),
            # Few rooms are live at a time, and each web process asks which, again and again.
            models.Index(fields=["started_at"], name="room_live_now", condition=models.Q(status="live")),
        ]

    def __str__(self) -> str:
        return self.title


class RoomProduct(models.Model):
    """A product on the room's table."""

    room = models.ForeignKey(LiveRoom, on_delete=models.CASCADE, related_name="products")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=500)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    image = models.URLField(max_length=500, blank=True)
    featured = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["room", "position"], name="one_room_product_per_place"),
            models.UniqueConstraint(fields=["room"], condition=models.Q(featured=True), name="one_featured_product"),
        ]

    def __str__(self) -> str:
        return self.title


class QuestionStatus(models.TextChoices):
    """Where a question stands."""

    WAITING = "waiting", _("waiting")
    HELD = "held", _("held")
    ANSWERED = "answered", _("answered")
    HIDDEN = "hidden", _("hidden")


# What everybody is shown.
SHOWN = (QuestionStatus.WAITING, QuestionStatus.ANSWERED)


class Question(models.Model):
    """A question in a room. `client_id` makes asking idempotent."""

    room = models.ForeignKey(LiveRoom, on_delete=models.CASCADE, related_name="questions", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client_id = models.CharField(max_length=64)
    text = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=QuestionStatus.choices, default=QuestionStatus.WAITING)
    upvotes = models.PositiveIntegerField(default=0)
    answer = models.CharField(max_length=1_000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "author", "client_id"], name="ask_once")]
        indexes = [
            models.Index(fields=["room", "status", "-id"], name="question_page"),
            models.Index(
                fields=["room", "answered_at", "id"], name="question_replay", condition=models.Q(status="answered")
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class QuestionUpvote(models.Model):
    """One person wants one question answered."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="votes", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "user"], name="one_upvote_per_question")]
        indexes = [models.Index(fields=["user", "question"], name="upvotes_of_person")]

    def __str__(self) -> str:
        return f"{self.user_id} +{self.question_id}"


class RoomMute(models.Model):
    """A person who may not ask in a room for a while; one row each, the latest word counts."""

    room = models.ForeignKey(LiveRoom, on_delete=models.CASCADE, related_name="mutes", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="one_mute_per_person")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id} until {self.until:%H:%M:%S}"


class RoomEvent(models.Model):
    """The lasting log of a room: what happened. Redis's log is a window on it.

    Ids are in the order of commits for events about one question, and for those about the room itself. Of others, which
    are written at the same time, one with a lower id may be committed, and told, after one with a higher id.
    `question`: which one it is about, as its payload says. So what is hidden is left out of a replay by one join, and
    what was told of a question goes with it when its author's account is deleted.
    """

    room = models.ForeignKey(LiveRoom, on_delete=models.CASCADE, related_name="events", db_index=False)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, null=True, related_name="+")
    type = models.CharField(max_length=20)
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["room", "id"], name="room_log"),
            # For the look at what was written lately and may not have been told.
            models.Index(fields=["created_at"], name="room_log_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.type}"

    def save(self, *args: Any, **options: Any) -> None:
        """Takes the question from the payload."""
        self.question_id = self.question_named
        super().save(*args, **options)

    @property
    def question_named(self) -> int | None:
        """The question it is about, which rows of an older release name in the payload alone: whole, or its number."""
        told: dict[str, Any] = self.payload.get("question") or {}
        number: int | None = self.question_id or told.get("id") or self.payload.get("question_id")
        return number
