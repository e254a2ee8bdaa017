"""The rounds: each process looks again and again at who sits here, and what was taken away is taken from open sockets.

It asks PostgreSQL, which every way of revoking something ends in, and no message has to arrive: a session that ended, a
ban, a suspended store, a role, a refund, a mute and its end are all found within one round. One statement reads some
hundred seats, spread over the round. Where a room's rules have changed its seats are looked at at once.
"""

from __future__ import annotations

import asyncio
import functools
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from prometheus_client import Counter

from core import logs
from core.problems import NotSignedIn, Problem, Unavailable
from interactions.live import seats
from interactions.live.audience import Audience
from interactions.live.hub import hub
from interactions.live.outlet import Encoded, encoded
from interactions.live.presence import OpenSocket, presence
from interactions.live.protocol import Close, encode_error
from interactions.live.seats import Place, Sitting
from interactions.live.standing import you_frame

log = logs.get(__name__)
EVERY_S = 2.0
# How often rooms are asked whether their rules have changed; it costs nothing.
RULES_S = 0.2
# Seats in one statement.
AT_A_LOOK = 500
# Sockets that are told something before others have a turn on the event loop.
AT_A_STRETCH = 100

# What keeps growing has to be looked after: whoever sits there is not sent away, whatever is taken from them.
FAILED = Counter("backyard_live_looks_failed_total", "Looks at seats of live rooms that failed", ["of"])

Seated = Mapping[Place, Sequence[OpenSocket]]


class Rounds:
    """Goes on while there are sockets, and rests while there are none."""

    def __init__(self) -> None:
        self._walks: dict[str, asyncio.Task[None]] = {}
        self._rules: weakref.WeakKeyDictionary[Audience, int] = weakref.WeakKeyDictionary()
        # So that a socket is never told of an earlier look after a later one.
        self._looking = asyncio.Lock()

    def begin(self) -> None:
        """Somebody has come."""
        self._walk("a round of the seats", self._look_at_all)
        self._walk("seats where rules changed", self._look_where_rules_changed)

    def _walk(self, name: str, look: Callable[[], Awaitable[None]]) -> None:
        if name not in self._walks or self._walks[name].done():
            self._walks[name] = asyncio.create_task(_while_somebody_is_here(look), name=name)

    async def _look_at_all(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        slices = _slices(presence().sockets)
        for number, seated in enumerate(slices, 1):
            await self._look(seated)
            await asyncio.sleep(began + EVERY_S * number / len(slices) - loop.time())
        if not slices:
            await asyncio.sleep(EVERY_S)

    async def _look_where_rules_changed(self) -> None:
        await asyncio.sleep(RULES_S)
        for audience in list(hub().audiences.values()):
            known, now = self._rules.get(audience, 0), audience.rules
            if now != known:
                here = [socket for socket in presence().sockets if socket.room_id == audience.room_id]
                for seated in _slices(here):
                    await self._look(seated)
                self._rules[audience] = now

    async def _look(self, seated: Seated) -> None:
        """Looks at a slice. What goes wrong with one, or with a seat in it, keeps nobody from the others' looks."""
        try:
            async with self._looking:
                await _settle_all(seated, await seats.read(list(seated)))
        except Unavailable:  # nobody is sent away because PostgreSQL is
            FAILED.labels("slice").inc()
        except Exception:
            FAILED.labels("slice").inc()
            log.exception("a look at %d seats failed", len(seated))


async def _settle_all(seated: Seated, sittings: Sequence[Sitting | Exception]) -> None:
    told = 0
    for (place, sockets), sitting in zip(seated.items(), sittings, strict=True):
        for socket in sockets:
            if (socket.session_key or "") == place.session_key:  # else they signed in meanwhile
                told += _settle_or_say(socket, sitting)
            if told >= AT_A_STRETCH:
                told = 0
                await asyncio.sleep(0)


def _settle_or_say(socket: OpenSocket, sitting: Sitting | Exception) -> bool:
    try:
        if isinstance(sitting, Exception):
            raise sitting
        return _settle(socket, sitting)
    except Exception as error:
        FAILED.labels("seat").inc()
        log.error("the seat of person %s in room %s cannot be judged: %r", socket.user_id, socket.room_id, error)
        return False


def _settle(socket: OpenSocket, sitting: Sitting) -> bool:
    """Does to an open socket what follows from a look at its seat; whether it was told anything."""
    person, refusal, standing = sitting.person, sitting.refusal, sitting.standing
    if socket.user_id is not None and (person is None or person.id != socket.user_id):
        _send_away(socket, NotSignedIn, Close.SIGNED_OUT)
    elif refusal is not None:
        _send_away(socket, type(refusal), Close.FORBIDDEN)
    elif socket.told is not None and standing is not None and standing != socket.told:
        presence().stand(socket, standing)
        socket.outlet.push(you_frame(standing))
    else:
        return False
    return True


def _send_away(socket: OpenSocket, why: Callable[[], Problem], code: Close) -> None:
    socket.outlet.push(_error_frame(why))
    socket.outlet.close(code)


@functools.cache
def _error_frame(why: Callable[[], Problem]) -> Encoded:
    return encoded(encode_error(why()))


def _slices(sockets: Iterable[OpenSocket]) -> list[Seated]:
    """The seats of these sockets, some hundred in a slice. All who only watch share one seat of their room."""
    seated: dict[Place, list[OpenSocket]] = {}
    for socket in sockets:
        if socket.room_id is not None or socket.session_key is not None:  # else a feed socket that waits for its ticket
            seated.setdefault(Place(socket.session_key or "", socket.room_id), []).append(socket)
    every = list(seated.items())
    return [dict(every[start : start + AT_A_LOOK]) for start in range(0, len(every), AT_A_LOOK)]


async def _while_somebody_is_here(look: Callable[[], Awaitable[None]]) -> None:
    while presence().sockets:
        try:
            await look()
        except Exception:
            log.exception("a look at who sits here failed, and is repeated")
            await asyncio.sleep(EVERY_S)


_rounds: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Rounds] = weakref.WeakKeyDictionary()


def rounds() -> Rounds:
    """The running process's (event loop's) rounds."""
    loop = asyncio.get_running_loop()
    found = _rounds.get(loop)
    if found is None:
        found = _rounds[loop] = Rounds()
    return found
