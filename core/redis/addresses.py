"""Addresses of Redis: one server (`redis://`, `rediss://`) or a cluster (`redis+cluster://host:port,host:port`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

Node = tuple[str, int]  # host, port

CLUSTER = "+cluster"
_CLUSTER_URL = re.compile(r"(rediss?)\+cluster://(.*@)?([^/?#@]*)(/[^?]*)?(\?.*)?")
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
    return url.partition("://")[0].endswith(CLUSTER)


def parse_cluster(url: str) -> ClusterAddress:
    """Reads `redis[s]+cluster://[user:password@]host[:port][,host[:port]…][?option=value]`. Raises ValueError."""
    # Not urlsplit: several hosts are none to it, and some of its versions refuse an IPv6 address among them.
    parts = _CLUSTER_URL.fullmatch(url)
    if parts is None:
        raise ValueError("the address of a Redis Cluster has the form redis+cluster://host:port,host:port")
    scheme, account, hosts, path, query = parts.groups("")
    if path not in {"", "/", "/0"}:
        raise ValueError("a Redis Cluster has the database 0 only")
    seeds = tuple(_node(text) for text in hosts.split(",") if text)
    if not seeds:
        raise ValueError("the address of a Redis Cluster names at least one node")
    return ClusterAddress(seeds, scheme, account, query)


def _node(text: str) -> Node:
    one = urlsplit(f"//{text}")
    if not one.hostname:
        raise ValueError(f"{text!r} is no host of a Redis Cluster")
    return one.hostname, one.port or DEFAULT_PORT
