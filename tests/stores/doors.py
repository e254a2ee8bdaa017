"""A store's door for a platform, and deliveries that come through it: over HTTP, with the platform's own signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from core import clock
from stores.orders.platforms import PLATFORMS
from tests.people import NO_TLS, Person
from tests.stores.payloads import encoded


@dataclass(frozen=True, slots=True)
class Door:
    """What a merchant typed into the platform: the address and the secret."""

    platform: str
    path: str
    secret: str
    http: httpx.Client

    def sign(self, body: bytes, *, message_id: str = "") -> dict[str, str]:
        """The headers that make these bytes a delivery."""
        return PLATFORMS[self.platform].sign(body, self.secret, now=clock.now(), message_id=message_id)

    def post(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Sends bytes with whatever headers."""
        return self.http.post(self.path, content=body, headers={"content-type": "application/json", **headers})

    def send(self, payload: Any, *, message_id: str = "") -> httpx.Response:
        """Sends a payload, or bytes as they are, signed."""
        body = payload if isinstance(payload, bytes) else encoded(payload)
        return self.post(body, self.sign(body, message_id=message_id))


def open_door(owner: Person, platform: str, *, handle: str = "teahouse", secret: str | None = None) -> Door:
    """The owner makes a webhook through the API; what comes through it carries no session."""
    answer = owner.post(f"/stores/{handle}/webhooks", {"platform": platform, "secret": secret})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    path = made["url"].removeprefix(str(owner.http.base_url).rstrip("/"))
    return Door(platform, path, made["secret"], httpx.Client(base_url=owner.http.base_url, timeout=20, verify=NO_TLS))
