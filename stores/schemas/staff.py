"""What the API says and reads about a store's staff and the platform's decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from django.conf import settings
from pydantic import StringConstraints, model_validator

from accounts.models import User
from core.api import In, Out
from core.text import FilledText, OneLine
from stores.models import Decision, Review, Role, Staff
from stores.schemas.cards import PersonCard

Reason = Annotated[FilledText, StringConstraints(max_length=settings.LIMITS.review_reason_chars)]


class StaffOut(Out):
    """A member of a store's staff."""

    user: PersonCard
    role: Role
    created_at: datetime

    @staticmethod
    def of(staff: Staff) -> StaffOut:
        """A role with its person."""
        return StaffOut(user=PersonCard.of(staff.user), role=Role(staff.role), created_at=staff.created_at)


class StaffListOut(Out):
    """All staff of a store, owners first."""

    items: list[StaffOut]


class StaffIn(In):
    """Somebody for the staff: by the verified address of their account, or by number."""

    email: Annotated[OneLine, StringConstraints(max_length=254)] | None = None
    user_id: int | None = None
    role: Role

    @model_validator(mode="after")
    def _one_person(self) -> Self:
        if (self.email is None) == (self.user_id is None):
            raise ValueError("give either email or user_id")
        return self


class RoleIn(In):
    """Another role."""

    role: Role


class ReviewIn(In):
    """A decision of platform staff. The store's owner reads the reason."""

    decision: Decision
    reason: Reason


class ReviewOut(Out):
    """A decision as it was recorded; `by` is for platform staff's eyes."""

    id: int
    decision: Decision
    reason: str
    by: PersonCard | None
    created_at: datetime

    @staticmethod
    def of(review: Review, *, viewer: User) -> ReviewOut:
        """The decision as one viewer may see it."""
        return ReviewOut(
            id=review.pk,
            decision=Decision(review.decision),
            reason=review.reason,
            by=PersonCard.of(review.by) if viewer.is_staff else None,
            created_at=review.created_at,
        )
