"""Every bench at a tiny size: it runs by itself, finds nothing wrong, and gives every figure that is promised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.musts import MUSTS

ROOT = Path(__file__).resolve().parents[2]
# Left out at this size, to save time: it is the same code as daphne's.
ONLY_DAPHNE = {"rps_ratio_uvicorn"}


@pytest.mark.timeout(420)
def test_all_benches_run_and_give_every_figure_that_has_a_must(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "all", "--size", "tiny", "--json", "--write", str(tmp_path / "page.md")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKYARD_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3_000:]
    results = {result["bench"]: result for result in map(json.loads, done.stdout.splitlines())}
    page = (tmp_path / "page.md").read_text()
    for must in MUSTS:
        if must.key not in ONLY_DAPHNE:
            assert must.key in results[must.bench]["met"]
            assert f"| `{must.key}` |" in page
    assert all(result["machine"]["cores"] for result in results.values())
    assert any(key.endswith("_ceiling") for key in results["fanout"])
    assert str(ROOT) not in page
    soak = results["soak"]
    assert all(soak["met"][key] for key in ("gaps", "doubles", "lost_positions", "complete", "errors")), soak
    assert soak["returns"] > 0
    assert soak["deliveries"] > 0
    live = results["live"]
    assert (live["resumed_ratio"], live["taps_told"], live["client_is_bottleneck"]) == (1, 1, False)
