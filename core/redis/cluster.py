"""A Redis Cluster behind the interface of one Redis: each command goes to the node that holds its key.

The driver's own cluster client sends the commands of a pipeline one by one when a node is silent, each with its own
time-outs: 8 s for 40 reads with one of three masters frozen, and that is without retries (measured; docs/decisions).
Here a trip waits for all nodes together, and the breaker of one that is away refuses the next trips at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis as driver
import redis.asyncio as async_driver
from redis.asyncio.client import Pipeline as AsyncPipeline
from redis.client import Pipeline
from redis.exceptions import ConnectionError, RedisError, ResponseError, TimeoutError

from core.redis.addresses import Node
from core.redis.breaker import NodeAway
from core.redis.routing import Batch, Call, Part, Router, call_of

# How often commands may be redirected before the cluster counts as away, and how long a slot's two owners get to agree.
ROUNDS = 6
BETWEEN_ROUNDS_S = 0.02

_Stack = Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]]


def _wire(batch: Batch, *, readonly: bool) -> list[tuple[tuple[Any, ...], Mapping[str, Any], bool]]:
    """Commands as they are sent; those with False are ours, and nobody waits for their replies."""
    found: list[tuple[tuple[Any, ...], Mapping[str, Any], bool]] = [(("READONLY",), {}, False)] if readonly else []
    for part in batch.parts:
        if part.asking:
            found.append((("ASKING",), {}, False))
        found.append((part.args, part.options, True))
    return found


def _calls(router: Router, stack: _Stack) -> list[Call]:
    assert router.topology is not None
    return [call_of(args, options, router.topology) for args, options in stack]


def _refuse_without(parts: Sequence[Part]) -> None:
    for part in parts:
        if isinstance(part.reply, NodeAway):
            raise part.reply


def _give_up(parts: Sequence[Part]) -> None:
    for part in parts:
        part.reply = NodeAway("the cluster's nodes do not agree on who holds a slot")


def _replies(calls: Sequence[Call], *, raise_on_error: bool) -> list[Any]:
    replies = [call.reply() for call in calls]
    for reply in replies:
        if raise_on_error and isinstance(reply, Exception):
            raise reply
    return replies


class ClusterClient(driver.Redis):
    """For services and jobs. Has the commands of Redis; pipelines are not transactions."""

    def __init__(self, router: Router, connect: Callable[[Node], driver.Redis], *, replicas: bool = False) -> None:
        self._router, self._connect, self._replicas = router, connect, replicas
        self._nodes: dict[Node, Any] = {}  # of driver.Redis, whose inner methods bear no types
        super().__init__(connection_pool=self.node(router.seeds[0]).connection_pool)

    def node(self, node: Node) -> Any:
        """The client of one node."""
        found = self._nodes.get(node)
        if found is None:
            found = self._nodes.setdefault(node, self._connect(node))
        return found

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """One command."""
        return self.run([(args, options)])[0]

    def pipeline(self, transaction: bool = False, shard_hint: Any = None) -> Pipeline:
        """Commands to be sent at once, to all nodes that they concern."""
        if transaction:
            raise RedisError("there are no transactions over the nodes of a cluster")
        return _ClusterPipeline(self)

    def close(self) -> None:
        """Closes every connection."""
        while self._nodes:
            self._nodes.popitem()[1].close()

    def run(self, stack: _Stack, *, raise_on_error: bool = True) -> list[Any]:
        """Sends commands and returns their replies in order. Raises ConnectionError when no node is known.

        With `raise_on_error` nothing is sent when a node that is needed was found away, and the first error is raised;
        else errors stand in the place of replies, NodeAway for those of a node that is away.
        """
        self._read_map()
        calls = _calls(self._router, stack)
        waiting = [part for call in calls for part in call.parts]
        for attempt in range(ROUNDS):
            if attempt > 1:
                time.sleep(BETWEEN_ROUNDS_S)
            batches = self._router.batches(waiting, replicas=self._replicas, whole=raise_on_error)
            if raise_on_error:
                _refuse_without(waiting)
            self._exchange(batches)
            if raise_on_error:
                _refuse_without(waiting)
            waiting = self._router.unsettled(waiting)
            if not waiting:
                break
            self._read_map()
        _give_up(waiting)
        return _replies(calls, raise_on_error=raise_on_error)

    def _read_map(self) -> None:
        if not self._router.wants_map():
            return
        problem: Exception | None = None
        for node in self._router.mapmakers():
            try:
                enough = self._router.learn(self.node(node).execute_command("CLUSTER SLOTS"), node)
            except (RedisError, OSError) as error:
                self._router.breaker(node).open()
                problem = error
                continue
            if enough:
                self._forget_gone()
                return
        if self._router.topology is None:
            raise ConnectionError(
                f"no node of the cluster tells the others: {problem or 'all are left alone'}"
            ) from problem
        self._router.doubt_map()

    def _forget_gone(self) -> None:
        for node in self._router.gone(self._nodes):
            self._nodes.pop(node).connection_pool.disconnect(inuse_connections=False)

    def _exchange(self, batches: Sequence[Batch]) -> None:
        """Writes to all nodes before reading from any, so that they work at the same time."""
        sent: list[tuple[Batch, Any]] = []
        start = time.monotonic()
        try:
            for batch in batches:
                connection = self._send(batch)
                if connection is not None:
                    sent.append((batch, connection))
            while sent:
                self._receive(*sent.pop(0), start)
        finally:
            # Something went wrong: what the others answer would be taken for the answers to the next trip.
            for batch, connection in sent:
                connection.disconnect()
                self.node(batch.node).connection_pool.release(connection)

    def _send(self, batch: Batch) -> Any:
        pool = self.node(batch.node).connection_pool
        connection: Any = None
        try:
            connection = pool.get_connection()
            commands = _wire(batch, readonly=batch.replica and not self._router.fixed)
            connection.send_packed_command(connection.pack_commands([args for args, _, _ in commands]))
        except (ConnectionError, TimeoutError, OSError) as error:
            if connection is not None:
                connection.disconnect()
                pool.release(connection)
            self._router.failed(batch, error)
            return None
        return connection

    def _receive(self, batch: Batch, connection: Any, start: float) -> None:
        node = self.node(batch.node)
        replies = []
        try:
            _wait(connection, start)
            for args, options, theirs in _wire(batch, readonly=batch.replica and not self._router.fixed):
                reply = _reply(node, connection, args[0], options)
                if theirs:
                    replies.append(reply)
        except (ConnectionError, TimeoutError, OSError) as error:
            connection.disconnect()
            self._router.failed(batch, error)
        except BaseException:
            connection.disconnect()
            raise
        else:
            self._router.answered(batch, replies)
        finally:
            node.connection_pool.release(connection)


def _wait(connection: Any, start: float) -> None:
    """Until there is an answer; however many nodes are frozen, a trip waits once for all of them."""
    if connection.socket_timeout is None:
        return
    left = connection.socket_timeout - (time.monotonic() - start)
    if left < connection.socket_timeout / 2 and not connection.can_read(max(0.0, left)):
        raise TimeoutError("no answer while others were waited for")


def _reply(node: Any, connection: Any, name: str, options: Mapping[str, Any]) -> Any:
    try:
        return node.parse_response(connection, name, **options)
    except ResponseError as error:
        return error


class _ClusterPipeline(Pipeline):
    def __init__(self, cluster: ClusterClient) -> None:
        super().__init__(cluster.connection_pool, cluster.response_callbacks, False, None)
        self._cluster = cluster

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Sends what was collected."""
        stack, self.command_stack = self.command_stack, []
        return self._cluster.run(stack, raise_on_error=raise_on_error) if stack else []


