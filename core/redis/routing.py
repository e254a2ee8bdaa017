"""Which node of a Redis Cluster a command goes to, and what an answer says about the way. Talks to nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import AskError, MovedError, NoScriptError, ResponseError, TryAgainError

from core.redis.addresses import Node
from core.redis.breaker import Breaker, NodeAway, is_away

UNANSWERED: Any = object()
SLOTS = REDIS_CLUSTER_HASH_SLOTS
Join = Callable[[list[Any]], Any]
# A map that nobody complains about is read again after this long, to know new replicas.
MAP_LIFE_S = 60.0
# However many complain, it is read at most so often.
MAP_REST_S = 0.25

_SCRIPTS = {"EVAL", "EVALSHA"}
_SECOND = {"OBJECT"}  # the key comes after a word
_READS = {"GET", "MGET", "EXISTS", "STRLEN", "GETRANGE", "HMGET", "HGET", "HGETALL", "TTL"}


def _first(replies: list[Any]) -> Any:
    return replies[0]


# Commands on several keys that may lie anywhere: each node gets its own. MGET is put together by place.
_SPREAD: dict[str, Join] = {"MGET": _first, "DEL": sum, "UNLINK": sum, "EXISTS": sum}
# Commands for every primary.
_EVERYWHERE: dict[str, Join] = {
    "FLUSHALL": _first,
    "FLUSHDB": _first,
    "SCRIPT FLUSH": _first,
    "PING": _first,
    "CLIENT PAUSE": _first,
    "CONFIG SET": _first,
    "DBSIZE": sum,
    "KEYS": lambda replies: list(chain.from_iterable(replies)),
}
_OF_ONE_SERVER = {"SCAN", "INFO", "TIME", "PUBLISH"}


@dataclass(frozen=True, slots=True)
class Shard:
    """Who holds some slots."""

    primary: Node
    replicas: tuple[Node, ...] = ()


class Topology:
    """The cluster's map: a shard for each slot, None where no node serves it."""

    def __init__(self, ranges: Iterable[tuple[int, int, Shard]]) -> None:
        self.shards: list[Shard | None] = [None] * SLOTS
        distinct: set[Shard] = set()
        for first, last, shard in ranges:
            self.shards[first : last + 1] = [shard] * (last + 1 - first)
            distinct.add(shard)
        self.primaries = sorted({shard.primary for shard in distinct})
        self.served = SLOTS - self.shards.count(None)
        self.nodes = {node for shard in distinct for node in (shard.primary, *shard.replicas)}

    @classmethod
    def read(cls, reply: Sequence[Any], asked: Node) -> Topology:
        """The map that a node gave for CLUSTER SLOTS. A node that does not know its own host is where it was asked."""

        def node(described: Sequence[Any]) -> Node:
            host = described[0].decode() if isinstance(described[0], bytes) else described[0]
            return (host or asked[0], int(described[1]))

        return cls(
            (int(first), int(last), Shard(node(primary), tuple(map(node, replicas))))
            for first, last, primary, *replicas in reply
        )

    @property
    def whole(self) -> bool:
        """Whether every slot is served."""
        return self.served == SLOTS


@dataclass(slots=True)
class Part:
    """What one node is asked, and its reply, which may be an error, once there is one."""

    args: tuple[Any, ...]
    options: Mapping[str, Any]
    slot: int
    target: Node | None = None  # the node that it must go to, whatever the map says
    asking: bool = False
    asked: Node = ("", 0)  # who was asked last
    reply: Any = UNANSWERED


@dataclass(slots=True)
class Call:
    """A command as its caller gave it: its parts, and how their replies become one."""

    parts: list[Part]
    join: Join = _first

    def reply(self) -> Any:
        """The caller's reply; an error when a part got one."""
        replies = [part.reply for part in self.parts]
        return next((reply for reply in replies if isinstance(reply, Exception)), None) or self.join(replies)


@dataclass(slots=True)
class Batch:
    """What goes to one node in one trip."""

    node: Node
    replica: bool
    parts: list[Part] = field(default_factory=list)


