"""Lua files that Redis runs in one step: loaded on first use, and again wherever they were forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from core.redis.doors import Client, Door, feed

Reply = Any
Argument = bytes | str | int | float
Given = tuple[Sequence[str], Sequence[Argument]]  # KEYS, ARGV


class Script:
    """A Lua file, after those in `before` that it calls. In a cluster all KEYS of a call lie in one slot."""

    def __init__(self, path: Path, door: Callable[[], Door] = feed, *, before: Sequence[Path] = ()) -> None:
        self.name = path.stem
        self.source = "\n".join(part.read_text(encoding="utf-8") for part in (*before, path))
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        self._door = door

    def run(self, keys: Sequence[str], args: Sequence[Argument]) -> Reply:
        """One call with the process's client. Raises RedisAway."""
        door = self._door()
        with door.guard():
            return self.on(door.client(), keys, args)

    def on(self, connection: Client, keys: Sequence[str], args: Sequence[Argument]) -> Reply:
        """One call on a given client, unguarded."""
        try:
            return connection.evalsha(self.sha, len(keys), *keys, *args)
        except NoScriptError:
            return connection.eval(self.source, len(keys), *keys, *args)

    def pipelined(self, connection: Client, calls: Sequence[Given]) -> list[Reply]:
        """Many calls in one round trip, unguarded; those again with the source that found the script forgotten."""
        replies = self._send(connection, self.sha, calls)
        forgot = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if forgot:
            # The source once for each node that has to learn it would do, but who they are is not known here.
            again = self._send(connection, None, [calls[place] for place in forgot])
            for place, reply in zip(forgot, again, strict=True):
                replies[place] = reply
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies

    def _send(self, connection: Client, sha: str | None, calls: Sequence[Given]) -> list[Reply]:
        pipeline = connection.pipeline(transaction=False)
        for keys, args in calls:
            if sha is None:
                pipeline.eval(self.source, len(keys), *keys, *args)
            else:
                pipeline.evalsha(sha, len(keys), *keys, *args)
        return list(pipeline.execute(raise_on_error=False))

    async def arun(self, keys: Sequence[str], args: Sequence[Argument]) -> Reply:
        """One call with the event loop's client. Raises RedisAway."""
        door = self._door()
        with door.guard():
            connection = door.async_client()
            try:
                return await connection.evalsha(self.sha, len(keys), *keys, *args)
            except NoScriptError:
                return await connection.eval(self.source, len(keys), *keys, *args)
