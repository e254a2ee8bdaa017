"""An order arrives and an address is verified at the same moment: one of the two finds the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from allauth.account.models import EmailAddress
from django.db import connection

from stores.models import Order, PlatformCustomer, Store
from stores.orders import matching
from tests.people import Person, make_user, run_jobs
from tests.stores.payloads import order
from tests.stores.test_matching import take, verify

GATE = 4_242


@contextmanager
def paused_commits(table: str) -> Iterator[Callable[[], None]]:
    """Transactions that inserted into a table wait right before their commit, until the given function is called.

    Their rows are written and nobody else can see them: the worst moment for others to look.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NULL; END $$"
        )
        cursor.execute(
            f"CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION wait_at_the_gate()"
        )
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])

    def open_gate() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])

    try:
        yield open_gate
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
            cursor.execute(f"DROP TRIGGER gate ON {table}")
            cursor.execute("DROP FUNCTION wait_at_the_gate()")


def somebody_waits_at_the_gate() -> None:
    """Returns when a transaction has come to its commit."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.02)
    raise AssertionError("nobody came")


def aside(work: Callable[[], None]) -> Future[None]:
    """Runs in another thread, with a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = ThreadPoolExecutor(1)
    future = threads.submit(run)
    threads.shutdown(wait=False)
    return future


def test_an_address_verified_while_its_order_is_being_committed_is_found(store: Store, charlie: Person) -> None:
    """The verification's job looks in vain, as the order is not there yet: so the order must look after its commit."""
    with paused_commits("stores_order") as open_gate:
        arriving = aside(lambda: take(store, order(email="c@work.example")))
        somebody_waits_at_the_gate()
        verify(charlie.user, "c@work.example")
        run_jobs()
        assert matching.waiting_orders(user_id=charlie.id) == []
        open_gate()
        arriving.result(timeout=10)
    assert Order.objects.get().user == charlie.user


def test_an_order_that_arrives_while_its_address_is_being_committed_is_found(store: Store, charlie: Person) -> None:
    """The order looks in vain, as the verification is not there yet: so its job must look after its commit."""
    with paused_commits("account_emailaddress") as open_gate:
        verifying = aside(lambda: verify(charlie.user, "c@work.example"))
        somebody_waits_at_the_gate()
        take(store, order(email="c@work.example"))
        assert Order.objects.get().user is None
        open_gate()
        verifying.result(timeout=10)
    run_jobs()
    assert Order.objects.get().user == charlie.user


def test_a_number_learned_while_an_order_with_it_is_being_committed_links_it(store: Store, charlie: Person) -> None:
    take(store, order(order_id="1", customer_id="77", email="c@work.example"))
    with paused_commits("stores_order") as open_gate:
        arriving = aside(lambda: take(store, order(order_id="2", customer_id="77", email="")))
        somebody_waits_at_the_gate()
        verify(charlie.user, "c@work.example")
        run_jobs()
        assert PlatformCustomer.objects.get().user == charlie.user
        open_gate()
        arriving.result(timeout=10)
    assert Order.objects.filter(user=charlie.user).count() == 2


def test_an_order_that_arrives_while_its_number_is_being_committed_is_linked(store: Store, charlie: Person) -> None:
    with paused_commits("stores_platformcustomer") as open_gate:
        teaching = aside(lambda: take(store, order(order_id="1", customer_id="77", email=charlie.user.email)))
        somebody_waits_at_the_gate()
        take(store, order(order_id="2", customer_id="77", email=""))
        assert Order.objects.get(external_id="2").user is None
        open_gate()
        teaching.result(timeout=10)
    assert Order.objects.filter(user=charlie.user).count() == 2


def test_orders_and_verifications_in_a_crowd_all_find_each_other(store: Store) -> None:
    people = [make_user(f"Shopper {number}") for number in range(8)]
    ready = threading.Barrier(16)

    def arrive(number: int) -> None:
        ready.wait(timeout=10)
        for again in range(5):
            take(store, order(order_id=f"{number}-{again}", email=f"{again}.{number}@work.example"))
        connection.close()

    def prove(number: int) -> None:
        ready.wait(timeout=10)
        for again in range(5):
            EmailAddress.objects.create(user=people[number], email=f"{again}.{number}@work.example", verified=True)
            matching.link_orders(user_id=people[number].pk)
        connection.close()

    with ThreadPoolExecutor(16) as threads:
        futures = [threads.submit(work, number) for number in range(8) for work in (arrive, prove)]
        for future in futures:
            future.result(timeout=60)
    assert [Order.objects.filter(user=person).count() for person in people] == [5] * 8
