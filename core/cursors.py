"""Opaque, signed page cursors: a client can hand one back, not make one."""

from __future__ import annotations

import base64
import binascii
import hmac

from django.conf import settings

from core.problems import BadCursor

_MAC_BYTES = 10


def _mac(kind: str, payload: bytes) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"cursor:" + kind.encode() + b":" + payload, "sha256")[:_MAC_BYTES]


def sign(kind: str, *values: int) -> str:
    """A cursor of one kind ("home", "comments", …) that carries integers."""
    payload = ",".join(map(str, values)).encode()
    return base64.urlsafe_b64encode(_mac(kind, payload) + payload).rstrip(b"=").decode()


def read(kind: str, cursor: str, *, length: int = 1) -> tuple[int, ...]:
    """The integers of a cursor that we signed for this kind of page; raises BadCursor for anything else."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadCursor from error
    mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(kind, payload)):
        raise BadCursor
    values = tuple(int(part) for part in payload.split(b","))
    if len(values) != length:
        raise BadCursor
    return values
