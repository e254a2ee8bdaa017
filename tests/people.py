"""People for tests: a user, a session, and the HTTP client that carries it."""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import Any

import httpx
from allauth.account.models import EmailAddress
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicRegistry

from accounts.models import User
from accounts.sessions import SessionStore
from core import clock
from stores.models import Order, OrderStatus, Role, Staff, Store, StoreStatus

# Made once: every client would else read all the authorities of the world, to speak plain HTTP.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Person:
    """Somebody who calls the API. Paths are below /api/v1 unless they start with it or another root."""

    def __init__(self, *, base_url: str, user: User | None, token: str) -> None:
        self._user = user
        self.token = token
        headers = {"X-Session-Token": token} if token else {}
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=20, verify=NO_TLS)

    @property
    def user(self) -> User:
        """The row behind this person."""
        assert self._user is not None, "nobody has no user"
        return self._user

    @property
    def id(self) -> int:
        """The user's id."""
        return self.user.id

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request."""
        if not path.startswith(("/api/", "/_allauth/", "/healthz", "/readyz", "/metrics", "/admin", "/s/", "/media/")):
            path = "/api/v1" + path
        return self.http.request(method, path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """POST with a JSON body, if any."""
        return self.call("POST", path, json=body, **options) if body is not None else self.call("POST", path, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """PUT with a JSON body, if any."""
        return self.call("PUT", path, json=body, **options) if body is not None else self.call("PUT", path, **options)

    def patch(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """PATCH."""
        return self.call("PATCH", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """DELETE."""
        return self.call("DELETE", path, **options)

    def close(self) -> None:
        """Closes the client's connections."""
        self.http.close()


def sign_in(user: User) -> str:
    """A session token for a user, made as a sign-in makes it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    assert session.session_key is not None
    return session.session_key


def make_user(name: str, **fields: Any) -> User:
    """A user with the verified address <name>@example.org and the password "correct horse <name>"."""
    email = fields.pop("email", f"{re.sub('[^a-z0-9]', '', name.lower()) or 'person'}@example.org")
    user = User.objects.create_user(email, f"correct horse {name}", display_name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_person(base_url: str, name: str, **fields: Any) -> Person:
    """A user, signed in."""
    user = make_user(name, **fields)
    return Person(base_url=base_url, user=user, token=sign_in(user))


def make_store(*, owner: Person, handle: str, name: str = "", **fields: Any) -> Store:
    """An approved store with its owner; through the tables, as applying has tests of its own."""
    fields.setdefault("status", StoreStatus.APPROVED)
    store = Store.objects.create(handle=handle, name=name or handle, **fields)
    Staff.objects.create(store=store, user=owner.user, role=Role.OWNER)
    return store


def make_order(*, user: User | None, store: Store, **fields: Any) -> Order:
    """A paid order of this store, linked to a user; through the table, as intake has tests of its own."""
    values: dict[str, Any] = {
        "platform": "standard",
        "external_id": f"test-{Order.objects.count() + 1}",
        "status": OrderStatus.PAID,
        "currency": "EUR",
        "total": "24.00",
        "product_title": "Oolong, 100 g",
        "paid_at": clock.now(),
        "source_updated_at": clock.now(),
    }
    return Order.objects.create(user=user, store=store, **(values | fields))


def make_staff(*, user: User, store: Store, role: Role) -> Staff:
    """Gives somebody a role."""
    return Staff.objects.create(user=user, store=store, role=role)


def run_jobs() -> None:
    """Runs every job that is due, and those that they defer, with procrastinate's own worker."""

    async def work() -> None:
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # Django's connector has it
        with app.replace_connector(connector) as worker_app:
            worker_app.periodic_registry = PeriodicRegistry()  # type: ignore[no-untyped-call]  # else it depends on the clock
            async with worker_app.open_async():
                await worker_app.run_worker_async(
                    wait=False,
                    install_signal_handlers=False,
                    listen_notify=False,
                    fetch_job_polling_interval=0.05,
                )

    asyncio.run(work())


def problem(response: httpx.Response) -> tuple[int, str]:
    """The status and code of a refusal; fails unless it is a problem document."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    return response.status_code, body["code"]
