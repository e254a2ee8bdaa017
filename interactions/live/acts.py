"""What each frame does: a small function a type. Services decide; here their answers become replies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.auth import Viewer
from core import limits, redis
from core.problems import Invalid, NotSignedIn, Unavailable
from interactions.live import lanes, policy, protocol, room
from interactions.live.audience import Audience, recovered_frame
from interactions.live.outlet import MAX_FRAME_BYTES, Outlet
from interactions.live.room import MOST_MISSED, LoggedEvent, Position
from interactions.live.standing import Standing
from interactions.services import mutes, questions, room_settings, table
from interactions.services.votes import Vote

Reply = dict[str, Any]
MOST_MISSED_BYTES = MAX_FRAME_BYTES - 4_096


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a frame comes from: the person (None: only watches), the room's audience here, and the way back.

    `standing` is what they were last told that they may do: it decides who waits for whom, and allows nothing.
    """

    person: Viewer | None
    audience: Audience
    outlet: Outlet
    standing: Standing | None = None

    @property
    def place(self) -> dict[str, Any]:
        """Who and where, as services want it."""
        return {"user_id": self.person.id if self.person else None, "room_id": self.audience.room_id}


async def _run(verb: Callable[..., Any], seat: Seat, **fields: Any) -> Any:
    known = seat.standing
    run = lanes.run_for_staff if known is not None and known.acts_for_the_room else lanes.run_for_crowd
    return await run(verb, **seat.place, **fields)


async def _vote(seat: Seat, question_id: int, *, wanted: bool) -> int:
    if seat.person is not None:
        limits.spend_here("votes", seat.person.id)
    upvotes = await lanes.vote(Vote(**seat.place, question_id=question_id, wanted=wanted))
    seat.audience.voted.add(question_id)
    return upvotes


async def ping(seat: Seat, frame: protocol.Ping) -> Reply:
    """Still here."""
    return {}


async def resume(seat: Seat, frame: protocol.Resume) -> Reply:
    """Sends `recovered`: every event after the client's position, or the word that this cannot be said."""
    known, now = Position(frame.epoch, frame.offset), seat.audience.position
    if not now.epoch:  # the log has not been read: nothing can be said, nor that nothing was missed
        raise Unavailable(retry_after=2)
    missed = seat.audience.after(known)
    if missed is None and known.epoch == now.epoch:
        now, missed = await _from_log(seat.audience.room_id, known)
    if missed is not None and sum(len(event.json) for event in missed) > MOST_MISSED_BYTES:
        missed = None
    seat.outlet.push(recovered_frame(now, missed))
    return {"recovered": missed is not None}


async def _from_log(room_id: int, known: Position) -> tuple[Position, list[LoggedEvent] | None]:
    window = await room.since(room_id=room_id, epoch=known.epoch, offset=known.offset)
    whole = window.whole and len(window.events) <= MOST_MISSED
    return window.position, window.events if whole else None


async def tap(seat: Seat, frame: protocol.Tap) -> Reply:
    """Hearts, for the next beat of the pulse."""
    if seat.person is None:
        raise NotSignedIn
    if not seat.audience.live:
        raise policy.RoomNotLive
    if redis.plain().is_open():
        raise Unavailable(retry_after=2)
    seat.audience.taps += frame.count
    return {}


async def ask(seat: Seat, frame: protocol.Ask) -> Reply:
    """A question."""
    question = await _run(questions.ask, seat, text=frame.text, client_id=frame.client_id)
    return {"question": question.pk, "status": question.status}


async def answer(seat: Seat, frame: protocol.Answer) -> Reply:
    """The store's answer."""
    question = await _run(questions.answer, seat, question_id=frame.question, text=frame.text)
    return {"question": question.pk, "status": question.status}


async def upvote(seat: Seat, frame: protocol.Upvote) -> Reply:
    """A vote; the room hears of it with the next slow beat."""
    return {"question": frame.question, "upvotes": await _vote(seat, frame.question, wanted=True)}


async def unvote(seat: Seat, frame: protocol.Unvote) -> Reply:
    """A vote taken back."""
    return {"question": frame.question, "upvotes": await _vote(seat, frame.question, wanted=False)}


async def pin(seat: Seat, frame: protocol.Pin) -> Reply:
    """On top, or not."""
    await _run(questions.pin, seat, question_id=frame.question, pinned=frame.pinned)
    return {"question": frame.question}


async def hide(seat: Seat, frame: protocol.Hide) -> Reply:
    """Away with it."""
    question = await _run(questions.hide, seat, question_id=frame.question)
    return {"question": frame.question, "status": question.status}


async def approve(seat: Seat, frame: protocol.Approve) -> Reply:
    """Shown after all."""
    question = await _run(questions.approve, seat, question_id=frame.question)
    return {"question": frame.question, "status": question.status}


async def mute(seat: Seat, frame: protocol.Mute) -> Reply:
    """They may watch, and not ask."""
    muted = await _run(mutes.mute, seat, muted_id=frame.user, seconds=frame.seconds)
    return {"user": frame.user, "until": muted.until if muted else None}


async def settings(seat: Seat, frame: protocol.Settings) -> Reply:
    """Other rules."""
    rules = frame.model_dump(include={"ask_policy", "slow_mode_s", "premoderate"}, exclude_none=True)
    if not rules:
        raise Invalid("Name at least one of ask_policy, slow_mode_s and premoderate.")
    room = await _run(room_settings.change_settings, seat, rules=rules)
    return {"ask_policy": room.ask_policy, "slow_mode_s": room.slow_mode_s, "premoderate": room.premoderate}


async def feature(seat: Seat, frame: protocol.Feature) -> Reply:
    """Look at this one."""
    return {"product": await _run(table.feature, seat, product_id=frame.product)}


# `auth` is not here: it changes who sits, not what the room is told (consumers).
ACTS: Mapping[type[protocol.Frame], Callable[[Seat, Any], Awaitable[Reply]]] = {
    protocol.Ping: ping,
    protocol.Resume: resume,
    protocol.Tap: tap,
    protocol.Ask: ask,
    protocol.Answer: answer,
    protocol.Upvote: upvote,
    protocol.Unvote: unvote,
    protocol.Pin: pin,
    protocol.Hide: hide,
    protocol.Approve: approve,
    protocol.Mute: mute,
    protocol.Settings: settings,
    protocol.Feature: feature,
}
