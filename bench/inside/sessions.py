"""Session tokens, for those shoppers that read."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import get_random_string

from accounts.models import Session, User
from accounts.sessions import SessionStore
from core import clock

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def sign_in(user_ids: list[int]) -> list[str]:
    """A token for each of these people, in their order."""
    users = User.objects.in_bulk(user_ids)
    store, until = SessionStore(), clock.now() + timedelta(days=1)
    rows = []
    for user_id in user_ids:
        data = {
            SESSION_KEY: str(user_id),
            BACKEND_SESSION_KEY: BACKEND,
            HASH_SESSION_KEY: users[user_id].get_session_auth_hash(),
        }
        rows.append(
            Session(
                session_key=get_random_string(32), session_data=store.encode(data), expire_date=until, user_id=user_id
            )
        )
    Session.objects.bulk_create(rows, batch_size=5_000)
    return [row.session_key for row in rows]
