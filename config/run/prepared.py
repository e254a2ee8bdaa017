"""Remembers what our PostgreSQL was prepared for, so that a second start need not load Django to learn: nothing to do.

Never trusted alone: the database is asked how many migrations it has, and /readyz refuses one that lacks any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import psycopg

MIGRATIONS = "SELECT count(*), coalesce(max(id), 0) FROM django_migrations"


def state(url: str, files: Iterable[Path], *facts: str) -> str:
    """A word for what the files say, what the facts are, and which migrations the database at `url` has."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0".encode() + path.read_bytes())
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            applied = connection.execute(MIGRATIONS).fetchone()
    except psycopg.errors.UndefinedTable:
        applied = None
    digest.update(repr((facts, applied)).encode())
    return digest.hexdigest()
