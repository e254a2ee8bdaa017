"""Rows by the million: INSERT ... SELECT inside PostgreSQL, without the indexes, which are built anew afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from psycopg import sql

# What one statement inserts at most: often enough for a bar that moves.
CHUNK = 250_000


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """This session may take its time, checks no foreign keys (the rows fit by construction) and sorts in memory."""
    changed = {
        "statement_timeout": "0",
        "session_replication_role": "replica",
        "maintenance_work_mem": "512MB",
        "work_mem": "128MB",
    }
    with connection.cursor() as cursor:
        for name, value in changed.items():
            cursor.execute(f"SET {name} = '{value}'")
        yield
        for name in changed:
            cursor.execute(f"RESET {name}")


def insert(model: type[Model], values: Mapping[str, str], source: str, parameters: Mapping[str, Any]) -> int:
    """Rows of `model`, one for each of `FROM source`. `values` gives SQL by column; the others get Django's defaults.

    How many. A new column with a default needs no change here; one without is an error, as it must be thought about.
    """
    columns: dict[str, sql.Composable] = {name: sql.SQL(text) for name, text in values.items()}
    for field in model._meta.local_concrete_fields:
        column = str(field.column)
        if column not in columns and not field.primary_key:
            default = _default(field)
            if default is not None:
                columns[column] = default
    statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM ").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(name) for name in columns),
        sql.SQL(", ").join(columns.values()),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(connection.connection) + source, dict(parameters))
        return int(cursor.rowcount)


def _default(field: Field[Any, Any]) -> sql.Composable | None:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return sql.SQL("now()")
    if field.has_default() or (field.empty_strings_allowed and not field.null):
        return sql.Literal(field.get_db_prep_save(field.get_default(), connection))
    if field.null:
        return None
    raise TypeError(f"{field.model.__name__}.{field.name} has no default: say what benches shall put there")


@contextmanager
def without_indexes(*models: type[Model]) -> Iterator[None]:
    """Drops all but the primary keys, and builds them again at the end; ANALYZE."""
    tables = [model._meta.db_table for model in models]
    again = [statement for table in tables for statement in _drop(table)]
    yield
    with connection.cursor() as cursor:
        for statement in again:
            cursor.execute(statement)
        for table in tables:
            # VACUUM, as pages that are known to be all visible spare index-only scans the table.
            cursor.execute(f"VACUUM ANALYZE {table}")


_CONSTRAINTS_SQL = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'
"""
_INDEXES_SQL = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = %s::regclass AND NOT i.indisprimary
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype = 'u')
"""


def _drop(table: str) -> list[str]:
    """Drops a table's indexes; the statements that make them."""
    with connection.cursor() as cursor:
        cursor.execute(_CONSTRAINTS_SQL, [table])
        constraints = cursor.fetchall()
        cursor.execute(_INDEXES_SQL, [table])
        indexes = cursor.fetchall()
        for name, _ in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    made = [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for name, definition in constraints]
    return made + [definition for _, definition in indexes]


def set_sequence(model: type[Model]) -> None:
    """The next row's id is above those that were given here."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
