"""Orders from a merchant's CSV file: kept in the storage, then read by jobs of a few seconds each, row by row.

An import remembers the last row that it stored. Whatever kills a job, the next one goes on behind that row; a batch
that was taken but not yet counted is taken again, which changes nothing.
"""

from __future__ import annotations

import csv
import io
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from core import clock, jobs, limits, logs
from core.problems import Conflict
from core.text import one_line
from stores.models import OrderImport, Platform, Store
from stores.orders import csvfile, intake
from stores.orders.csvfile import RowError, RowFacts
from stores.roles import Action, require
from stores.selectors.stores import require_not_suspended

log = logs.get(__name__)

RUN_IMPORT = "stores.run_import"
FOLDER = "imports"
BATCH_ROWS = 500
STEP_SECONDS = 10.0  # of one job; a worker that is told to stop waits a little longer than that
FORGET_AFTER = timedelta(hours=1)  # an upload that is being stored has no row yet
ERROR_COLUMNS = ("row", "column", "code", "message", "taken")
UNFINISHED = (OrderImport.Status.WAITING, OrderImport.Status.RUNNING)


class ImportRunning(Conflict):
    """This store's last import is still running: wait until it is done."""

    code = "import_running"


def start_import(
    *, by: User, store: Store, file: File[bytes], file_name: str = "", platform: Platform = Platform.CSV
) -> OrderImport:
    """Keeps the file and defers its reading. `platform` says whose order ids it has.

    Raises NotStaff, StoreSuspended, RateLimited, ImportRunning.
    """
    require(user=by, store=store, action=Action.ORDERS)
    require_not_suspended(store)
    limits.spend("imports", store.pk)
    if OrderImport.objects.filter(store=store, status__in=UNFINISHED).exists():
        raise ImportRunning
    # Before the transaction: a file of 200 MB may take its time.
    name = default_storage.save(f"{FOLDER}/{secrets.token_urlsafe(24)}.csv", file)
    try:
        with transaction.atomic():
            begun = OrderImport.objects.create(
                store=store, by=by, platform=platform, file=name, file_name=one_line(file_name)[:200]
            )
            _defer_step(begun)
    except BaseException as error:
        default_storage.delete(name)
        if isinstance(error, IntegrityError):
            raise ImportRunning from error
        raise
    return begun


def _defer_step(running: OrderImport) -> None:
    # One at a time: a step that lost its worker and the one put back in its place must not run together.
    jobs.defer(RUN_IMPORT, one_at_a_time=f"{RUN_IMPORT} {running.pk}", import_id=running.pk)


def run_import(*, import_id: int, seconds: float = STEP_SECONDS, batch_rows: int = BATCH_ROWS) -> int:
    """Reads on for about `seconds`, at least one batch, and defers the rest; how many rows it stored or refused.

    Nothing happens when the import is gone or finished.
    """
    running = OrderImport.objects.filter(id=import_id, status__in=UNFINISHED).first()
    if running is None:
        return 0
    until, done = time.monotonic() + seconds, 0
    try:
        stream = default_storage.open(running.file, "rb")
    except FileNotFoundError:
        _stop(running, "file_lost", "The file was lost on our side: send it again.")
        return 0
    with stream:
        rows = csvfile.rows(cast(BinaryIO, stream), start_row=running.rows_read)
        while running.status in UNFINISHED:
            batch = list(islice(rows, batch_rows))
            late = time.monotonic() >= until
            _take(running, batch)
            _count(running, batch, ended=len(batch) < batch_rows, late=late)
            done += len(batch)
            if late:
                break
    return done


def _take(running: OrderImport, batch: Sequence[RowFacts | RowError]) -> None:
    facts = [row.facts for row in batch if isinstance(row, RowFacts)]
    if facts:
        intake.take_events(store_id=running.store_id, platform=running.platform, events=facts)


def _count(running: OrderImport, batch: Sequence[RowFacts | RowError], *, ended: bool, late: bool) -> None:
    """Remembers how far it got, and what comes next, in one transaction."""
    fatal = any(isinstance(row, RowError) and row.fatal for row in batch)
    running.rows_read = batch[-1].row if batch else running.rows_read
    running.rows_taken += sum(isinstance(row, RowFacts) for row in batch)
    _note(running, [error for row in batch for error in _errors_of(row)])
    if fatal or ended:
        _finish(running, OrderImport.Status.FAILED if fatal else OrderImport.Status.DONE)
        return
    running.status = OrderImport.Status.RUNNING
    with transaction.atomic():
        running.save()
        if late:
            _defer_step(running)


def _errors_of(row: RowFacts | RowError) -> list[dict[str, Any]]:
    """What is wrong with a row: it was refused, or taken without an address that is none."""
    errors, taken = ([row], False) if isinstance(row, RowError) else (list(row.notes), True)
    return [
        {"row": error.row, "column": error.column, "code": error.code, "message": error.message, "taken": taken}
        for error in errors
    ]


def _note(running: OrderImport, errors: list[dict[str, Any]]) -> None:
    running.error_count += len(errors)
    running.errors += errors[: max(0, settings.LIMITS.import_errors_kept - len(running.errors))]


def _finish(running: OrderImport, status: OrderImport.Status) -> None:
    name, running.file = running.file, ""
    running.status, running.finished_at = status, clock.now()
    running.save()
    # It holds people's addresses. Should we die before this line, the sweep deletes it.
    default_storage.delete(name)


def _stop(running: OrderImport, code: str, message: str) -> None:
    """Fails an import for a reason that is not in the file."""
    log.error("import %s was failed: %s", running.pk, code)
    _note(running, [{"row": running.rows_read, "column": "", "code": code, "message": message, "taken": False}])
    _finish(running, OrderImport.Status.FAILED)


def errors_as_csv(finished: OrderImport) -> str:
    """The errors that were kept, a row each, with no cell that a spreadsheet would run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(ERROR_COLUMNS)
    for error in finished.errors:
        writer.writerow([csvfile.safe_cell(str(error[column])) for column in ERROR_COLUMNS])
    return out.getvalue()


def stop_stuck() -> int:
    """Fails imports whose jobs gave up, so that the store may send the file again; how many."""
    unfinished = OrderImport.objects.filter(status__in=UNFINISHED)
    steps = ProcrastinateJob.objects.filter(task_name=RUN_IMPORT, status__in=("todo", "doing"))
    stopped = 0
    for import_id in unfinished.order_by("id").values_list("id", flat=True):
        has_job = steps.filter(args__import_id=import_id).exists()
        # Read after the look at its jobs: a step that has just ended has finished the import or deferred the next one.
        running = None if has_job else unfinished.filter(id=import_id).first()
        if running is not None:
            _stop(running, "gave_up", "Something on our side kept us from reading this file on: send it again.")
            stopped += 1
    return stopped


def forget_files() -> int:
    """Deletes files that no import waits for; how many."""
    try:
        _, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    waiting = set(OrderImport.objects.filter(status__in=UNFINISHED).values_list("file", flat=True))
    edge = clock.now() - FORGET_AFTER
    lost = [path for path in (f"{FOLDER}/{name}" for name in names) if path not in waiting]
    old = [path for path in lost if default_storage.get_modified_time(path) < edge]
    for path in old:
        default_storage.delete(path)
    return len(old)
