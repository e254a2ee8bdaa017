"""Benches at a tiny size: whatever has a must is measured, and stands on the page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.musts import MUSTS

ROOT = Path(__file__).resolve().parents[2]
# In one file each, as files are what test processes share out.
FEEDS = ("memory", "fanout", "feed", "latency", "growth")
ROOMS = ("live", "soak")
# Left out at this size, to save time: it is the same code as daphne's.
ONLY_DAPHNE = {"rps_ratio_uvicorn"}


def run_benches(names: tuple[str, ...], folder: Path) -> dict[str, dict[str, Any]]:
    """What these benches print, by name, after a look at the page that they write."""
    written = folder / "page.md"
    command = [sys.executable, "-m", "bench", "all", "--size", "tiny", "--only", *names]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKYARD_")}
    done = subprocess.run(
        [*command, "--json", "--write", str(written)],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    results = {result["bench"]: result for result in map(json.loads, done.stdout.splitlines())}
    assert tuple(results) == names
    page = written.read_text()
    for must in MUSTS:
        if must.bench in names and must.key not in ONLY_DAPHNE:
            assert must.key in results[must.bench]["met"]
            assert f"| `{must.key}` |" in page
    assert str(ROOT) not in page
    assert all(result["machine"]["cores"] for result in results.values())
    return results
