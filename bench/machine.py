"""The machine and the versions that a figure was measured on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

import psutil  # type: ignore[import-untyped]
import redis as driver

from bench.stage import Site

POSTGRES_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size", "jit")
PACKAGES = ("django", "daphne", "uvicorn", "psycopg", "redis", "hiredis", "procrastinate")


def facts(site: Site) -> dict[str, object]:
    """Key `machine`: processor, cores, memory, versions, PostgreSQL's settings that matter, and the time."""
    with site.sql() as sql:
        postgres = {name: sql.execute(f"SHOW {name}".encode()).fetchall()[0][0] for name in POSTGRES_SETTINGS}
        server = sql.execute("SHOW server_version").fetchall()[0][0]
    client = driver.Redis.from_url(site.environment["REDIS_URL"])
    info = client.info("server")
    client.close()
    return {
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "postgresql": server,
            "redis": info["redis_version"],
            "packages": {name: version(name) for name in PACKAGES},
            "postgresql_settings": postgres,
            "load_before": round(os.getloadavg()[0], 2),
            "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
        }
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
