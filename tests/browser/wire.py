"""A wire between a browser and a server that a test can cut, freeze and mend.

A browser's own offline mode leaves open websockets alone, so the network is cut where networks are: on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from types import TracebackType


class Wire:
    """Relays TCP from a port of its own to `target`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._whole = True
        self._frozen = False
        self._deaf = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._over = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)

    def cut(self) -> None:
        """Resets all connections, and every new one, until it is mended."""
        self._whole = False
        self._loop.call_soon_threadsafe(self._reset_all)

    def freeze(self) -> None:
        """Says nothing any more, and closes nothing: a network that died without a word."""
        self._frozen = True

    def deafen(self) -> None:
        """What the server says is lost; what it is told still arrives."""
        self._deaf = True

    def mend(self) -> None:
        """New connections go through again. Those that lost something stay silent."""
        self._whole, self._frozen, self._deaf = True, False, False

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        await asyncio.start_server(self._relay, sock=self._listener)
        await self._over.wait()

    def _reset_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        ends = {writer, back}
        self._writers |= ends
        try:
            await asyncio.gather(self._pass_on(reader, back, False), self._pass_on(there, writer, True))
        except OSError:
            pass
        finally:
            self._writers -= ends
            for end in ends:
                end.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to_browser: bool) -> None:
        lost = False
        while data := await reader.read(65_536):
            lost = lost or self._frozen or (self._deaf and to_browser)
            if not lost:
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(5)
        self._listener.close()
