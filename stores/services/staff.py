"""Who works in a store: owners add people, change their roles and remove them; everybody may leave."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from accounts.models import User
from core import limits
from core.problems import Conflict, Invalid, NotFound
from stores.models import Role, Staff, Store
from stores.roles import Action, require
from stores.selectors.stores import require_not_suspended, require_open


class NoSuchPerson(Invalid):
    """Nobody has an account here with that verified address or number."""

    code = "no_such_person"


class AlreadyStaff(Conflict):
    """This person has a role in the store: change it instead."""

    code = "already_staff"


class StaffLimit(Conflict):
    """This store has as many staff as a store can have."""

    code = "staff_limit"


class LastOwner(Conflict):
    """A store needs an owner: make somebody else one first."""

    code = "last_owner"


def _person(*, email: str | None, user_id: int | None) -> User:
    """An active person with a verified address, by that address or by number; raises NoSuchPerson."""
    named = {"pk": user_id} if email is None else {"emailaddress__email": email.lower()}
    person = User.objects.filter(is_active=True, emailaddress__verified=True, **named).first()
    if person is None:
        field = "email" if email is not None else "user_id"
        raise NoSuchPerson(errors=[{"field": field, "code": "no_such_person", "message": NoSuchPerson.message()}])
    return person


def _locked(store: Store) -> Store:
    """The store's present row, locked: staff changes of one store happen one after the other."""
    return Store.objects.select_for_update(no_key=True).get(pk=store.pk)


def _keep_an_owner(staff: Staff) -> None:
    """Raises LastOwner when this owner is the only one who can still sign in."""
    others = Staff.objects.filter(store_id=staff.store_id, role=Role.OWNER, user__is_active=True).exclude(pk=staff.pk)
    if staff.role == Role.OWNER and not others.exists():
        raise LastOwner


@transaction.atomic
def add_staff(*, by: User, store: Store, role: Role, email: str | None = None, user_id: int | None = None) -> Staff:
    """Gives somebody a role, found by a verified address or by number.

    Only in approved stores, and counted: the answer tells whether an address has an account here.
    Raises NotStaff, StoreSuspended, StoreNotApproved, RateLimited, NoSuchPerson, AlreadyStaff, StaffLimit.
    """
    require(user=by, store=store, action=Action.STAFF)
    store = _locked(store)
    require_open(store)
    limits.spend("staff_adds", by.pk)
    person = _person(email=email, user_id=user_id)
    if Staff.objects.filter(store=store, user=person).exists():
        raise AlreadyStaff
    if Staff.objects.filter(store=store).count() >= settings.LIMITS.staff_per_store:
        raise StaffLimit
    return Staff.objects.create(store=store, user=person, role=role)


@transaction.atomic
def change_role(*, by: User, store: Store, user_id: int, role: Role) -> Staff:
    """Gives a member of staff another role. Raises NotStaff, StoreSuspended, NotFound, LastOwner."""
    require(user=by, store=store, action=Action.STAFF)
    store = _locked(store)
    require_not_suspended(store)
    staff = _member(store=store, user_id=user_id)
    if role != Role.OWNER:
        _keep_an_owner(staff)
    staff.role = role
    staff.save(update_fields=["role"])
    return staff


@transaction.atomic
def remove_staff(*, by: User, store: Store, user_id: int) -> None:
    """Takes a role away; one's own, whatever it is. Raises NotStaff, StoreSuspended, NotFound, LastOwner."""
    leaves = by.pk == user_id and Staff.objects.filter(store=store, user=by).exists()
    if not leaves:
        require(user=by, store=store, action=Action.STAFF)
    store = _locked(store)
    require_not_suspended(store)
    staff = _member(store=store, user_id=user_id)
    _keep_an_owner(staff)
    staff.delete()


def _member(*, store: Store, user_id: int) -> Staff:
    staff = Staff.objects.filter(store=store, user_id=user_id).select_related("user").first()
    if staff is None:
        raise NotFound
    return staff
