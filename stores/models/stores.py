"""Stores, the people who run them, and the platform's decisions about them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class StoreStatus(models.TextChoices):
    """Only an approved store reaches anybody."""

    APPLIED = "applied", _("applied")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    SUSPENDED = "suspended", _("suspended")


class Category(models.TextChoices):
    """Trades, for finding stores."""

    FOOD = "food", _("food")
    DRINKS = "drinks", _("tea and coffee")
    HOME = "home", _("home and crafts")
    BOOKS = "books", _("books and paper")
    PLANTS = "plants", _("plants and flowers")
    FASHION = "fashion", _("clothing")
    SPORTS = "sports", _("sports and outdoors")
    ELECTRONICS = "electronics", _("electronics and cameras")
    BEAUTY = "beauty", _("beauty")
    KIDS = "kids", _("children")
    OTHER = "other", _("other")


class Store(models.Model):
    """A merchant's account: what shoppers follow."""

    handle = models.CharField(_("handle"), max_length=30)
    name = models.CharField(_("name"), max_length=80)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices, default=Category.OTHER)
    about = models.TextField(_("about"), blank=True, max_length=2_000)
    city = models.CharField(_("city"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=50, default="UTC")
    avatar = models.JSONField(null=True, blank=True)
    cover = models.JSONField(null=True, blank=True)
    verified = models.BooleanField(_("verified"), default=False, help_text=_("The platform checked who runs it."))
    status = models.CharField(
        _("status"), max_length=10, choices=StoreStatus.choices, default=StoreStatus.APPLIED, db_index=True
    )
    application = models.TextField(_("application"), blank=True, max_length=2_000)
    # Buyer gate, narrowed: bought within so many days (null: ever); first comments wait for approval.
    buyers_within_days = models.PositiveIntegerField(null=True, blank=True)
    hold_first_comments = models.BooleanField(default=False)
    # Exact: changed in the transaction of each follow, repaired by a sweep.
    follower_count = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            # On the plain column: the form below allows no capitals, and look-ups by handle then use its index.
            models.UniqueConstraint(fields=["handle"], name="one_store_per_handle"),
            models.CheckConstraint(condition=models.Q(handle__regex=r"^[a-z0-9_]{3,30}$"), name="handle_form"),
        ]
        indexes = [
            # Finding stores: the most followed first.
            models.Index(
                models.F("follower_count").desc(),
                models.F("id").desc(),
                condition=models.Q(status=StoreStatus.APPROVED),
                name="store_popular",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (@{self.handle})"


class Role(models.TextChoices):
    """What a person may do in a store; what each includes is in stores.roles."""

    OWNER = "owner", _("owner")
    EDITOR = "editor", _("editor")
    MODERATOR = "moderator", _("moderator")
    ANALYST = "analyst", _("analyst")


class Staff(models.Model):
    """A person's role in a store."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="staff")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_roles")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "staff"
        constraints = [models.UniqueConstraint(fields=["store", "user"], name="one_role_per_store")]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.store}"


class Decision(models.TextChoices):
    """What platform staff may decide about a store."""

    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    SUSPENDED = "suspended", _("suspended")
    RESTORED = "restored", _("restored")


class Review(models.Model):
    """A decision of platform staff, kept for good."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="reviews")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision.choices)
    reason = models.TextField(max_length=2_000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.store}: {self.decision}"
