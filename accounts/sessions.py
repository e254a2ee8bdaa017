"""Django's database sessions with the user's id in a column (SESSION_ENGINE)."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from accounts.models import Session


class SessionStore(DatabaseStore):
    """Django's store, writing `Session.user` beside the signed data."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table to use."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row for this data."""
        row = cast(Session, super().create_model_instance(data))
        user_id = data.get(SESSION_KEY)
        row.user_id = int(user_id) if user_id else None
        return row
