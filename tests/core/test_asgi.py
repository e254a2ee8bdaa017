"""The ASGI application under request lines that no client of ours sends."""

from __future__ import annotations

import socket

import pytest

from tests.conftest import Site


@pytest.mark.parametrize("line", ["OPTIONS * HTTP/1.1", "GET api/v1/instance HTTP/1.1"])
def test_an_odd_request_line_is_refused(site: Site, line: str) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as link:
        link.sendall(f"{line}\r\nHost: 127.0.0.1:{site.port}\r\nConnection: close\r\n\r\n".encode())
        status = int(link.recv(65536).split()[1])
    assert 400 <= status < 500
