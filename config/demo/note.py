"""`var/demo.json`: what scripts need to use the demo. It is written last, so that it also says: all is loaded."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from django.conf import settings

from accounts.models import User
from interactions.models import LiveRoom, RoomStatus

WHO = ("staff", "merchant", "buyer", "stranger")


class Account(TypedDict):
    """Somebody to sign in as."""

    email: str
    password: str


class Note(TypedDict):
    """The whole file (api.md names its keys)."""

    base_url: str
    accounts: dict[str, Account]
    store: str
    webhook_secrets: dict[str, str]
    live_room: int


def path() -> Path:
    """Where it lies."""
    return Path(settings.VAR_DIR) / "demo.json"


def read() -> Note | None:
    """The note, or None when there is none or it is not whole."""
    try:
        found: Any = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(found, dict) and Note.__required_keys__ <= found.keys() and found["accounts"].keys() >= set(WHO)
    return found if whole else None


def write(note: Note) -> None:
    """Puts the note in place at once, readable for its owner only: it holds passwords."""
    draft = path().with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(note, file, ensure_ascii=False, indent=2)
        file.write("\n")
    draft.replace(path())


def passwords() -> Mapping[str, str]:
    """A password for each of WHO: the noted one, or a new one."""
    noted = read()
    return {who: noted["accounts"][who]["password"] if noted else secrets.token_urlsafe(12) for who in WHO}


def is_loaded() -> bool:
    """Whether this database holds the people and the open room of the note. Two statements: a start asks this."""
    noted = read()
    if noted is None:
        return False
    emails = {account["email"] for account in noted["accounts"].values()}
    if User.objects.filter(email__in=emails, is_active=True).count() != len(emails):
        return False
    return LiveRoom.objects.filter(id=noted["live_room"], status=RoomStatus.LIVE).exists()


def renew_base_url() -> None:
    """The port may be another one at each start."""
    noted = read()
    if noted is not None and noted["base_url"] != settings.BASE_URL:
        write({**noted, "base_url": settings.BASE_URL})