def slot_of(key: object) -> int:
    """The slot of a key."""
    return key_slot(key if isinstance(key, bytes) else str(key).encode())


def call_of(args: tuple[Any, ...], options: Mapping[str, Any], topology: Topology) -> Call:
    """Splits a command as far as its keys lie in different slots. Raises ResponseError for what names no key."""
    name = str(args[0]).upper()
    if name in _EVERYWHERE:
        return Call([Part(args, options, 0, target=node) for node in topology.primaries], _EVERYWHERE[name])
    if name in _SPREAD and len(args) > 2:
        return _spread(args, options)
    return Call([Part(args, options, slot_of(_key(name, args)))])


def _key(name: str, args: tuple[Any, ...]) -> Any:
    if name in _SCRIPTS and int(args[2]) > 0:
        return args[3]
    place = 2 if name in _SECOND else 1
    if name in _OF_ONE_SERVER | _SCRIPTS or len(args) <= place or (" " in name and name != "MEMORY USAGE"):
        raise ResponseError(f"{name} names no key, so it cannot be sent to a cluster")
    return args[place]


def _spread(args: tuple[Any, ...], options: Mapping[str, Any]) -> Call:
    places: dict[int, list[int]] = {}
    for place, key in enumerate(args[1:]):
        places.setdefault(slot_of(key), []).append(place)
    own = {name: value for name, value in options.items() if name != "keys"}
    parts = [Part((args[0], *(args[1 + place] for place in found)), dict(own), slot) for slot, found in places.items()]

    def by_place(replies: list[list[Any]]) -> list[Any]:
        placed = zip(chain.from_iterable(places.values()), chain.from_iterable(replies), strict=True)
        return [reply for _, reply in sorted(placed, key=lambda pair: pair[0])]

    return Call(parts, by_place if args[0] == "MGET" else _SPREAD[args[0]])


def _place(node: Node) -> str:
    return f"{node[0]}:{node[1]}"


def _not_now(reply: object) -> bool:
    # A script that a node forgot is sent again, and two nodes that hand a slot over are asked again.
    return isinstance(reply, ResponseError) and not isinstance(reply, (NoScriptError, TryAgainError)) and is_away(reply)


