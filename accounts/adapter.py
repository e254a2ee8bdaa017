"""allauth's hooks: where sign-in meets our own tables and jobs."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.headless.adapter import DefaultHeadlessAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.module_loading import import_string

from accounts import services
from accounts.models import User
from core.http import client_ip


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Verified addresses become news for the orders; phones live on the user; the caller's address is our own rule."""

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Marks the address as verified and links the orders that were waiting for it, in one transaction."""
        with transaction.atomic():
            confirmed = bool(super().confirm_email(request, email_address))
            if confirmed:
                services.contact_verified(user_id=email_address.user_id)
        return confirmed

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that rate limits count."""
        return client_ip(request.META)

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Stores a number, verified or not."""
        services.set_phone(user=user, phone=phone, verified=verified)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """The number and whether it is verified."""
        return (user.phone, user.phone_verified_at is not None) if user.phone else None

    def set_phone_verified(self, user: User, phone: str) -> None:
        """The person typed the code."""
        services.set_phone(user=user, phone=phone, verified=True)

    def get_user_by_phone(self, phone: str) -> User | None:
        """Who verified this number."""
        return User.objects.filter(phone=phone, phone_verified_at__isnull=False).first()

    def send_verification_code_sms(self, user: User, phone: str, code: str, **_: Any) -> None:
        """Sends the code through settings.SMS_SENDER."""
        import_string(settings.SMS_SENDER)(phone, f"{settings.INSTANCE_NAME}: {code}")

    def send_unknown_account_sms(self, phone: str, **_: Any) -> None:
        """Nobody signs in by phone, so nothing is sent."""

    def send_account_already_exists_sms(self, phone: str) -> None:
        """The number is somebody else's: say nothing, as for an unknown one."""


class HeadlessAdapter(DefaultHeadlessAdapter):  # type: ignore[misc]  # allauth is untyped
    """What `/_allauth` tells an app about its user: allauth's own fields, and the profile's."""

    def serialize_user(self, user: User) -> dict[str, Any]:
        """The `user` member of allauth's answers."""
        known: dict[str, Any] = super().serialize_user(user)
        return known | {"display_name": user.display_name, "language": user.language}
