"""Whose order it is: verified addresses and learned customer numbers, whichever of order and address comes first."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import services as accounts
from accounts.models import User
from core import clock
from stores.models import Order, PlatformCustomer, Store
from stores.orders import intake, matching
from stores.orders.facts import OrderFacts
from stores.orders.proof import Proof, purchase_proof
from tests.accounts.test_sign_in import code_in, newest_mail
from tests.conftest import Newcomer
from tests.people import Person, make_order, run_jobs
from tests.stores.doors import Door, open_door
from tests.stores.payloads import order, standard_order

PHONE = "+4930901820"


@pytest.fixture
def door(alice: Person, store: Store) -> Door:
    return open_door(alice, "standard")


def deliver(door: Door, **changes: Any) -> Order:
    """A delivery of an order of its own, taken."""
    number = f"N-{Order.objects.count() + 1}"
    given: dict[str, Any] = {"id": number, "email": None, "phone": None, "customer_id": None}
    assert door.send(standard_order(**(given | changes)), message_id=f"m-{number}").status_code == 200
    run_jobs()
    return Order.objects.get(external_id=(given | changes)["id"], store__handle=door.path.rsplit("/", 1)[1])


def take(store: Store, *events: OrderFacts) -> None:
    """What a delivery's job does."""
    intake.take_events(store_id=store.pk, platform="standard", events=events)


def buyer_of(row: Order) -> User | None:
    row.refresh_from_db()
    return row.user


def verify(user: User, email: str) -> None:
    """As allauth's adapter does it: the address and the job, in one transaction."""
    with transaction.atomic():
        EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True})
        accounts.contact_verified(user_id=user.pk)


# --- when the order arrives -----------------------------------------------------------------------------------------


def test_an_order_with_a_verified_email_is_linked_when_it_arrives(door: Door, store: Store, charlie: Person) -> None:
    row = deliver(door, email="CHARLIE@Example.org")
    assert buyer_of(row) == charlie.user
    assert isinstance(purchase_proof(user=charlie.user, store=store), Proof)


def test_a_second_verified_address_counts_like_the_first(door: Door, charlie: Person) -> None:
    EmailAddress.objects.create(user=charlie.user, email="c@work.example", verified=True)
    assert buyer_of(deliver(door, email="c@work.example")) == charlie.user


def test_an_unverified_email_links_nothing(door: Door, store: Store, charlie: Person) -> None:
    EmailAddress.objects.create(user=charlie.user, email="rich@example.org", verified=False)
    User.objects.filter(pk=charlie.id).update(email="rich@example.org")
    row = deliver(door, email="rich@example.org")
    matching.link_orders(user_id=charlie.id)
    assert buyer_of(row) is None
    assert not isinstance(purchase_proof(user=charlie.user, store=store), Proof)


def test_an_order_with_a_verified_phone_is_linked(door: Door, charlie: Person) -> None:
    accounts.set_phone(user=charlie.user, phone=PHONE, verified=True)
    assert buyer_of(deliver(door, phone="030 901820", country="DE")) == charlie.user


def test_an_unverified_phone_links_nothing(door: Door, charlie: Person) -> None:
    accounts.set_phone(user=charlie.user, phone=PHONE, verified=False)
    row = deliver(door, phone="030 901820", country="DE")
    matching.link_orders(user_id=charlie.id)
    assert buyer_of(row) is None


def test_an_order_that_names_nobody_is_nobodys(door: Door, newcomer: Newcomer) -> None:
    """Neither an empty phone nor an empty email is an address that people share."""
    erased = newcomer("Noa")
    User.objects.filter(pk=erased.id).update(phone="", phone_verified_at=clock.now())
    row = deliver(door)
    matching.link_orders(user_id=erased.id)
    assert buyer_of(row) is None


