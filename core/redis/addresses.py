"""Addresses of Redis: one server (`redis://`, `rediss://`) or a cluster (`redis+cluster://host:port,host:port`)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

Node = tuple[str, int]  # host, port

CLUSTER = "+cluster"
DEFAULT_PORT = 6379


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """Some nodes to ask about the others, and how to talk to every one of them."""

    seeds: tuple[Node, ...]
    _scheme: str
    _account: str
    _query: str

    def url(self, node: Node) -> str:
        """The address of one node, with the account and the options that all have."""
        host, port = node
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return f"{self._scheme}://{self._account}{place}/0{self._query}"


def is_cluster(url: str) -> bool:
    """Whether an address names a cluster."""
    return urlsplit(url).scheme.endswith(CLUSTER)


def parse_cluster(url: str) -> ClusterAddress:
    """Reads `redis[s]+cluster://[user:password@]host[:port][,host[:port]…][?option=value]`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.path not in {"", "/", "/0"}:
        raise ValueError("a Redis Cluster has the database 0 only")
    account, at, hosts = parts.netloc.rpartition("@")
    seeds = tuple(_node(text) for text in hosts.split(",") if text)
    if not seeds:
        raise ValueError("the address of a Redis Cluster names at least one node")
    return ClusterAddress(
        seeds, parts.scheme.removesuffix(CLUSTER), account + at, f"?{parts.query}" if parts.query else ""
    )


def _node(text: str) -> Node:
    one = urlsplit(f"//{text}")
    if not one.hostname:
        raise ValueError(f"{text!r} is no host of a Redis Cluster")
    return one.hostname, one.port or DEFAULT_PORT