class AsyncClusterClient(async_driver.Redis):
    """The same for an event loop."""

    def __init__(
        self, router: Router, connect: Callable[[Node], async_driver.Redis], *, replicas: bool = False
    ) -> None:
        self._router, self._connect, self._replicas = router, connect, replicas
        self._nodes: dict[Node, Any] = {}
        super().__init__(connection_pool=self.node(router.seeds[0]).connection_pool)

    def node(self, node: Node) -> Any:
        """The client of one node."""
        found = self._nodes.get(node)
        if found is None:
            found = self._nodes[node] = self._connect(node)
        return found

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """One command."""
        return (await self.run([(args, options)]))[0]

    def pipeline(self, transaction: bool = False, shard_hint: Any = None) -> AsyncPipeline:
        """Commands to be sent at once, to all nodes that they concern."""
        if transaction:
            raise RedisError("there are no transactions over the nodes of a cluster")
        return _AsyncClusterPipeline(self)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Closes every connection."""
        while self._nodes:
            await self._nodes.popitem()[1].aclose()

    async def run(self, stack: _Stack, *, raise_on_error: bool = True) -> list[Any]:
        """Sends commands and returns their replies in order. Raises ConnectionError when no node is known.

        With `raise_on_error` nothing is sent when a node that is needed was found away, and the first error is raised;
        else errors stand in the place of replies, NodeAway for those of a node that is away.
        """
        await self._read_map()
        calls = _calls(self._router, stack)
        waiting = [part for call in calls for part in call.parts]
        for attempt in range(ROUNDS):
            if attempt > 1:
                await asyncio.sleep(BETWEEN_ROUNDS_S)
            batches = self._router.batches(waiting, replicas=self._replicas, whole=raise_on_error)
            if raise_on_error:
                _refuse_without(waiting)
            await self._exchange(batches)
            if raise_on_error:
                _refuse_without(waiting)
            waiting = self._router.unsettled(waiting)
            if not waiting:
                break
            await self._read_map()
        _give_up(waiting)
        return _replies(calls, raise_on_error=raise_on_error)

    async def _read_map(self) -> None:
        if not self._router.wants_map():
            return
        problem: Exception | None = None
        for node in self._router.mapmakers():
            try:
                enough = self._router.learn(await self.node(node).execute_command("CLUSTER SLOTS"), node)
            except (RedisError, OSError) as error:
                self._router.breaker(node).open()
                problem = error
                continue
            if enough:
                await self._forget_gone()
                return
        if self._router.topology is None:
            raise ConnectionError(
                f"no node of the cluster tells the others: {problem or 'all are left alone'}"
            ) from problem
        self._router.doubt_map()

    async def _forget_gone(self) -> None:
        for node in self._router.gone(self._nodes):
            await self._nodes.pop(node).connection_pool.disconnect(inuse_connections=False)

    async def _exchange(self, batches: Sequence[Batch]) -> None:
        if len(batches) == 1:
            await self._ask(batches[0])
            return
        problems = await asyncio.gather(*map(self._ask, batches), return_exceptions=True)
        for problem in problems:
            if problem is not None:
                raise problem

    async def _ask(self, batch: Batch) -> None:
        client = self.node(batch.node)
        commands = _wire(batch, readonly=batch.replica and not self._router.fixed)
        try:
            if len(commands) == 1:
                (args, options, _) = commands[0]
                found = [await _single(client, args, options)]
            else:
                pipeline = client.pipeline(transaction=False)
                pipeline.command_stack.extend((args, options) for args, options, _ in commands)
                found = await pipeline.execute(raise_on_error=False)
        except (ConnectionError, TimeoutError, OSError) as error:
            self._router.failed(batch, error)
        else:
            replies = [reply for reply, (_, _, theirs) in zip(found, commands, strict=True) if theirs]
            self._router.answered(batch, replies)


async def _single(client: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    try:
        return await client.execute_command(*args, **options)
    except ResponseError as error:
        return error


class _AsyncClusterPipeline(AsyncPipeline):
    def __init__(self, cluster: AsyncClusterClient) -> None:
        super().__init__(cluster.connection_pool, cluster.response_callbacks, False, None)
        self._cluster = cluster

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Sends what was collected."""
        stack, self.command_stack = self.command_stack, []
        return await self._cluster.run(stack, raise_on_error=raise_on_error) if stack else []
