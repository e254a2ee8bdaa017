"""What each role may do in a store: the one table of it, and the two questions asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from accounts.models import User
from core.problems import Forbidden
from stores.models import Role, Staff, Store


class Action(StrEnum):
    """What one can do on a store's behalf."""

    POST = "post"  # write, schedule, pin and delete posts, upload pictures
    MODERATE = "moderate"  # hide, approve and delete comments, handle reports
    HOST = "host"  # open, run and end live rooms
    ANSWER = "answer"  # reply to comments and questions in the store's name
    ANALYTICS = "analytics"  # read what worked
    STAFF = "staff"  # say who else works here
    ORDERS = "orders"  # webhooks, their secrets, imports
    SETTINGS = "settings"  # the profile, pictures of the store, the buyer gate's settings


ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action),
    Role.EDITOR: frozenset({Action.POST, Action.HOST, Action.ANSWER, Action.MODERATE, Action.ANALYTICS}),
    Role.MODERATOR: frozenset({Action.ANSWER, Action.MODERATE}),
    Role.ANALYST: frozenset({Action.ANALYTICS}),
}


class NotStaff(Forbidden):
    """Only people whose role in this store allows it can do this."""

    code = "not_staff"


def role_of(*, user: User | None, store: Store) -> Role | None:
    """The person's role in this store, or None."""
    if user is None:
        return None
    role = Staff.objects.filter(store=store, user=user).values_list("role", flat=True).first()
    return None if role is None else Role(role)


def require(*, user: User, store: Store, action: Action) -> Role:
    """The person's role, when it includes the action; raises NotStaff when it does not or there is none."""
    role = role_of(user=user, store=store)
    if role is None or action not in ALLOWED[role]:
        raise NotStaff
    return role
