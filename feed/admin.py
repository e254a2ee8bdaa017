"""Platform staff's desk for feeds: how each store's posts travel, chosen through the service that `feed mode` uses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnlyAdmin
from feed import modes
from feed.models import FanOutRange, Mode, StoreDelivery


class FixForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for type checkers
    """A store and the mode that staff wants for it."""

    mode = forms.ChoiceField(choices=[(mode.value, mode.label) for mode in (Mode.PUSH, Mode.PULL)])


@admin.register(StoreDelivery)
class StoreDeliveryAdmin(ReadOnlyAdmin):
    """Stores that pull, or were given a mode once; adding one gives it a mode. All through feed.modes."""

    list_display = ("store", "mode", "followers", "by_hand", "changed_at")
    list_filter = ("mode", "by_hand")
    search_fields = ("store__handle", "store__name")
    list_select_related = ("store",)
    ordering = ("-store__follower_count",)
    actions = ("push", "pull", "auto")
    form = FixForm
    fields = ("store", "mode")
    autocomplete_fields = ("store",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may switch one may switch any."""
        return self.has_switch_permission(request)

    def save_model(self, request: HttpRequest, obj: StoreDelivery, form: Any, change: bool) -> None:
        """The row is the service's to write."""
        modes.fix_mode(store=obj.store, mode=Mode(obj.mode))

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions."""
        return request.user.is_staff and request.user.has_perm("feed.change_storedelivery")

    @admin.display(description=_("followers"), ordering="store__follower_count")
    def followers(self, delivery: StoreDelivery) -> int:
        """How many follow it."""
        return delivery.store.follower_count

    @admin.action(description=_("Push, whatever the number of followers"), permissions=["switch"])
    def push(self, request: HttpRequest, chosen: QuerySet[StoreDelivery]) -> None:
        """Posts are written into inboxes."""
        self._fix(request, chosen, Mode.PUSH)

    @admin.action(description=_("Pull, whatever the number of followers"), permissions=["switch"])
    def pull(self, request: HttpRequest, chosen: QuerySet[StoreDelivery]) -> None:
        """Posts are merged when read."""
        self._fix(request, chosen, Mode.PULL)

    @admin.action(description=_("By the number of followers"), permissions=["switch"])
    def auto(self, request: HttpRequest, chosen: QuerySet[StoreDelivery]) -> None:
        """Nobody's choice any more."""
        self._fix(request, chosen, None)

    def _fix(self, request: HttpRequest, chosen: QuerySet[StoreDelivery], mode: Mode | None) -> None:
        for before in chosen.select_related("store"):
            store = before.store
            delivery = modes.fix_mode(store=store, mode=mode) if mode else modes.unfix_mode(store=store)
            self.message_user(request, f"@{store.handle}: {delivery.get_mode_display()}", messages.SUCCESS)


@admin.register(FanOutRange)
class FanOutRangeAdmin(ReadOnlyAdmin):
    """How far posts have come on their way to their followers: one row a job. Those without an end wait or run."""

    list_display = ("post", "after", "upto", "followers", "reached", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    search_fields = ("=post__id",)
    list_select_related = ("post",)
    ordering = ("-id",)
