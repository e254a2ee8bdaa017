"""Platform staff's desk for people, and the admin's own sign-in with a limit on guesses."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import User
from core import limits
from core.admin import ReadOnlyAdmin
from core.http import client_ip

GUESSES = "10/minute"


class SignInForm(AdminAuthenticationForm):
    """Django's form; each address has ten tries a minute."""

    def clean(self) -> dict[str, Any]:
        """Refuses before the password is looked at, so that guessing learns nothing."""
        allowed, _window = limits.take(GUESSES, "admin sign-in", client_ip(self.request.META if self.request else {}))
        if not allowed:
            raise forms.ValidationError(_("Too many tries: wait a minute."), code="rate_limited")
        return super().clean()


# Addresses are verified by their owners: a row made here would link orders to whoever staff says.
admin.site.unregister((EmailAddress, Authenticator))
admin.site.login_form = SignInForm
admin.site.site_header = admin.site.site_title = "Backyard"


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Find people; ban and unban them."""

    list_display = ("display_name", "email", "language", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "language")
    search_fields = ("display_name", "email", "phone")
    exclude = ("password", "user_permissions", "groups")
    ordering = ("-id",)
    actions = ("ban", "unban")

    def has_ban_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions."""
        return request.user.is_staff and request.user.has_perm("accounts.change_user")

    @admin.action(description=_("Ban: sign out everywhere, for good"), permissions=["ban"])
    def ban(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Nobody bans oneself."""
        for user in chosen.exclude(pk=request.user.pk or 0):
            services.ban(user=user)
            self.message_user(request, f"{user}: {_('banned')}", messages.SUCCESS)

    @admin.action(description=_("Let sign in again"), permissions=["ban"])
    def unban(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """They sign in anew; their old sessions stay ended."""
        for user in chosen:
            services.unban(user=user)
            self.message_user(request, f"{user}: {_('may sign in')}", messages.SUCCESS)