def test_the_email_decides_when_the_phone_is_somebody_elses(door: Door, charlie: Person, newcomer: Newcomer) -> None:
    accounts.set_phone(user=newcomer("Mia").user, phone=PHONE, verified=True)
    assert buyer_of(deliver(door, email=charlie.user.email, phone=PHONE)) == charlie.user


def test_an_order_that_was_corrected_later_is_linked_then(door: Door, charlie: Person) -> None:
    deliver(door, id="A", email="charly@example.org")
    door.send(standard_order(id="A", email=charlie.user.email, updated_at="2026-04-01T00:00:00Z"), message_id="m2")
    run_jobs()
    assert buyer_of(Order.objects.get()) == charlie.user


# --- when somebody verifies an address later ------------------------------------------------------------------------


def test_a_shopper_who_signs_up_after_the_order_becomes_a_buyer(door: Door, store: Store, anonymous: Person) -> None:
    row = deliver(door, email="zoe@example.net")
    assert buyer_of(row) is None
    root = "/_allauth/app/v1/auth"
    signed_up = anonymous.post(f"{root}/signup", {"email": "zoe@example.net", "password": "correct horse Zoe"})
    assert signed_up.status_code == 401, "the address waits for its code"
    run_jobs()
    assert buyer_of(row) is None, "it is not verified yet"
    confirmed = anonymous.post(
        f"{root}/email/verify",
        {"key": code_in(newest_mail("zoe@example.net"))},
        headers={"X-Session-Token": signed_up.json()["meta"]["session_token"]},
    )
    assert confirmed.status_code == 200, confirmed.text
    run_jobs()
    zoe = User.objects.get(email="zoe@example.net")
    assert buyer_of(row) == zoe
    assert isinstance(purchase_proof(user=zoe, store=store), Proof)


def test_a_phone_verified_later_links_what_waited(door: Door, charlie: Person) -> None:
    row = deliver(door, phone=PHONE)
    accounts.set_phone(user=charlie.user, phone=PHONE, verified=True)
    run_jobs()
    assert buyer_of(row) == charlie.user


def test_orders_of_every_store_and_platform_that_waited_are_linked(door: Door, erin: Person, charlie: Person) -> None:
    rows = [deliver(door, email="c@work.example")]
    rows.append(deliver(open_door(erin, "standard", handle="bookshop"), email="c@work.example"))
    rows.append(make_order(user=None, store=rows[0].store, platform="csv", email="c@work.example"))
    verify(charlie.user, "c@work.example")
    run_jobs()
    assert {buyer_of(row) for row in rows} == {charlie.user}


def test_more_orders_than_a_step_are_linked(store: Store, charlie: Person) -> None:
    take(store, *[order(order_id=str(n), email="c@work.example") for n in range(matching.ORDERS_A_STEP + 7)])
    verify(charlie.user, "c@work.example")
    run_jobs()
    assert Order.objects.filter(user=charlie.user).count() == matching.ORDERS_A_STEP + 7


def test_an_order_is_never_taken_from_one_person_and_given_to_another(
    door: Door, charlie: Person, newcomer: Newcomer
) -> None:
    mia = newcomer("Mia")
    row = deliver(door, id="A", email=charlie.user.email, phone=PHONE, customer_id="77")
    accounts.set_phone(user=mia.user, phone=PHONE, verified=True)
    run_jobs()
    assert buyer_of(row) == charlie.user
    door.send(standard_order(id="A", email=mia.user.email, updated_at="2026-05-01T00:00:00Z"), message_id="m2")
    run_jobs()
    assert buyer_of(row) == charlie.user
    assert PlatformCustomer.objects.get(customer_id="77").user == charlie.user


def test_the_orders_of_a_deleted_person_wait_again(door: Door, charlie: Person, newcomer: Newcomer) -> None:
    row = deliver(door, email="c@work.example")
    verify(charlie.user, "c@work.example")
    run_jobs()
    charlie.user.delete()
    assert buyer_of(row) is None
    mia = newcomer("Mia")
    verify(mia.user, "c@work.example")
    run_jobs()
    assert buyer_of(row) == mia.user


