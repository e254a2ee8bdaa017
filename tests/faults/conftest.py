"""What the fault tests share: the feed's people, and processes of their own."""

from __future__ import annotations

from tests.feed.conftest import mia, publish

__all__ = ["mia", "publish"]
