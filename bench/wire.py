"""A bare connection to Redis, for ceilings: commands are packed beforehand, answers read one by one."""

from __future__ import annotations

from typing import Any

import redis as driver


class Wire:
    """One connection, and nothing between the caller and it."""

    def __init__(self, url: str) -> None:
        self._pool: Any = driver.Redis.from_url(url, socket_timeout=None).connection_pool
        self._link: Any = self._pool.get_connection()

    def pack(self, *words: bytes | str | int) -> bytes:
        """A command as it is sent."""
        return b"".join(self._link.pack_command(*words))

    def send(self, packed: bytes) -> None:
        """Sends it, without waiting for an answer."""
        self._link.send_packed_command([packed])

    def receive(self) -> Any:
        """The next answer. Raises what Redis answered, if that is an error."""
        return self._link.read_response()

    def ask(self, *words: bytes | str | int) -> Any:
        """A command and its answer."""
        self.send(self.pack(*words))
        return self.receive()

    def close(self) -> None:
        """Hang up."""
        self._pool.release(self._link)
        self._pool.disconnect()
