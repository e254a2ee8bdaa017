"""Who may do what in a room, and why not. Pure, but for the time: facts in, codes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core import clock
from core.problems import Conflict, Forbidden, NotSignedIn, Problem, RateLimited
from interactions.models import AskPolicy, RoomStatus
from stores.models import Role, StoreStatus
from stores.roles import ALLOWED, Action, NotStaff


class RoomNotLive(Conflict):
    """This room is not live now."""

    code = "room_not_live"


class RoomHasEnded(Conflict):
    """This room has ended: its answered questions can be read."""

    code = "room_ended"


class NotAFollower(Forbidden):
    """Only followers of this store can ask here: follow it first."""

    code = "not_a_follower"


class SlowMode(RateLimited):
    """This room is in slow mode: wait before you ask again."""

    code = "slow_mode"


class Muted(Forbidden):
    """A moderator of this room has muted you for a while."""

    code = "muted"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person in one room.

    `refusal` is the buyer gate's, asked only where the room wants buyers; `muted_until` may be over.
    """

    signed_in: bool = False
    platform_staff: bool = False
    role: Role | None = None
    follows: bool = False
    refusal: Problem | None = None
    muted_until: datetime | None = None


NOBODY = Facts()


def may_act(facts: Facts, action: Action) -> bool:
    """Whether the person's role in the store includes an action; platform staff moderate everywhere."""
    if facts.platform_staff and action == Action.MODERATE:
        return True
    return facts.role is not None and action in ALLOWED[facts.role]


def may_see(facts: Facts, *, store_status: str | None) -> bool:
    """Whether the room is there for this person: a suspended store's is for its staff and platform staff alone."""
    return store_status == StoreStatus.APPROVED or facts.role is not None or facts.platform_staff


def room_refusal(status: str) -> Problem | None:
    """Why nobody can take part now, or None while the room is live."""
    if status == RoomStatus.ENDED:
        return RoomHasEnded()
    return None if status == RoomStatus.LIVE else RoomNotLive()


def part_refusal(facts: Facts, *, status: str) -> Problem | None:
    """Why this person may not tap and upvote, or None."""
    if not facts.signed_in:
        return NotSignedIn()
    return room_refusal(status)


def mute_refusal(facts: Facts) -> Problem | None:
    """The mute that is on this person, with the seconds that it still lasts, or None."""
    left = 0.0 if facts.muted_until is None else (facts.muted_until - clock.now()).total_seconds()
    return Muted(retry_after=left) if left > 0 and not may_act(facts, Action.MODERATE) else None


def ask_refusal(facts: Facts, *, status: str, ask_policy: str) -> Problem | None:
    """Why this person may not ask, or None. Staff of the store may while the room is live; nobody mutes a moderator."""
    refusal = part_refusal(facts, status=status) or mute_refusal(facts)
    if refusal is not None or facts.role is not None:
        return refusal
    if ask_policy == AskPolicy.FOLLOWERS:
        return None if facts.follows else NotAFollower()
    return facts.refusal if ask_policy == AskPolicy.BUYERS else None


def staff_refusal(facts: Facts, action: Action) -> Problem | None:
    """Why this person may not act for the store, or None."""
    if not facts.signed_in:
        return NotSignedIn()
    return None if may_act(facts, action) else NotStaff()


def refusals(facts: Facts, *, status: str, ask_policy: str) -> dict[str, Problem | None]:
    """For each thing one can do in a room, why this person may not."""
    part = part_refusal(facts, status=status)
    return {
        "tap": part,
        "upvote": part,
        "ask": ask_refusal(facts, status=status, ask_policy=ask_policy),
        "answer": staff_refusal(facts, Action.ANSWER) or room_refusal(status),
        "moderate": staff_refusal(facts, Action.MODERATE),
        "host": staff_refusal(facts, Action.HOST),
    }
