"""What the API says and reads about people."""

from __future__ import annotations

from typing import Annotated

from django.conf import settings
from pydantic import Field, StringConstraints

from accounts.models import Language, User
from core.api import In, Out
from core.pictures import picture_url
from core.text import FilledLine

DisplayName = Annotated[FilledLine, StringConstraints(max_length=settings.LIMITS.display_name_chars)]


class MeOut(Out):
    """One's own profile."""

    id: int
    email: str
    display_name: str
    avatar: str | None
    language: Language
    phone: str | None = Field(description="E.164")
    phone_verified: bool
    is_platform_staff: bool

    @staticmethod
    def of(user: User) -> MeOut:
        """The profile of a user."""
        return MeOut(
            id=user.id,
            email=user.email,
            display_name=user.display_name,
            avatar=picture_url(user.avatar),
            language=Language(user.language),
            phone=user.phone or None,
            phone_verified=user.phone_verified_at is not None,
            is_platform_staff=user.is_staff,
        )


class MeIn(In):
    """What one may change; what is left out stays."""

    display_name: DisplayName | None = None
    language: Language | None = None


class TicketOut(Out):
    """A one-time ticket: send it as `{"type": "auth", "ticket": …}`, the socket's first frame."""

    ticket: str
    expires_in: int = Field(description="seconds")
