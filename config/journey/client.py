"""An HTTP client of the standard library, and answers that say in one line how they are not what was wanted."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 15.0
PROBLEM = "application/problem+json"


class Broken(Exception):
    """Something is not as Backyard promises; the message says what, in one line."""


def expect(holds: object, otherwise: str) -> None:
    """Raises Broken with these words unless it holds."""
    if not holds:
        raise Broken(otherwise)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        """The body's value."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Broken(f"{self.request} answered {self.status} with what is not JSON: {self.body[:80]!r}") from None

    def header(self, name: str) -> str:
        """A header's value, or ""."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    def said(self) -> str:
        """Status and code, for messages."""
        if not self.body or "json" not in self.header("Content-Type"):
            return str(self.status)
        found = self.json
        words = [found.get("code") or "", found.get("detail") or ""] if isinstance(found, dict) else []
        return " ".join([str(self.status), *filter(None, words)])

    def ok(self, status: int = 200) -> Any:
        """The body's value (None without a body), if the status is this one."""
        expect(self.status == status, f"{self.request} answered {self.said()}, not {status}")
        return self.json if self.body and "json" in self.header("Content-Type") else None

    def refused(self, status: int, code: str) -> None:
        """It must be a problem document with this status and code."""
        expect(self.status == status, f"{self.request} answered {self.said()}, not {status} {code}")
        expect(self.header("Content-Type") == PROBLEM, f"{self.request} refused with {self.header('Content-Type')}")
        expect(self.json.get("code") == code, f"{self.request} answered {self.said()}, not {status} {code}")


class Client:
    """Requests to one server over one kept connection."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        address = urlsplit(self.base_url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(address.hostname or "", address.port, timeout=TIMEOUT_S)

    def call(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request; a path, or an address that starts with base_url. Raises OSError when nobody answers."""
        path = path.removeprefix(self.base_url)
        try:
            return self._once(method, path, body, headers or {})
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()  # it was kept for longer than the server likes
            return self._once(method, path, body, headers or {})

    def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self._connection.request(method, path, body=body or None, headers=dict(headers))
        response = self._connection.getresponse()
        cookies = tuple(response.headers.get_all("Set-Cookie") or ())
        return Answer(f"{method} {path}", response.status, dict(response.getheaders()), response.read(), cookies)

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()


class Person:
    """Somebody who uses Backyard. Paths are below /api/v1 unless they start with another root."""

    def __init__(self, client: Client, *, name: str, email: str = "", password: str = "") -> None:
        self.client = client
        self.name, self.email, self.password = name, email, password
        self.token = ""

    def call(self, method: str, path: str, value: Any = None, **headers: str) -> Answer:
        """One request with a JSON body, if any; `If_Match="…"` gives a header."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if self.token:
            sent.setdefault("X-Session-Token", self.token)
        body = b""
        if value is not None:
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            sent.setdefault("Content-Type", "application/json")
        return self.client.call(method, _whole(path), body=body, headers=sent)

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, value: Any = None, **headers: str) -> Answer:
        """POST."""
        return self.call("POST", path, value, **headers)

    def put(self, path: str, value: Any = None, **headers: str) -> Answer:
        """PUT."""
        return self.call("PUT", path, value, **headers)

    def patch(self, path: str, value: Any, **headers: str) -> Answer:
        """PATCH."""
        return self.call("PATCH", path, value, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        """DELETE."""
        return self.call("DELETE", path, **headers)

    def upload(self, path: str, data: bytes, *, file_name: str, **fields: str) -> Answer:
        """POST of a file and other fields as a form."""
        boundary = secrets.token_hex(16)
        disposition = "Content-Disposition: form-data; name="
        parts = [f'{disposition}"{name}"\r\n\r\n{text}'.encode() for name, text in fields.items()]
        head = f'{disposition}"file"; filename="{file_name}"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(head.encode() + data)
        start, end = f"--{boundary}\r\n".encode(), f"--{boundary}--\r\n".encode()
        body = b"".join(start + part + b"\r\n" for part in parts) + end
        return self.post(path, body, Content_Type=f"multipart/form-data; boundary={boundary}")


def _whole(path: str) -> str:
    rooted = path.startswith(("/api/", "/_allauth/", "/healthz", "/readyz", "/s/", "/admin/", "http://", "https://"))
    return path if rooted else "/api/v1" + path
