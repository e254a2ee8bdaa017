"""What changes a person: profile, phone, verified contacts, bans."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.models import Language, Session, User
from core import clock, jobs, logs
from core.problems import Conflict

log = logs.get(__name__)

# Deferred by name: accounts does not know who links orders to people.
LINK_ORDERS = "stores.link_orders"
# Nor who shows what people said; it calls `erase` once that is gone.
FORGET_PERSON = "interactions.forget_person"


class PhoneTaken(Conflict):
    """Another account has verified this phone number."""

    code = "phone_taken"


@transaction.atomic
def update_profile(*, user: User, display_name: str | None = None, language: Language | None = None) -> User:
    """Changes what is given and leaves the rest, which another device may be changing."""
    given = {"display_name": display_name, "language": language}
    changed = {name: value for name, value in given.items() if value is not None}
    for name, value in changed.items():
        setattr(user, name, value)
    user.save(update_fields=changed)
    return user


@transaction.atomic
def set_avatar(*, user_id: int, picture: dict[str, object] | None) -> None:
    """Puts a processed picture (posts.media's form) on a profile."""
    User.objects.filter(id=user_id).update(avatar=picture)


def contact_verified(*, user_id: int) -> None:
    """An email or phone of this person was proven theirs: link the orders that name it."""
    jobs.defer(LINK_ORDERS, user_id=user_id)


def set_phone(*, user: User, phone: str, verified: bool) -> None:
    """Stores a number (E.164). Raises PhoneTaken when another account verified it first."""
    try:
        with transaction.atomic():
            user.phone = phone
            user.phone_verified_at = clock.now() if verified else None
            user.save(update_fields=["phone", "phone_verified_at"])
            if verified:
                contact_verified(user_id=user.id)
    except IntegrityError as error:
        raise PhoneTaken from error


@transaction.atomic
def ban(*, user: User) -> None:
    """Ends every session and lets nobody sign in as this person."""
    User.objects.filter(id=user.id).update(is_active=False)
    Session.objects.filter(user_id=user.id).delete()


@transaction.atomic
def delete_account(*, user: User) -> None:
    """Signs a person out for good; a job takes away what they said in live rooms and then erases all that is theirs."""
    ban(user=user)
    jobs.defer(FORGET_PERSON, user_id=user.id)


def erase(*, user_id: int) -> bool:
    """Deletes the row of an account that `delete_account` has ended, with what hangs on it; whether it is gone.

    Who has written for a store stays as its author, signed out: what they wrote is the store's.
    """
    try:
        User.objects.filter(id=user_id, is_active=False).delete()
    except ProtectedError:
        log.warning("account %s stays, signed out: a store's posts or records name it", user_id)
    return not User.objects.filter(id=user_id).exists()


@transaction.atomic
def unban(*, user: User) -> None:
    """Lets this person sign in again."""
    User.objects.filter(id=user.id).update(is_active=True)
