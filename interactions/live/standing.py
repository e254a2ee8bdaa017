"""What one person may do in a room, as their socket is told it: in the welcome, and again whenever it changes."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from accounts.auth import Viewer
from core import clock
from interactions.live import policy
from interactions.live.frames import YouChanged
from interactions.live.outlet import Encoded, encoded
from interactions.live.policy import Facts
from interactions.live.schemas import Can, WhyNot, You
from stores.models import Role
from stores.orders.proof import REFUSALS

# A mute that is on, for rules that are remembered without its end.
_MUTED = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
_ACTS = tuple(WhyNot.model_fields)
_MODERATE = _ACTS.index("moderate")
_REMEMBERED = 4_096


class Standing(NamedTuple):
    """A role, and for each act of WhyNot the code of the refusal. `muted_until`: only where a mute is that code."""

    role: Role | None
    why_not: tuple[str | None, ...]
    muted_until: datetime | None = None

    @property
    def moderates(self) -> bool:
        """Whether they may see and settle what is held."""
        return self.why_not[_MODERATE] is None

    @property
    def acts_for_the_room(self) -> bool:
        """Whether they are staff of the store, or moderate for the platform."""
        return self.role is not None or self.moderates


class Circumstances(NamedTuple):
    """All that a standing follows from but the end of a mute. `refusal`: the buyer gate's code."""

    platform_staff: bool
    role: Role | None
    follows: bool
    refusal: str | None
    muted: bool
    status: str
    ask_policy: str


def standing_of(circumstances: Circumstances, *, muted_until: datetime | None) -> Standing:
    """What the policy says of somebody who is signed in. A room full of people has few answers, which they share."""
    standing = _standing(circumstances)
    return standing._replace(muted_until=muted_until) if policy.Muted.code in standing.why_not else standing


@functools.lru_cache(_REMEMBERED)
def _standing(given: Circumstances) -> Standing:
    facts = Facts(
        signed_in=True,
        platform_staff=given.platform_staff,
        role=given.role,
        follows=given.follows,
        refusal=REFUSALS[given.refusal]() if given.refusal is not None else None,
        muted_until=_MUTED if given.muted else None,
    )
    return standing_by(facts, status=given.status, ask_policy=given.ask_policy)


def standing_by(facts: Facts, *, status: str, ask_policy: str) -> Standing:
    """What the policy says of anybody."""
    refusals = policy.refusals(facts, status=status, ask_policy=ask_policy)
    why_not = tuple(problem.code if (problem := refusals[act]) else None for act in _ACTS)
    return Standing(facts.role, why_not, facts.muted_until if policy.Muted.code in why_not else None)


def you_of(standing: Standing, *, user_id: int | None, name: str | None, voted: Sequence[int]) -> You:
    """What a room says of its reader; `voted`: ids of the questions they voted for."""
    can, why_not = _told(standing.why_not)
    left = _seconds_left(standing.muted_until)
    # Of checked parts: checking them again takes several times as long, for each of a crowd.
    return You.model_construct(
        id=user_id, name=name, role=standing.role, can=can, why_not=why_not, voted=list(voted), retry_after=left
    )


def welcome_you(person: Viewer, standing: Standing, voted: Sequence[int] = ()) -> bytes:
    """The same, as the welcome says it."""
    return you_of(standing, user_id=person.id, name=person.name, voted=voted).model_dump_json().encode()


def you_frame(standing: Standing) -> Encoded:
    """The frame `you` (frames.YouChanged), the same for all who stand alike."""
    return _you_frame(standing.role, standing.why_not, _seconds_left(standing.muted_until))


def _seconds_left(until: datetime | None) -> int | None:
    return None if until is None else max(1, math.ceil((until - clock.now()).total_seconds()))


@functools.lru_cache(_REMEMBERED)
def _you_frame(role: Role | None, refusals: tuple[str | None, ...], retry_after: int | None) -> Encoded:
    can, why_not = _told(refusals)
    changed = YouChanged(type="you", role=role, can=can, why_not=why_not, retry_after=retry_after)
    return encoded(changed.model_dump_json())


@functools.lru_cache(_REMEMBERED)
def _told(refusals: tuple[str | None, ...]) -> tuple[Can, WhyNot]:
    codes = dict(zip(_ACTS, refusals, strict=True))
    return Can(**{act: code is None for act, code in codes.items()}), WhyNot(**codes)
