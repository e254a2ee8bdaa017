"""What the steps of a journey share: the people, what they made, and how it is tidied up at the end."""

from __future__ import annotations

import contextlib
import email
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from config.journey.client import Broken, Client, Person, expect
from config.journey.socket import Socket
from config.shop import Sale

T = TypeVar("T")
CODE = re.compile(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", re.MULTILINE)


@dataclass
class Walk:
    """One journey on its way. Steps fill in what later ones need."""

    var: Path
    demo: dict[str, Any]
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    people: dict[str, Person] = field(default_factory=dict)
    sales: dict[str, Sale] = field(default_factory=dict)
    rooms: dict[str, Socket] = field(default_factory=dict)
    # Whatever else a step leaves for another: ids of posts, comments, questions.
    ids: dict[str, int] = field(default_factory=dict)
    # What takes it all back, and what hangs up.
    undo: list[Callable[[], object]] = field(default_factory=list)
    close: list[Callable[[], object]] = field(default_factory=list)

    @classmethod
    def from_folder(cls, var: Path) -> Walk:
        """A journey through the demo that `var/demo.json` tells of. Raises Broken."""
        path = var / "demo.json"
        try:
            return cls(var=var, demo=json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise Broken(f"There is no {path}: start Backyard first, with make run") from None
        except ValueError:
            raise Broken(f"{path} is not whole: start Backyard again, with make run") from None

    @property
    def base_url(self) -> str:
        """The running system's address."""
        return str(self.demo["base_url"])

    @property
    def store(self) -> str:
        """The handle of the merchant's store."""
        return str(self.demo["store"])

    @property
    def room(self) -> int:
        """The open live room."""
        return int(self.demo["live_room"])

    def __getitem__(self, name: str) -> Person:
        """Somebody who has signed in: staff, merchant, buyer, stranger; ana, ben, cho."""
        return self.people[name]

    def newcomer(self, name: str) -> Person:
        """Somebody nobody knows yet, on a connection of their own."""
        client = Client(self.base_url)
        self.close.append(client.close)
        address = f"{name}.{self.name}@example.org" if name else ""
        return Person(client, name=name, email=address, password=secrets.token_urlsafe(12))

    def code_mailed_to(self, address: str) -> str:
        """The code of the newest mail to somebody, as development writes it to a file."""
        found = sorted((self.var / "mail").glob(f"*-{address}.eml"))
        expect(found, f"no mail to {address} in {self.var / 'mail'}")
        text = email.message_from_bytes(found[-1].read_bytes()).get_payload(decode=True)
        code = CODE.search(text.decode() if isinstance(text, bytes) else "")
        if code is None:
            raise Broken(f"the mail to {address} carries no code")
        return code[1]

    def tidy(self) -> None:
        """Takes back what the journey left in the demo, the latest first, as far as it can."""
        for todo in (self.undo, self.close):
            while todo:
                with contextlib.suppress(Exception):
                    todo.pop()()


def until(look: Callable[[], T | None], *, what: str, seconds: float = 5.0, every_s: float = 0.01) -> tuple[T, float]:
    """Looks again and again until there is something; that, and how many seconds it took. Raises Broken."""
    start = time.monotonic()
    while True:
        found = look()
        took = time.monotonic() - start
        if found:
            return found, took
        expect(took < seconds, f"{what} did not happen within {seconds:.0f} s")
        time.sleep(every_s)


def card(person: Person, post_id: int, *, limit: int = 20) -> dict[str, Any] | None:
    """A post as it stands on the first page of somebody's feed, or None."""
    items = person.get(f"/feed?limit={limit}").ok()["items"]
    return next((item for item in items if item["id"] == post_id), None)


def milliseconds(seconds: float) -> str:
    """A duration for people."""
    return f"{seconds * 1000:.0f} ms"