class Router:
    """What a process knows about a cluster: the map, and who was found away. Shared by all of its clients."""

    def __init__(self, seeds: Sequence[Node], fixed: Topology | None = None) -> None:
        self.topology = fixed
        self.fixed = fixed is not None
        self.breakers: dict[Node, Breaker] = {}
        self.seeds = list(seeds)
        # Nodes whose map was not whole, and when.
        self._poor: dict[Node, float] = {}
        self._stale_at = 0.0
        self._rest_until = 0.0
        self._turn = 0

    # --- the map ------------------------------------------------------------------------------------------------------

    def wants_map(self) -> bool:
        """Whether the caller is to read the map now; for everybody else the old one does meanwhile."""
        if self.fixed:
            return False
        if self.topology is None:
            return True
        now = time.monotonic()
        if now < self._stale_at or now < self._rest_until:
            return False
        self._stale_at, self._rest_until = now + MAP_LIFE_S, now + MAP_REST_S
        return True

    def mapmakers(self) -> list[Node]:
        """Whom to ask for the map: two nodes at most, of those that are not left alone, the best first."""
        known = [*(self.topology.primaries if self.topology else ()), *self.seeds]
        best = sorted(dict.fromkeys(known), key=lambda node: (self.breaker(node).open_until, self._poor.get(node, 0.0)))
        return [node for node in best[:2] if self.breaker(node).admits()]

    def learn(self, reply: Sequence[Any], asked: Node) -> bool:
        """Takes a node's answer to CLUSTER SLOTS; whether nobody else is to be asked.

        A node that was reset, or has left the cluster, answers with a map of less than there is: it is not believed,
        as long as more is known, and asked last from then on.
        """
        found = Topology.read(reply, asked)
        if not found.whole:
            self._poor[asked] = time.monotonic()
        if found.served < (self.topology.served if self.topology else 1):
            return False
        self.topology = found
        self._stale_at = time.monotonic() + MAP_LIFE_S
        if found.whole:
            self._poor.pop(asked, None)
            self.breaker(asked).close()
        return found.whole

    def gone(self, nodes: Iterable[Node]) -> list[Node]:
        """Those of these nodes that the map does not name any more."""
        known = {*(self.topology.nodes if self.topology else ()), *self.seeds}
        return [node for node in nodes if node not in known]

    def doubt_map(self) -> None:
        """The map may be wrong: it is read again soon."""
        self._stale_at = 0.0

    def breaker(self, node: Node) -> Breaker:
        """The breaker of one node."""
        return self.breakers.setdefault(node, Breaker())

    # --- the way ------------------------------------------------------------------------------------------------------

    def batches(self, parts: Iterable[Part], *, replicas: bool, whole: bool = False) -> list[Batch]:
        """What to send where; what nobody can be sent has NodeAway for its reply. `whole`: then nothing is sent."""
        assert self.topology is not None
        found: dict[Node, Batch] = {}
        self._turn += 1
        for part in parts:
            node, replica = self._node_for(part, self.topology, replicas=replicas)
            if node is None:
                self.doubt_map()
                part.reply = NodeAway(f"no node serves slot {part.slot}")
                continue
            batch = found.get(node)
            if batch is None:
                batch = found[node] = Batch(node, replica)
            part.asked = node
            batch.parts.append(part)
        if whole:
            # No node's turn to be tried is used up by a trip that will not go, else none ever might.
            closed = {node: batch for node, batch in found.items() if not batch.replica and self.breaker(node).is_open}
            found = closed or found
        return [batch for batch in found.values() if self._admits(batch)]

    def _admits(self, batch: Batch) -> bool:
        if self.breaker(batch.node).admits() or batch.replica:
            return True
        for part in batch.parts:
            part.reply = NodeAway(f"{_place(batch.node)} was found away")
        return False

    def _node_for(self, part: Part, topology: Topology, *, replicas: bool) -> tuple[Node | None, bool]:
        if part.target is not None:
            return part.target, False
        shard = topology.shards[part.slot]
        if shard is None:
            return None, False
        if replicas and shard.replicas and str(part.args[0]).upper() in _READS:
            for turn in range(len(shard.replicas)):
                node = shard.replicas[(self._turn + turn) % len(shard.replicas)]
                if not self.breaker(node).is_open:
                    return node, True
        return shard.primary, False

    def answered(self, batch: Batch, replies: Sequence[Any]) -> None:
        """Takes a node's replies. Those that say that it cannot serve now are taken for its being away."""
        for part, reply in zip(batch.parts, replies, strict=True):
            part.reply = reply
        refused = [part for part in batch.parts if _not_now(part.reply)]
        if refused:
            self._found_away(batch, refused, refused[0].reply)
        else:
            self.breaker(batch.node).close()

    def failed(self, batch: Batch, error: BaseException) -> None:
        """A node did not answer: that is the reply to its parts. If it is a replica, the primary is asked instead."""
        self._found_away(batch, batch.parts, error)

    def _found_away(self, batch: Batch, parts: Iterable[Part], error: BaseException) -> None:
        self.breaker(batch.node).open()
        self.doubt_map()
        for part in parts:
            if batch.replica:
                part.reply = UNANSWERED
            else:
                part.reply = NodeAway(f"{_place(batch.node)} is away: {error}")
                part.reply.__cause__ = error

    def unsettled(self, parts: Iterable[Part]) -> list[Part]:
        """Those that must be sent again: redirected, between two nodes, or not answered by a replica."""
        again = []
        for part in parts:
            reply = part.reply
            if isinstance(reply, AskError):  # MOVED is one too
                # Without a host: the one that was asked, as in CLUSTER SLOTS.
                part.target = (reply.host or part.asked[0], int(reply.port))
                part.asking = not isinstance(reply, MovedError)
                if isinstance(reply, MovedError):
                    self.doubt_map()
            elif isinstance(reply, TryAgainError):
                part.target, part.asking = None, False
            elif reply is not UNANSWERED:
                continue
            part.reply = UNANSWERED
            again.append(part)
        return again
