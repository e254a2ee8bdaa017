"""Limits from the environment: numbers that cannot work are refused before anything runs with them."""

from __future__ import annotations

import resource

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.limits import Limits


@pytest.mark.parametrize(
    ("numbers", "named"),
    [
        ({"feed_push_followers": 10_000}, "LIMIT_FEED_PUSH_AGAIN_FOLLOWERS"),
        ({"page_default": 51}, "LIMIT_PAGE_DEFAULT"),
        ({"feed_inbox_cap": 0}, "LIMIT_FEED_INBOX_CAP"),
        ({"feed_outbox_cap": 100_000}, "LIMIT_FEED_OUTBOX_CAP"),
        ({"discover_half_life_h": 0}, "LIMIT_DISCOVER_HALF_LIFE_H"),
    ],
)
def test_numbers_that_cannot_work_are_refused_by_name(numbers: dict[str, int], named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        Limits(**numbers)  # type: ignore[arg-type]  # numbers all


def test_the_least_that_works_is_taken() -> None:
    assert Limits(feed_inbox_cap=1, feed_push_followers=1, feed_push_again_followers=1).feed_inbox_cap == 1


def test_sockets_leave_open_files_for_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, sockets in ((65_536, 64_536), (1_024, 768), (resource.RLIM_INFINITY, 1_000_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert Limits().live_sockets_per_process == sockets
