"""Every statement that PostgreSQL is sent meanwhile, by its own log: nobody's counter can leave one out."""

from __future__ import annotations

import re
import time
from collections import Counter

from bench.stage import Site, Stage

# BEGIN and COMMIT count as well: they are trips like all others.
_SENT = re.compile(r"^.* \[(\d+)\] LOG:  (?:statement|execute [^:]+): (.*(?:\n\t.*)*)$", re.MULTILINE)
_WORDS = 90


class Statements:
    """Counts between entering and leaving. `kinds`: how often each, by how it begins."""

    def __init__(self, stage: Stage, site: Site) -> None:
        self._log = stage.servers.postgres.log
        self._site = site
        self.kinds: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """All of them."""
        return self.kinds.total()

    def __enter__(self) -> Statements:
        """From now on."""
        self._own = self._switch("all")
        self._since = self._log.stat().st_size
        return self

    def __exit__(self, *error: object) -> None:
        """Up to here."""
        with self._log.open("rb") as lines:
            lines.seek(self._since)
            text = lines.read().decode("utf-8", "replace")
        self._switch("none")
        self.kinds = Counter(" ".join(sent.split())[:_WORDS] for pid, sent in _SENT.findall(text) if pid != self._own)

    def _switch(self, what: str) -> str:
        """Tells all connections, those that are open included; the process number of ours."""
        with self._site.sql() as link:
            link.execute(f"ALTER SYSTEM SET log_statement = '{what}'".encode())
            link.execute("SELECT pg_reload_conf()")
            own = link.execute("SELECT pg_backend_pid()").fetchall()[0][0]
        time.sleep(0.5)  # every connection reads it when it is next idle
        return str(own)
