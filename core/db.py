"""SQL for the hot path: a pool of native async connections, one statement a call, no model instances."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

from django.conf import settings
from django.db import connection
from prometheus_client import Counter
from psycopg import AsyncConnection, OperationalError
from psycopg.errors import QueryCanceled
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core.problems import Unavailable

STATEMENTS = Counter("backyard_hot_sql_total", "Statements sent on the hot path's own connections")

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = weakref.WeakKeyDictionary()


async def _pool() -> Pool:
    loop = asyncio.get_running_loop()
    found = _pools.get(loop)
    if found is None:
        parameters = {
            k: v
            for k, v in connection.get_connection_params().items()
            if k not in {"pool", "cursor_factory", "context"}
        }
        found = _pools[loop] = AsyncConnectionPool(
            kwargs={**parameters, "autocommit": True, "prepare_threshold": 3},
            open=False,
            **settings.DATABASE_POOL,
        )
        await found.open()
    return found


async def fetch_all(sql: str, parameters: dict[str, Any]) -> list[TupleRow]:
    """All rows of one statement, which only reads. Raises Unavailable when PostgreSQL is away or takes too long."""
    pool = await _pool()
    STATEMENTS.inc()
    try:
        return await _fetch(pool, sql, parameters)
    except (PoolTimeout, QueryCanceled) as error:
        raise Unavailable(retry_after=1) from error
    except OperationalError:
        # A connection that was cut while it slept in the pool, and seldom the only one: drop the others as well.
        await pool.check()
    try:
        return await _fetch(pool, sql, parameters)
    except OperationalError as error:
        raise Unavailable(retry_after=1) from error


async def _fetch(pool: Pool, sql: str, parameters: dict[str, Any]) -> list[TupleRow]:
    async with pool.connection() as link:
        cursor = await link.execute(sql.encode(), parameters)
        return await cursor.fetchall()


async def fetch_one(sql: str, parameters: dict[str, Any]) -> TupleRow | None:
    """The first row of one statement, or None."""
    rows = await fetch_all(sql, parameters)
    return rows[0] if rows else None


async def close() -> None:
    """Give the running loop's connections back; for shutdown and tests."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        await pool.close()
