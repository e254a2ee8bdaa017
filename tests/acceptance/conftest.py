"""The tea house with its whole cast, and the certainty that whatever was done to it, the site lives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import setting_changed
from django.db import connection

from tests.acceptance.scene import Scene
from tests.conftest import Site, empty_world

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
def wide_limits(set_limits: SetLimits) -> None:
    """Rates wide enough to be asked often."""
    rates = [name for name in settings.LIMITS.published() if name.endswith("_rate") and not name.startswith("sign_")]
    set_limits(**dict.fromkeys(rates, "100000/minute"))


@pytest.fixture
def scene(site: Site, wide_limits: None) -> Iterator[Scene]:
    """A tea house with its cast, for one test."""
    scene = Scene(site.base_url)
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def lasting_scene(
    running_site: Site, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A tea house for all tests of a file that do it no harm."""
    settings.MEDIA_ROOT = str(tmp_path_factory.mktemp("media"))
    setting_changed.send(sender=None, setting="MEDIA_ROOT", value=settings.MEDIA_ROOT, enter=True)
    settings.EMAIL_FILE_PATH = tmp_path_factory.mktemp("mail")
    settings.EMAIL_BACKEND = "accounts.mail.MailFolder"
    settings.BASE_URL, settings.ALLOWED_ORIGINS = running_site.base_url, [running_site.base_url]
    with django_db_blocker.unblock():
        empty_world()
        scene = Scene(running_site.base_url)
        yield scene
        scene.close()
        connection.close()


@pytest.fixture
def quiet_scene(lasting_scene: Scene, wide_limits: None, django_db_blocker: Any) -> Iterator[Scene]:
    """The lasting one, which must still stand after each test, and the site with it."""
    with django_db_blocker.unblock():
        yield lasting_scene
    assert lasting_scene.people["nobody"].get("/healthz").json() == {"status": "alive"}
    assert lasting_scene.people["owner"].get("/stores/teahouse").json()["status"] == "approved"
