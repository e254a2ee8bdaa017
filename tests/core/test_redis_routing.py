"""Where commands go in a cluster: pure values, no server."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import AskError, MovedError, NoScriptError, OutOfMemoryError, ResponseError, TryAgainError

from core.redis.addresses import is_cluster, parse_cluster
from core.redis.breaker import NodeAway
from core.redis.routing import SLOTS, UNANSWERED, Part, Router, Shard, Topology, call_of, slot_of

ONE, TWO, COPY = ("one", 1), ("two", 2), ("copy", 1)
HALVES = Topology([(0, SLOTS // 2 - 1, Shard(ONE, (COPY,))), (SLOTS // 2, SLOTS - 1, Shard(TWO))])


def router() -> Router:
    """Two masters, the first with a replica."""
    made = Router([ONE])
    last = SLOTS - 1
    made.learn([[0, last // 2, [b"one", 1], [b"copy", 1]], [last // 2 + 1, last, [b"two", 2]]], ONE)
    assert made.topology is not None
    assert made.topology.shards == HALVES.shards
    return made


def part(key: str, name: str = "GET") -> Part:
    """A command on one key."""
    return call_of((name, key), {}, HALVES).parts[0]


def key_in(first: int, last: int) -> str:
    """Some key whose slot lies there."""
    return next(f"key{n}" for n in range(1_000) if first <= slot_of(f"key{n}") <= last)


A, B = key_in(0, SLOTS // 2 - 1), key_in(SLOTS // 2, SLOTS - 1)


def test_an_address_names_some_nodes_and_what_all_have_in_common() -> None:
    address = parse_cluster("rediss+cluster://me:p%40ss@one:7000,[::1]:7001,two?ssl_check_hostname=false")
    assert address.seeds == (("one", 7000), ("::1", 7001), ("two", 6379))
    assert address.url(("10.0.0.1", 7)) == "rediss://me:p%40ss@10.0.0.1:7/0?ssl_check_hostname=false"
    assert address.url(("::2", 7)) == "rediss://me:p%40ss@[::2]:7/0?ssl_check_hostname=false"
    assert is_cluster("redis+cluster://one")
    assert not is_cluster("rediss://one")


@pytest.mark.parametrize("url", ["redis+cluster://", "redis+cluster://one/3", "redis+cluster://me:x@"])
def test_an_address_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="Redis Cluster"):
        parse_cluster(url)


def test_the_map_is_read_as_nodes_give_it() -> None:
    reply = [[0, 99, [b"10.0.0.1", 7, b"id"], [b"10.0.0.2", 8, b"id"]], [100, 200, [b"", 9, b"id"]]]
    found = Topology.read(reply, ("asked", 9))
    assert found.shards[99] == Shard(("10.0.0.1", 7), (("10.0.0.2", 8),))
    assert found.shards[200] == Shard(("asked", 9))
    assert found.shards[201] is None
    assert not found.whole
    assert HALVES.whole


@given(st.lists(st.text(), min_size=2, unique=True))
def test_keys_anywhere_are_read_at_once_and_come_back_in_order(keys: list[str]) -> None:
    call = call_of(("MGET", *keys), {}, HALVES)
    for one in call.parts:
        assert {slot_of(key) for key in one.args[1:]} == {one.slot}
        one.reply = [f"value of {key}" for key in one.args[1:]]
    assert call.reply() == [f"value of {key}" for key in keys]


def test_deletions_are_added_up_and_commands_for_all_go_to_every_master() -> None:
    call = call_of(("DEL", A, B), {}, HALVES)
    for one in call.parts:
        one.reply = 1
    assert call.reply() == 2
    assert [one.target for one in call_of(("FLUSHALL",), {}, HALVES).parts] == [ONE, TWO]


def test_a_script_goes_where_its_keys_are() -> None:
    (one,) = call_of(("EVALSHA", "sha", 2, "{b7}:1", "{b7}:2", "argument"), {}, HALVES).parts
    assert one.slot == slot_of("x{b7}y")


@pytest.mark.parametrize("args", [("INFO",), ("SCAN", 0), ("CONFIG GET", "save"), ("EVAL", "return 1", 0)])
def test_what_names_no_key_is_refused(args: tuple[Any, ...]) -> None:
    with pytest.raises(ResponseError, match="names no key"):
        call_of(args, {}, HALVES)


def test_one_batch_a_node() -> None:
    batches = router().batches([part(A), part(B), part(A)], replicas=False)
    assert [(batch.node, len(batch.parts)) for batch in batches] == [(ONE, 2), (TWO, 1)]


def test_who_was_found_away_is_not_asked_by_others_and_the_rest_is() -> None:
    way = router()
    (batch,) = way.batches([part(A)], replicas=False)
    assert not way.wants_map()
    way.failed(batch, TimeoutError())
    assert isinstance(batch.parts[0].reply, NodeAway)
    refused, goes = part(A), part(B)
    assert [one.node for one in way.batches([refused, goes], replicas=False)] == [TWO]
    assert isinstance(refused.reply, NodeAway)
    assert goes.reply is UNANSWERED
    assert way.wants_map(), "somebody may have taken over"


def test_only_reads_go_to_replicas_and_the_primary_stands_in() -> None:
    way = router()
    assert way.batches([part(A, "SET")], replicas=True)[0].node == ONE
    (batch,) = way.batches([part(A)], replicas=True)
    assert (batch.node, batch.replica) == (COPY, True)
    way.failed(batch, TimeoutError())
    again = way.unsettled(batch.parts)
    assert [(one.node, one.replica) for one in way.batches(again, replicas=True)] == [(ONE, False)]


def test_redirections_are_followed() -> None:
    way = router()
    way.learn([[0, SLOTS - 1, [b"one", 1]]], ONE)
    assert not way.wants_map()
    moved, asked, torn, done = part(A), part(A), part(A), part(A)
    moved.reply, asked.reply = MovedError(f"{moved.slot} two:2"), AskError(f"{asked.slot} two:2")
    torn.reply, done.reply = TryAgainError("between two nodes"), b"value"
    assert way.unsettled([moved, asked, torn, done]) == [moved, asked, torn]
    assert [(one.target, one.asking) for one in (moved, asked, torn)] == [(TWO, False), (TWO, True), (None, False)]
    assert moved.reply is UNANSWERED
    (batch,) = way.batches([done], replicas=False)
    way.answered(batch, [MovedError(f"{done.slot} :9")])
    way.unsettled([done])
    assert done.target == ("one", 9), "who names no host means its own"
    assert way.wants_map(), "what moved once moves again"


def test_a_node_that_says_not_now_is_away_and_one_that_is_between_two_is_not() -> None:
    way = router()
    (batch,) = way.batches([part(A)], replicas=False)
    way.answered(batch, [TryAgainError("TRYAGAIN")])
    way.answered(batch, [ResponseError("WRONGTYPE")])
    assert not way.breaker(ONE).is_open
    (batch,) = way.batches([part(A), part(A, "SET"), part(A)], replicas=False)
    way.answered(batch, [b"value", OutOfMemoryError("OOM"), NoScriptError("NOSCRIPT")])
    assert way.breaker(ONE).is_open
    assert [type(one.reply) for one in batch.parts] == [bytes, NodeAway, NoScriptError], "what it gave stands"


def test_a_slot_that_nobody_serves_is_away() -> None:
    way = Router([ONE])
    way.topology = Topology([(0, 5, Shard(ONE))])
    nobodys = part(B)
    assert way.batches([nobodys], replicas=False) == []
    assert isinstance(nobodys.reply, NodeAway)


def test_a_node_that_was_reset_is_not_believed_and_another_is_asked() -> None:
    whole = [[0, SLOTS - 1, [b"one", 1]]]
    way = Router([ONE, TWO, COPY])
    assert not way.learn([], ONE), "it knows nothing"
    assert way.wants_map()
    assert not way.learn([[0, 99, [b"two", 2]]], TWO)
    assert way.topology is not None, "it is all that is known"
    assert way.mapmakers()[0] == COPY, "who has not given a poor map yet"
    assert way.learn(whole, COPY)
    for less in ([], [[0, SLOTS - 2, [b"one", 1]]]):
        assert not way.learn(less, ONE)
        assert way.topology.whole
        assert way.mapmakers()[0] != ONE
    assert way.learn(whole, ONE), "it is a member again"
    assert way.mapmakers()[0] == ONE


def test_two_nodes_that_come_back_one_after_the_other_are_both_tried() -> None:
    way = router()
    for batch in way.batches([part(A), part(B)], replicas=False):
        way.failed(batch, TimeoutError())
    way.breaker(ONE).open_until = time.monotonic() - 0.1
    assert way.batches([part(A), part(B)], replicas=False, whole=True) == []
    way.breaker(TWO).open_until = time.monotonic() - 0.1
    goes = way.batches([part(A), part(B)], replicas=False, whole=True)
    assert [batch.node for batch in goes] == [ONE, TWO], "nobody's turn was used up by a trip that did not go"
