"""SQL for the hot path: a pool of native async connections, one statement a call, no model instances."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

from django.conf import settings
from django.db import connection
from prometheus_client import Counter
from psycopg import AsyncConnection, OperationalError
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
            min_size=1,
            max_size=settings.DATABASE_POOL_SIZE,
            timeout=5,
            open=False,
        )
        await found.open()
    return found


async def fetch_all(sql: str, parameters: dict[str, Any]) -> list[TupleRow]:
    """All rows of one statement. Raises Unavailable when PostgreSQL is away; the next call tries anew."""
    pool = await _pool()
    STATEMENTS.inc()
    for attempt in (1, 2):
        try:
            async with pool.connection() as link:
                cursor = await link.execute(sql.encode(), parameters)
                return await cursor.fetchall()
        except PoolTimeout as error:
            raise Unavailable(retry_after=1) from error
        except OperationalError as error:
            # A connection that was cut while it slept in the pool: the statement only reads, so try once more.
            if attempt == 2:
                raise Unavailable(retry_after=1) from error
    raise AssertionError("unreachable")


async def fetch_one(sql: str, parameters: dict[str, Any]) -> TupleRow | None:
    """The first row of one statement, or None."""
    rows = await fetch_all(sql, parameters)
    return rows[0] if rows else None


async def close() -> None:
    """Give the running loop's connections back; for shutdown and tests."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        await pool.close()