def test_linking_somebody_who_is_gone_does_nothing(world: None) -> None:
    matching.link_orders(user_id=404)


# --- the platform's customer numbers --------------------------------------------------------------------------------


def test_a_customer_number_is_learned_and_links_orders_before_and_after(door: Door, charlie: Person) -> None:
    before = deliver(door, customer_id="77", email="old@example.org")
    assert buyer_of(before) is None
    teaching = deliver(door, customer_id="77", email=charlie.user.email)
    after = deliver(door, customer_id="77")
    assert [buyer_of(row) for row in (before, teaching, after)] == [charlie.user] * 3


def test_a_verification_teaches_the_number_too(door: Door, charlie: Person) -> None:
    teaching = deliver(door, customer_id="77", email="c@work.example")
    silent = deliver(door, customer_id="77")
    verify(charlie.user, "c@work.example")
    run_jobs()
    assert [buyer_of(row) for row in (teaching, silent)] == [charlie.user] * 2


def test_a_number_that_the_order_tells_later_is_learned_then(door: Door, charlie: Person) -> None:
    silent = deliver(door, customer_id="77")
    deliver(door, id="A", email=charlie.user.email)
    told = {"id": "A", "email": charlie.user.email, "phone": None, "customer_id": "77"}
    door.send(standard_order(**told, updated_at="2026-04-01T00:00:00Z"), message_id="m2")
    run_jobs()
    assert buyer_of(silent) == charlie.user


def test_a_number_is_the_stores_own_and_the_platforms_own(door: Door, erin: Person, charlie: Person) -> None:
    deliver(door, customer_id="77", email=charlie.user.email)
    elsewhere = deliver(open_door(erin, "standard", handle="bookshop"), customer_id="77")
    other_platform = make_order(user=None, store=Store.objects.get(handle="teahouse"), platform="csv", customer_id="77")
    matching.match_orders(order_ids=[elsewhere.pk, other_platform.pk])
    matching.link_orders(user_id=charlie.id)
    assert buyer_of(elsewhere) is None
    assert buyer_of(other_platform) is None


def test_an_order_that_was_linked_by_number_alone_teaches_nothing_new(
    door: Door, charlie: Person, newcomer: Newcomer
) -> None:
    """A second number under the first one's order would spread without anybody's verified address."""
    deliver(door, customer_id="77", email=charlie.user.email)
    deliver(door, id="B", customer_id="77", email="other@example.org")
    changed = standard_order(
        id="B", customer_id="88", email="other@example.org", phone=None, updated_at="2026-04-01T00:00:00Z"
    )
    door.send(changed, message_id="m2")
    run_jobs()
    assert not PlatformCustomer.objects.filter(customer_id="88").exists()
    assert buyer_of(deliver(door, customer_id="88")) is None


def test_the_first_who_is_known_by_a_number_keeps_it(door: Door, charlie: Person, newcomer: Newcomer) -> None:
    mia = newcomer("Mia")
    deliver(door, customer_id="77", email=charlie.user.email)
    assert buyer_of(deliver(door, customer_id="77", email=mia.user.email)) == mia.user, "her own address says so"
    assert PlatformCustomer.objects.get().user == charlie.user
    assert buyer_of(deliver(door, customer_id="77")) == charlie.user


@pytest.mark.parametrize("number", ["0", "Guest", "N/A", "-"])
def test_what_shops_write_for_guests_is_nobodys_number(store: Store, charlie: Person, number: str) -> None:
    take(store, order(order_id="1", customer_id=number, email=charlie.user.email))
    take(store, order(order_id="2", customer_id=number, email="guest@example.org"))
    matching.link_orders(user_id=charlie.id)
    assert Order.objects.get(external_id="1").user == charlie.user
    assert Order.objects.get(external_id="2").user is None
