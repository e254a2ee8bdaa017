"""Django's PostgreSQL backend, which drops cut connections together: one that broke is seldom the only one."""

from __future__ import annotations

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Without this each connection that slept in the pool while PostgreSQL restarted fails a request of its own.

    CONN_HEALTH_CHECKS is no way out: it costs a round trip each time, and when psycopg's pool finds one dead connection
    after the other, it waits for seconds between them.
    """

    def _close(self) -> None:
        broke = self.connection is not None and self.connection.broken
        super()._close()  # type: ignore[misc]  # the stubs leave it out
        if broke and self.pool is not None:
            self.pool.check()
