"""HMAC-SHA256 in base64 over the raw body, as Shopify and WooCommerce sign, and what makes a secret strong enough."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

from stores.orders.platforms.base import BadSignature, WeakSecret

SECRET_CHARS_MIN = 16
SECRET_CHARS_MAX = 256
SECRET_DISTINCT_MIN = 6


def signature(key: bytes, content: bytes) -> bytes:
    """The base64 text of HMAC-SHA256(key, content). An empty key signs nothing: anybody could do that."""
    if not key:
        raise BadSignature("this webhook has no secret")
    return b64encode(hmac.digest(key, content, hashlib.sha256))


def check_body(*, given: str, secret: str, body: bytes) -> None:
    """Raise BadSignature unless `given` is the body's signature, character for character."""
    expected = signature(secret.encode(), body)
    if not given:
        raise BadSignature("the signature header is missing or too long")
    # Bytes: compare_digest refuses texts beyond ASCII, and a header may hold anything.
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected):
        raise BadSignature("the signature does not match the body and this webhook's secret")


def body_id(body: bytes) -> str:
    """A delivery's id where the platform's own is not signed: equal bodies say, and do, the same."""
    return "sha256:" + hashlib.sha256(body).hexdigest()


def check_secret(secret: str) -> str:
    """The pasted secret, trimmed: 16 to 256 printable ASCII characters, 6 of them different."""
    trimmed = secret.strip()
    if not SECRET_CHARS_MIN <= len(trimmed) <= SECRET_CHARS_MAX:
        raise WeakSecret(f"A secret has {SECRET_CHARS_MIN} to {SECRET_CHARS_MAX} characters.")
    if not (trimmed.isascii() and trimmed.isprintable()):
        raise WeakSecret("A secret is written in plain ASCII characters.")
    if len(set(trimmed)) < SECRET_DISTINCT_MIN:
        raise WeakSecret("This secret is too simple to keep anybody out.")
    return trimmed
