"""The tea house with its whole cast, and the certainty that whatever was done to it, the site lives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings

from tests.acceptance.scene import Scene
from tests.conftest import Site

SetLimits = Callable[..., None]


@pytest.fixture
def set_limits() -> Iterator[SetLimits]:
    """Sets limits by name, and puts the old ones back."""
    before = settings.LIMITS

    def set_them(**chosen: Any) -> None:
        settings.LIMITS = replace(settings.LIMITS, **chosen)

    yield set_them
    settings.LIMITS = before


@pytest.fixture
def scene(site: Site, set_limits: SetLimits) -> Iterator[Scene]:
    """A tea house with posts, and rates wide enough to be asked often. Afterwards the site must still answer."""
    rates = [name for name in settings.LIMITS.published() if name.endswith("_rate") and not name.startswith("sign_")]
    set_limits(**dict.fromkeys(rates, "100000/minute"))
    scene = Scene(site.base_url)
    yield scene
    assert scene.people["nobody"].get("/readyz").json()["status"] == "ready"
    assert scene.people["nobody"].get("/stores/teahouse").status_code == 200
    scene.close()
