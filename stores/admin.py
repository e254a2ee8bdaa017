"""Platform staff's desk for stores: applications and their decisions, orders, deliveries, imports."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.admin import ReadOnlyAdmin
from core.problems import Problem
from stores.models import Decision, Delivery, Order, OrderImport, Review, Staff, Store
from stores.services import reviews


class StaffInline(admin.TabularInline):  # type: ignore[type-arg]  # generic only for type checkers
    """Who works there."""

    model = Staff
    extra = 0
    can_delete = False
    readonly_fields = ("user", "role", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Owners add their people."""
        return False


class ReviewInline(admin.TabularInline):  # type: ignore[type-arg]  # generic only for type checkers
    """What was decided before."""

    model = Review
    extra = 0
    can_delete = False
    readonly_fields = ("decision", "reason", "by", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Decisions are made by the actions of the list."""
        return False


@admin.register(Store)
class StoreAdmin(ReadOnlyAdmin):
    """Applications wait under status "applied"; the list's actions decide, through the service that the API uses."""

    list_display = ("name", "handle", "status", "category", "city", "follower_count", "verified", "created_at")
    list_filter = ("status", "category", "verified")
    search_fields = ("name", "handle", "staff__user__email")
    ordering = ("-id",)
    inlines = (StaffInline, ReviewInline)
    actions = ("approve", "reject", "suspend", "restore")

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions."""
        return request.user.is_staff and request.user.has_perm("stores.change_store")

    @admin.action(description=_("Approve"), permissions=["review"])
    def approve(self, request: HttpRequest, chosen: QuerySet[Store]) -> None:
        """Everybody may find and follow them."""
        self._decide(request, chosen, Decision.APPROVED)

    @admin.action(description=_("Reject"), permissions=["review"])
    def reject(self, request: HttpRequest, chosen: QuerySet[Store]) -> None:
        """They reach nobody; an appeal may still be approved."""
        self._decide(request, chosen, Decision.REJECTED)

    @admin.action(description=_("Suspend"), permissions=["review"])
    def suspend(self, request: HttpRequest, chosen: QuerySet[Store]) -> None:
        """They vanish from every feed at once."""
        self._decide(request, chosen, Decision.SUSPENDED)

    @admin.action(description=_("Restore"), permissions=["review"])
    def restore(self, request: HttpRequest, chosen: QuerySet[Store]) -> None:
        """They are back as they were."""
        self._decide(request, chosen, Decision.RESTORED)

    def _decide(self, request: HttpRequest, chosen: QuerySet[Store], decision: Decision) -> None:
        assert isinstance(request.user, User)
        for store in chosen:
            try:
                reviews.review_store(by=request.user, store=store, decision=decision, reason="Decided in the admin.")
            except Problem as problem:
                self.message_user(request, f"@{store.handle}: {problem.detail}", messages.ERROR)
            else:
                self.message_user(request, f"@{store.handle}: {decision.label}", messages.SUCCESS)


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders as they are settled, and whose they are."""

    list_display = ("number", "store", "platform", "status", "total", "refunded_total", "currency", "user", "paid_at")
    list_filter = ("platform", "status", "test")
    search_fields = ("number", "external_id", "email", "store__handle")
    list_select_related = ("store", "user")
    exclude = ("state",)
    ordering = ("-id",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Webhooks as they arrived, and why one failed."""

    list_display = ("received_at", "store", "platform", "topic", "status", "error")
    list_filter = ("platform", "status")
    search_fields = ("event_id", "store__handle")
    list_select_related = ("store",)
    fields = ("store", "platform", "event_id", "topic", "status", "error", "received_at", "text")
    readonly_fields = ("text",)
    ordering = ("-id",)

    @admin.display(description=_("body"))
    def text(self, delivery: Delivery) -> str:
        """The body as text; the admin escapes it."""
        return bytes(delivery.body).decode("utf-8", "replace")[:20_000]


@admin.register(OrderImport)
class OrderImportAdmin(ReadOnlyAdmin):
    """CSV files and how far they got."""

    list_display = ("created_at", "store", "file_name", "status", "rows_read", "rows_taken", "error_count", "by")
    list_filter = ("status",)
    list_select_related = ("store", "by")
    ordering = ("-id",)
