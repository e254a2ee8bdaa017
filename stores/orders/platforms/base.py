"""What every order platform can do, whatever its headers and payloads look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.problems import Invalid, Problem
from stores.orders.facts import Event


class BadSignature(Problem):
    """This delivery is not signed with the secret of this store's webhook."""

    status = 401
    code = "bad_signature"

    def __init__(self, reason: str) -> None:
        """`reason` is for our log and the store's owner. The sender is told the rule only: it may be anybody."""
        super().__init__()
        self.reason = reason


class Unreadable(Invalid):
    """The delivery is signed, but what it says cannot be read."""

    code = "unreadable_delivery"

    def __init__(self, reason: str, *, errors: list[dict[str, str]] | None = None) -> None:
        """`reason` is one sentence for the owner, `errors` the fields at fault where there are several."""
        super().__init__(reason, errors=[dict(error) for error in errors] if errors else None)
        self.reason = reason


class WeakSecret(Invalid):
    """This webhook secret is too weak or not in the platform's form."""

    code = "weak_secret"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a delivery says: events to fold in, or none and the reason why it was ignored. Iterates as its events."""

    events: tuple[Event, ...] = ()
    ignored: str = ""

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)


class Platform(Protocol):
    """One source of orders. Implementations hold no state; headers are looked up without regard to case.

    A caller asks in this sequence: `is_ping` (answer 200, do nothing), `verify`, `delivery_id` (known: answer 200, do
    nothing), store, and `parse` later, in the job.
    """

    name: str

    def verify(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
        """Raise BadSignature unless `body`, byte for byte, was signed with `secret`. Comparisons take constant time."""

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """The key under which a repeated delivery is the same one: at most 100 characters, and signed itself."""

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Is it the platform's unsigned greeting, which must be answered and may have no effect?"""

    def parse(self, headers: Mapping[str, str], body: bytes) -> Reading:
        """The facts of a verified delivery. Raises Unreadable, and nothing else, for what claims to be ours and is not.

        Headers that are not signed decide nothing: who saw one delivery could send it again under another topic.
        """

    def sign(self, body: bytes, secret: str, *, now: datetime, message_id: str = "") -> dict[str, str]:
        """The headers that make `body` a delivery of this platform, for demo data, scripts and tests."""

    def new_secret(self) -> str:
        """A fresh secret in the platform's form."""

    def check_secret(self, secret: str) -> str:
        """A secret that a merchant pasted, trimmed; raises WeakSecret when it is short, simple or in no known form."""


def header(headers: Mapping[str, str], name: str, *, most: int = 256) -> str:
    """The header's value, trimmed; "" when it is missing or longer than `most` characters."""
    wanted = name.lower()
    for key, value in headers.items():
        if key.lower() == wanted:
            return value.strip() if len(value) <= most else ""
    return ""
