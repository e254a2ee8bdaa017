"""Benches of feeds at a tiny size: they run by themselves, find nothing wrong, and give each promised figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.musts import MUSTS
from bench.sizes import SIZES
from tests.bench.tiny import FEEDS, ROOMS, run_benches


@pytest.mark.timeout(300)
def test_the_benches_of_feeds_give_every_figure_that_has_a_must(tmp_path: Path) -> None:
    results = run_benches(FEEDS, tmp_path)
    assert any(key.endswith("_ceiling") for key in results["fanout"])


def test_no_bench_is_left_out() -> None:
    assert set(FEEDS + ROOMS) == set(SIZES["tiny"]) == set(SIZES["full"])
    assert {must.bench for must in MUSTS} <= set(FEEDS + ROOMS)
