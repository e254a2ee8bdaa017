"""Imports are read in steps of a few seconds: whatever ends one, the next goes on, and no row counts twice."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection

from core import clock
from stores.models import Order, OrderImport, Store
from stores.orders import imports
from tests.people import Person, problem, run_jobs
from tests.stores.conftest import Deferred
from tests.stores.test_imports import HEADING, PATH, imported, line, start, stored_files, table, upload


def test_a_long_file_is_read_in_steps_that_each_defer_the_next(alice: Person, store: Store, deferred: Deferred) -> None:
    begun = start(store, alice, table(*[line(number) for number in range(25)]))
    assert imports.run_import(import_id=begun.pk, seconds=0, batch_rows=10) == 10
    begun.refresh_from_db()
    assert (begun.status, begun.rows_read, begun.rows_taken) == ("running", 11, 10)
    assert deferred(imports.RUN_IMPORT) == [{"import_id": begun.pk}]
    assert alice.get(f"{PATH}/{begun.pk}").json()["rows_read"] == 10
    run_jobs()
    begun.refresh_from_db()
    assert (begun.status, begun.rows_read, begun.rows_taken, Order.objects.count()) == ("done", 26, 25, 25)


def test_a_file_that_ends_with_a_full_batch_is_done(alice: Person, store: Store) -> None:
    begun = start(store, alice, table(*[line(number) for number in range(20)]))
    imports.run_import(import_id=begun.pk, batch_rows=10)
    begun.refresh_from_db()
    assert (begun.status, begun.rows_taken) == ("done", 20)


def test_memory_does_not_grow_with_the_file(alice: Person, store: Store) -> None:
    note = "x" * 9_000
    rows = "\n".join(f"{line(number)},{note}" for number in range(1_500))
    begun = start(store, alice, f"{HEADING},note\n{rows}".encode())
    tracemalloc.start()
    try:
        imports.run_import(import_id=begun.pk, seconds=60)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    begun.refresh_from_db()
    assert (begun.status, begun.rows_taken) == ("done", 1_500)
    assert len(rows) > 13_000_000
    assert peak < 8_000_000


def test_steps_of_a_finished_or_vanished_import_do_nothing(alice: Person, store: Store) -> None:
    begun = start(store, alice, table(line(1)))
    imports.run_import(import_id=begun.pk)
    assert imports.run_import(import_id=begun.pk) == 0
    assert imports.run_import(import_id=begun.pk + 1) == 0
    begun.refresh_from_db()
    assert begun.rows_taken == 1


@contextmanager
def the_second_note_fails() -> Iterator[None]:
    """The worker dies after a batch's orders are stored, and before it is counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.rows_taken > 10 THEN RAISE 'killed'; END IF; RETURN NEW; END $$"
        )
        cursor.execute("CREATE TRIGGER die BEFORE UPDATE ON stores_orderimport FOR EACH ROW EXECUTE FUNCTION die()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION die() CASCADE")


def test_a_job_that_dies_between_orders_and_count_is_gone_on_with_and_nothing_counts_twice(
    alice: Person, store: Store
) -> None:
    rows = [line(number, status="paid" if number % 5 else "?") for number in range(40)]
    begun = start(store, alice, table(*rows))
    with the_second_note_fails(), pytest.raises(DatabaseError):
        imports.run_import(import_id=begun.pk, batch_rows=10)
    begun.refresh_from_db()
    assert (begun.rows_read, begun.rows_taken, Order.objects.count()) == (11, 8, 16), "a batch more than is counted"
    imports.run_import(import_id=begun.pk, batch_rows=10)
    begun.refresh_from_db()
    assert (begun.status, begun.rows_taken, begun.error_count, Order.objects.count()) == ("done", 32, 8, 32)
    assert len(begun.errors) == 8


def test_an_import_whose_job_gave_up_is_failed_and_the_store_may_send_again(alice: Person, store: Store) -> None:
    begun = start(store, alice, table(line(1)))
    assert problem(upload(alice, table(line(1)))) == (409, "import_running")
    assert imports.stop_stuck() == 1
    begun.refresh_from_db()
    assert (begun.status, begun.errors[0]["code"]) == ("failed", "gave_up")
    assert stored_files() == []
    assert imported(alice, table(line(1)))["status"] == "done"


def test_an_import_that_has_its_job_is_left_alone(alice: Person, store: Store) -> None:
    upload(alice, table(line(1)))
    assert imports.stop_stuck() == 0
    run_jobs()
    assert OrderImport.objects.get().status == "done"


def test_a_lost_file_is_our_fault_and_said_so(alice: Person, store: Store) -> None:
    begun = start(store, alice, table(line(1)))
    default_storage.delete(begun.file)
    imports.run_import(import_id=begun.pk)
    begun.refresh_from_db()
    assert (begun.status, begun.errors[0]["code"]) == ("failed", "file_lost")


def test_files_that_nobody_waits_for_are_deleted_after_an_hour(alice: Person, store: Store) -> None:
    upload(alice, table(line(1)))
    default_storage.save(f"{imports.FOLDER}/lost.csv", ContentFile(b"x"))
    assert imports.forget_files() == 0
    (lost,) = [path for path in stored_files() if path.name == "lost.csv"]
    old = (clock.now() - timedelta(hours=2)).timestamp()
    for path in stored_files():
        os.utime(path, (old, old))
    assert imports.forget_files() == 1
    assert not lost.exists()
    assert len(stored_files()) == 1
