"""A real browser, signed in as somebody, in front of a live room of Alice's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.wire import Wire
from tests.conftest import Site
from tests.interactions.live.conftest import bob, room
from tests.people import Person

__all__ = ["bob", "room"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = (
    "no Chromium here: install one (apt-get install chromium), or name its program in BROWSER_PATH. Nothing below"
    " tests/browser was checked."
)
SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
WAIT_MS = 8_000


def browser_path() -> str | None:
    """The browser's program: BROWSER_PATH, or the first of the usual names that is one."""
    named = os.environ.get("BROWSER_PATH")
    return named or next((path for name in NAMES if (path := shutil.which(name)) and _is_browser(path)), None)


def _is_browser(path: str) -> bool:
    """Whether it says its version: Ubuntu's `chromium-browser` only says that one should install a snap."""
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and "Chrom" in asked.stdout


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once a file: while it runs, its event loop is this thread's, and other tests want their own."""
    path = browser_path()
    if path is None:
        pytest.skip(MISSING)
    # Playwright's loop runs in this thread, so Django takes our own statements for a coroutine's.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        found = playwright.chromium.launch(executable_path=path, args=[*as_root, "--disable-dev-shm-usage"])
        yield found
        found.close()


class Look:
    """One browser's page, and what went wrong in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.wrongs: list[str] = []
        self.page.on("pageerror", lambda error: self.wrongs.append(f"error: {error}"))
        self.page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        # A wire that a test cuts is no fault of the page, nor the icon that a browser looks for where there is no page.
        expected = any(word in message.text for word in ("ERR_", "WebSocket")) or "favicon" in message.location["url"]
        if message.type in {"error", "warning"} and not expected:
            self.wrongs.append(f"{message.type}: {message.text}")


Visit = Callable[..., Look]


@pytest.fixture
def visit(site: Site, browser: Browser) -> Iterator[Visit]:
    """Opens a browser of its own: `visit("/rooms/1", bob)`. In the end nothing may have gone wrong in any."""
    looks: list[Look] = []

    def open_page(path: str, person: Person | None = None, *, base_url: str = "", **options: Any) -> Look:
        base_url = base_url or site.base_url
        look = Look(browser.new_context(base_url=base_url, **options))
        looks.append(look)
        if person is not None:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": person.token, "url": base_url}
            look.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict of the same shape
        look.page.goto(path)
        return look

    yield open_page
    for look in looks:
        look.context.close()
    assert [wrong for look in looks for wrong in look.wrongs] == []


@pytest.fixture
def wire(site: Site) -> Iterator[Wire]:
    """A wire to the site, whose pages may open sockets over it."""
    with Wire(site.port) as wire:
        settings.ALLOWED_ORIGINS = [site.base_url, wire.base_url]
        yield wire
