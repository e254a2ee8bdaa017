"""A hub's ear: one Redis subscription that follows a changing set of channels, and is made anew when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from core import logs
from core.redis import subscriber

log = logs.get(__name__)

MOST_AT_ONCE = 100  # messages given on together
RETRY_S = 0.5  # between attempts to subscribe
# A server is asked whether it is there after this much silence, and given up after so much more.
QUIET_S = 5.0
SILENT_S = 12.0


class FellSilent(Exception):
    """The server does not answer on the subscription any more, and did not hang up either."""


class Listener(Protocol):
    """Whom an ear belongs to."""

    def wanted(self) -> Collection[str]:
        """The channels to hear; none: rest."""

    def confirmed(self, channel: bytes) -> None:
        """From now on everything that is published there is heard, as long as nothing is lost."""

    def heard(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Channels and what came over them, in its order."""

    def deaf(self) -> None:
        """Nothing is heard until channels are confirmed again."""


class Ear:
    """Listens as long as anything is wanted. What it may miss, the listener has to find otherwise."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._subscription: Any = None
        self._asked: set[str] = set()
        # What is sent last counts, so one at a time.
        self._asking = asyncio.Lock()
        self._heard_at = 0.0

    async def listen(self) -> None:
        """Until nothing is wanted."""
        while self._listener.wanted():
            try:
                await self._listen_while_it_lasts()
            except Exception as error:  # whatever the driver raises: make another subscription
                log.warning("the live rooms' subscription was lost: %r", error)
                await asyncio.sleep(RETRY_S)

    async def follow(self) -> None:
        """Asks for the channels that are wanted by now, and for no others."""
        async with self._asking:
            subscription = self._subscription
            if subscription is None:
                return  # `listen` is about to ask for all
            wanted = set(self._listener.wanted())
            gone, new = self._asked - wanted, wanted - self._asked
            self._asked = wanted
            if gone:
                await subscription.unsubscribe(*gone)
            if new:
                await subscription.subscribe(*new)

    def ask_again(self, channel: str) -> None:
        """The next `follow` asks for this one whether or not that was done, so that it is confirmed."""
        self._asked.discard(channel)

    async def _listen_while_it_lasts(self) -> None:
        async with subscriber() as client, client.pubsub() as subscription:
            self._asked = set()
            self._subscription = subscription
            self._heard_at = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(SILENT_S):
                    await self.follow()
                while self._listener.wanted():
                    self._give_on(await self._messages(subscription))
                    # Messages that are there already are read without waiting: let the sockets be written to.
                    await asyncio.sleep(0)
            finally:
                self._subscription = None
                self._listener.deaf()

    async def _messages(self, subscription: Any) -> list[dict[str, Any]]:
        """What has come in, as soon as something has: what comes together is told in one frame. Raises FellSilent."""
        found: list[dict[str, Any]] = []
        message = await subscription.get_message(timeout=QUIET_S)
        now = asyncio.get_running_loop().time()
        if message is None:
            if now - self._heard_at > SILENT_S:
                raise FellSilent
            await subscription.ping()
        else:
            self._heard_at = now
        while message is not None:
            found.append(message)
            message = await subscription.get_message(timeout=0) if len(found) < MOST_AT_ONCE else None
        return found

    def _give_on(self, messages: Sequence[dict[str, Any]]) -> None:
        published = []
        for message in messages:
            if message["type"] == "subscribe":
                self._listener.confirmed(message["channel"])
            elif message["type"] == "message":
                published.append((message["channel"], message["data"]))
        if published:
            self._listener.heard(published)
