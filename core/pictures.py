"""The stored form of a processed picture, and its addresses.

A picture is {"width", "height", "blurhash", "variants": [{"name", "width", "height", "format"}]}, names being of the
default storage.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage


def public_url(name: str) -> str:
    """The absolute address of a stored file."""
    url: str = default_storage.url(name)
    return url if "://" in url else settings.BASE_URL.rstrip("/") + url


def picture_url(picture: dict[str, Any] | None, *, width: int = 320, form: str = "webp") -> str | None:
    """The address of the variant nearest above a width in pixels, or None without a picture."""
    variants = [variant for variant in (picture or {}).get("variants", []) if variant["format"] == form]
    if not variants:
        return None
    wide = [variant for variant in variants if variant["width"] >= width]
    best = min(wide, key=lambda v: v["width"]) if wide else max(variants, key=lambda v: v["width"])
    return public_url(best["name"])
