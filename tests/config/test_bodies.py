"""Large bodies under the real daphne: nobody waits for them, and no more of them is kept than their route takes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.people import problem

FRAME = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n%s\r\n--x--\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
MEGABYTES = 40


class Daphne:
    """The web process as it is run in earnest."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "daphne",
            "-v",
            "0",
            "-b",
            "127.0.0.1",
            "-p",
            str(port),
            "config.asgi:application",
        ]
        self.process = subprocess.Popen(command, env=dict(os.environ), stderr=subprocess.DEVNULL)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def wait(self) -> None:
        """Returns when it answers."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.http.get("/healthz")
                return
            except httpx.TransportError:
                time.sleep(0.1)
        raise TimeoutError

    def peak_megabytes(self) -> int:
        """The most memory it ever had."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            pytest.skip("only Linux tells how much memory a process ever had")
        return (
            int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) // 1_000
        )


@pytest.fixture(scope="module")
def daphne() -> Iterator[Daphne]:
    """One for all tests of this file; it needs no database for what is asked here."""
    daphne = Daphne()
    try:
        daphne.wait()
        yield daphne
    finally:
        daphne.http.close()
        daphne.process.terminate()
        daphne.process.wait(timeout=30)


@pytest.mark.alone
def test_nobody_waits_while_a_large_form_arrives(daphne: Daphne) -> None:
    form = FRAME % (b"a line of the file,1,2,3\r\n" * (MEGABYTES * 40_000))
    before, waits, done = daphne.peak_megabytes(), [], threading.Event()

    def look() -> None:
        with httpx.Client(base_url=daphne.http.base_url, timeout=60) as http:
            while not done.is_set():
                begun = time.monotonic()
                assert http.get("/healthz").status_code == 200
                waits.append(time.monotonic() - begun)

    looking = threading.Thread(target=look)
    looking.start()
    answer = daphne.http.post("/api/v1/stores/teahouse/orders/imports", content=form, headers=FORM)
    done.set()
    looking.join()
    assert problem(answer) == (401, "not_signed_in")
    assert max(waits) < 1.0, "Twisted alone takes seconds for such a form, and serves nobody meanwhile"
    assert daphne.peak_megabytes() - before < 4 * MEGABYTES, "and many times its size in memory"


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_beyond_the_limit_is_dropped_as_it_arrives(daphne: Daphne, announced: bool) -> None:
    before = daphne.peak_megabytes()
    part = b"x" * 1_000_000
    body = part * 100 if announced else (part for _ in range(100))
    answer = daphne.http.post("/api/v1/stores", content=body, headers={"Content-Type": "application/json"})
    assert problem(answer) == (413, "payload_too_large")
    assert daphne.peak_megabytes() - before < 20
    assert daphne.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("target", [b"http://evil.example/api/v1/stores", b"*", b"//evil.example/"])
def test_an_odd_target_is_no_error_of_ours(daphne: Daphne, target: bytes) -> None:
    url = daphne.http.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=10) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert connection.recv(100).split()[1] in {b"400", b"404"}
