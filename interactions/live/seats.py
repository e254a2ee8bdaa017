"""Who may sit where: one statement answers for everybody at the doors, and again for those who sit already.

A crowd that comes back at once, after a deploy or a network's hiccup, is signed in and judged in a few trips, cookie or
ticket. The buyer gate, the session's check and the rooms' rules are those of every other request: here is only the way
to ask them for many at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from accounts.auth import SessionRow, Viewer, is_key, session_sql, viewer_of
from core import clock, db
from core.batching import Joined
from core.problems import NotFound, Problem
from interactions.live import policy
from interactions.live.policy import NOBODY, Facts, RoomHasEnded
from interactions.live.selectors import VOTES_TOLD
from interactions.live.standing import Circumstances, Standing, standing_of
from interactions.models import AskPolicy, RoomStatus
from stores.models import Role
from stores.orders import proof
from stores.orders.proof import facts_sql

# People in one trip, and the least time between two: a crowd's first member goes at once, the others together.
AT_ONCE = 1_000
PAUSE_S = 0.25
# Rows that are judged before others have a turn on the event loop.
AT_A_STRETCH = 100


# Orders are looked for only where the room wants buyers, follows only where it wants followers.
def _seats_sql(voted: str) -> str:
    return f"""
SELECT r.status, r.ask_policy, s.status, s.buyers_within_days, staff.role, follow.found, mute.until,
       orders.latest, orders.had_refunded, {voted}, who.*
FROM unnest(%(keys)s::text[], %(rooms)s::bigint[]) WITH ORDINALITY AS asked (key, room_id, place)
LEFT JOIN LATERAL ({session_sql("asked.key")}) who ON true
LEFT JOIN interactions_liveroom r ON r.id = asked.room_id
LEFT JOIN stores_store s ON s.id = r.store_id
LEFT JOIN LATERAL (SELECT role FROM stores_staff WHERE user_id = who.id AND store_id = s.id LIMIT 1) staff ON true
LEFT JOIN LATERAL (
    SELECT true AS found FROM stores_follow
    WHERE r.ask_policy = 'followers' AND user_id = who.id AND store_id = s.id LIMIT 1) follow ON true
LEFT JOIN LATERAL (
    SELECT until FROM interactions_roommute WHERE room_id = r.id AND user_id = who.id LIMIT 1) mute ON true
LEFT JOIN LATERAL (
    {facts_sql("CASE WHEN r.ask_policy = 'buyers' AND staff.role IS NULL THEN who.id END")}) orders ON true
ORDER BY asked.place
"""  # noqa: S608  # composed of our own constants


SEATS_SQL = _seats_sql("NULL::bigint[]")
_VOTED = f"""ARRAY(
    SELECT vote.question_id FROM spans
    JOIN interactions_questionupvote vote ON vote.question_id BETWEEN spans.first AND spans.last
    JOIN interactions_question question ON question.id = vote.question_id
    WHERE spans.room_id = r.id AND vote.user_id = who.id AND question.room_id = r.id
    ORDER BY vote.id DESC LIMIT {VOTES_TOLD})"""  # noqa: S608
# Asked for a newcomer alone: those who sit here know what they voted for. A room's questions have ids near each other:
# of a person's votes those of other times are not even read.
NEWCOMERS_SQL = f"""
WITH spans AS MATERIALIZED (
    SELECT room_id, min(id) AS first, max(id) AS last FROM interactions_question
    WHERE room_id = ANY(%(rooms)s::bigint[]) GROUP BY room_id)
{_seats_sql(_VOTED)}"""  # noqa: S608


class Place(NamedTuple):
    """A session key ("": nobody's) in a room (None: at the feed socket)."""

    session_key: str
    room_id: int | None


class Sitting(NamedTuple):
    """What is known of a seat: the person (None: nobody, or not signed in any more) and, of a room, the rest.

    `refusal` is why the room is not for them; `standing` is None for nobody, and at the feed socket. `voted`: questions
    of the room that a newcomer voted for, by their latest votes.
    """

    person: Viewer | None
    refusal: Problem | None
    ended: bool
    standing: Standing | None
    voted: Sequence[int] = ()

    def admit(self) -> None:
        """Raises NotFound where the room is not for them, RoomHasEnded."""
        if self.refusal is not None:
            raise self.refusal
        if self.ended:
            raise RoomHasEnded


class _Row(NamedTuple):
    room_status: str | None
    ask_policy: str | None
    store_status: str | None
    buyers_within_days: int | None
    role: str | None
    follows: bool | None
    muted_until: datetime | None
    latest: datetime | None
    had_refunded: bool
    voted: Sequence[int] | None


async def read(seats: Sequence[Place]) -> list[Sitting | Exception]:
    """What PostgreSQL says of each of these seats, in their order, without votes. One statement. Raises Unavailable.

    A seat that cannot be judged, as with a role that this release does not know, has its exception in its place.
    """
    return await _read(seats, SEATS_SQL)


async def read_newcomers(seats: Sequence[Place]) -> list[Sitting | Exception]:
    """The same with what they voted for. One statement. Raises Unavailable."""
    return await _read(seats, NEWCOMERS_SQL)


async def _read(seats: Sequence[Place], sql: str) -> list[Sitting | Exception]:
    keys = [place.session_key if is_key(place.session_key) else "" for place in seats]
    rows = await db.fetch_all(sql, {"keys": keys, "rooms": [place.room_id for place in seats]})
    now = clock.now()
    found: list[Sitting | Exception] = []
    for number, (place, row) in enumerate(zip(seats, rows, strict=True), 1):
        try:
            found.append(_sitting(place, row, now))
        except Exception as error:
            found.append(error)
        if not number % AT_A_STRETCH:
            await asyncio.sleep(0)
    return found


# A seat for somebody who comes now, together with everybody else who does. Raises Unavailable.
take: Joined[Place, Sitting] = Joined(read_newcomers, at_most=AT_ONCE, pause_s=PAUSE_S)


def _sitting(place: Place, columns: Sequence[Any], now: datetime) -> Sitting:
    person = viewer_of(SessionRow(*columns[len(_Row._fields) :]))
    if place.room_id is None:
        return Sitting(person, None, False, None)
    row = _Row(*columns[: len(_Row._fields)])
    if row.room_status is None or row.ask_policy is None:
        return Sitting(person, NotFound(), False, None)
    ended = row.room_status == RoomStatus.ENDED
    if person is None:
        return Sitting(None, _hidden(NOBODY, row), ended, None)
    role = Role(row.role) if row.role is not None else None
    circumstances = Circumstances(
        platform_staff=person.is_staff,
        role=role,
        follows=bool(row.follows),
        refusal=_buyer_refusal(row, now) if role is None and row.ask_policy == AskPolicy.BUYERS else None,
        muted=row.muted_until is not None and row.muted_until > now,
        status=row.room_status,
        ask_policy=row.ask_policy,
    )
    standing = standing_of(circumstances, muted_until=row.muted_until)
    facts = Facts(signed_in=True, platform_staff=person.is_staff, role=role)
    return Sitting(person, _hidden(facts, row), ended, standing, row.voted or ())


def _hidden(facts: Facts, row: _Row) -> Problem | None:
    return None if policy.may_see(facts, store_status=row.store_status) else NotFound()


def _buyer_refusal(row: _Row, now: datetime) -> str | None:
    facts = proof.Facts(None, None, row.latest, None, row.had_refunded)
    return proof.why_not(facts, status=row.store_status, within_days=row.buyers_within_days, now=now)
