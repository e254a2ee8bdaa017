"""The benches of live rooms at a tiny size: nobody misses anything, and every promised figure is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.tiny import ROOMS, run_benches


@pytest.mark.timeout(300)
def test_the_benches_of_rooms_give_every_figure_that_has_a_must(tmp_path: Path) -> None:
    results = run_benches(ROOMS, tmp_path)
    soak, live = results["soak"], results["live"]
    assert all(soak["met"][key] for key in ("gaps", "doubles", "lost_positions", "complete", "errors")), soak
    assert soak["returns"] > 0
    assert soak["deliveries"] > 0
    assert (live["resumed_ratio"], live["taps_told"], live["client_is_bottleneck"]) == (1, 1, False)
