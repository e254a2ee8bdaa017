"""Rows for benches, straight into the tables: what is measured starts after them.

`python -m bench.people COUNT` prints what it made as JSON; benches call it so, and need no Django themselves.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import get_random_string

from accounts.models import Session, User
from accounts.sessions import SessionStore
from core import clock
from stores.models import Follow, Role, Staff, Store, StoreStatus

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def make_users(count: int, prefix: str) -> list[User]:
    """Users without passwords."""
    users = [User(email=f"{prefix}{n}@example.org", display_name=f"{prefix} {n}") for n in range(count)]
    for user in users:
        user.set_unusable_password()
    return User.objects.bulk_create(users, batch_size=5_000)


def sign_in(users: list[User]) -> list[str]:
    """A session token for each."""
    store, until = SessionStore(), clock.now() + timedelta(days=1)
    rows = []
    for user in users:
        data = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: BACKEND,
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        rows.append(
            Session(
                session_key=get_random_string(32), session_data=store.encode(data), expire_date=until, user_id=user.pk
            )
        )
    Session.objects.bulk_create(rows, batch_size=5_000)
    return [row.session_key for row in rows]


def store_with_followers(count: int) -> tuple[str, list[str]]:
    """@bench, its owner's token, and the tokens of `count` followers."""
    (owner,) = make_users(1, "owner")
    store = Store.objects.create(handle="bench", name="Bench", status=StoreStatus.APPROVED, follower_count=count)
    Staff.objects.create(store=store, user=owner, role=Role.OWNER)
    followers = make_users(count, "follower")
    Follow.objects.bulk_create([Follow(user=user, store=store) for user in followers], batch_size=5_000)
    return sign_in([owner])[0], sign_in(followers)


if __name__ == "__main__":
    merchant, tokens = store_with_followers(int(sys.argv[1]))
    print(json.dumps({"merchant": merchant, "followers": tokens}))
