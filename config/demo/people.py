"""The demo's people: platform staff, the stores' owners and the shoppers, each with a verified address and a face."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import services
from accounts.models import Language, User
from config.demo import note
from config.demo.content import SHOPPERS, STORES
from config.demo.plan import BUYER, MERCHANT, STRANGER
from config.demo.report import Reporter

STAFF_NAME = "Robin Hale"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be: `mailbox` is what stands before the @, `role` one of note.WHO for who needs a password."""

    mailbox: str
    name: str
    language: str
    role: str = ""

    @property
    def email(self) -> str:
        """The address."""
        return f"{self.mailbox}@example.com"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, by mailbox; `anchor` is the moment that the demo's month ends at: when its first person was made."""

    people: dict[str, User]
    accounts: dict[str, note.Account]
    anchor: datetime

    @property
    def staff(self) -> User:
        """Platform staff."""
        return self.people["staff"]


def newcomers() -> list[Newcomer]:
    """Everybody, platform staff first. An owner's mailbox is the store's handle."""
    roles = {MERCHANT: "merchant", BUYER: "buyer", STRANGER: "stranger"}
    return [
        Newcomer("staff", STAFF_NAME, "en", "staff"),
        *(Newcomer(one.handle, one.owner, one.language, roles.get(one.handle, "")) for one in STORES),
        *(Newcomer(one.mailbox, one.name, one.language, roles.get(one.mailbox, "")) for one in SHOPPERS),
    ]


def make_people(report: Reporter) -> Cast:
    """Makes who is missing, and sees to it that the four with passwords can sign in with them."""
    passwords = note.passwords()
    people: dict[str, User] = {}
    accounts: dict[str, note.Account] = {}
    everybody = newcomers()
    for newcomer in report.each("people", everybody, len(everybody)):
        people[newcomer.mailbox] = _person(newcomer, passwords.get(newcomer.role), people.get("staff"))
        if newcomer.role:
            accounts[newcomer.role] = {"email": newcomer.email, "password": passwords[newcomer.role]}
    return Cast(people, accounts, _anchor(people))


def find_people() -> Cast:
    """Everybody as make_people made them, without accounts."""
    users = {user.email: user for user in User.objects.filter(email__in=[one.email for one in newcomers()])}
    people = {one.mailbox: users[one.email] for one in newcomers()}
    return Cast(people, {}, _anchor(people))


def _anchor(people: dict[str, User]) -> datetime:
    return people["staff"].date_joined.replace(microsecond=0)


def _person(newcomer: Newcomer, password: str | None, staff: User | None) -> User:
    user = User.objects.filter(email=newcomer.email).first()
    if user is None:
        user = _sign_up(newcomer, password)
        if staff is not None:  # no service makes people of the past
            days = Random(f"{newcomer.mailbox} joins").uniform(250, 700)
            User.objects.filter(pk=user.pk).update(date_joined=staff.date_joined - timedelta(days=days))
        return user
    if password is not None and not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


@transaction.atomic
def _sign_up(newcomer: Newcomer, password: str | None) -> User:
    """As a sign-up with a typed code leaves it. Without a password one can still get in by a code sent by mail."""
    staff = newcomer.role == "staff"
    user = User.objects.create_user(
        newcomer.email,
        password,
        display_name=newcomer.name,
        language=Language(newcomer.language),
        is_staff=staff,
        is_superuser=staff,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    services.contact_verified(user_id=user.pk)
    return user
