"""A wire to PostgreSQL that counts what is asked over it: every statement of a process, whoever sends it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


class Wire:
    """Passes everything on, both ways. `asked`: how many statements were executed over it, of all connections."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._to = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        who = f"{parts.username}:{parts.password or ''}@" if parts.username else ""
        self.url = urlunsplit(parts._replace(netloc=f"{who}127.0.0.1:{self._door.getsockname()[1]}"))
        self.asked = 0
        self._counting = threading.Lock()
        threading.Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            server = socket.create_connection(self._to)
            threading.Thread(target=self._carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, asking: bool) -> None:
        heard, greeted = bytearray(), False
        try:
            while data := source.recv(65_536):
                target.sendall(data)
                if asking:
                    heard += data
                    greeted = self._count(heard, greeted)
        except OSError:
            pass
        finally:
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)  # so that the other thread, which reads from it, hears of it
                end.close()

    def _count(self, heard: bytearray, greeted: bool) -> bool:
        """Takes whole messages off: the first ones have no type; Query and Execute are what is counted."""
        while len(heard) >= (5 if greeted else 8):
            (size,) = struct.unpack_from("!I", heard, 1 if greeted else 0)
            whole = size + greeted
            if len(heard) < whole:
                break
            if greeted:
                with self._counting:
                    self.asked += chr(heard[0]) in "QE"
            else:
                greeted = struct.unpack_from("!I", heard, 4)[0] not in (SSL_REQUEST, GSS_REQUEST)
            del heard[:whole]
        return greeted

    def close(self) -> None:
        """Lets nobody in any more."""
        self._door.close()


@contextmanager
def counted(url: str) -> Iterator[Wire]:
    """A wire to this PostgreSQL."""
    wire = Wire(url)
    try:
        yield wire
    finally:
        wire.close()
