"""Questions in a room: asking, answering, voting, moderating. Each verb is what one client frame does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from django.db import transaction

from accounts.models import User
from core import clock, limits
from core.problems import Conflict, NotFound
from interactions.live import hints, policy, selectors
from interactions.live import room as live_log
from interactions.live.events import (
    QuestionAnswered,
    QuestionAsked,
    QuestionChanged,
    QuestionHidden,
    QuestionOut,
    QuestionPinned,
)
from interactions.live.policy import SlowMode
from interactions.live.selectors import Joining
from interactions.models import SHOWN, LiveRoom, Question, QuestionStatus
from interactions.services import recaps, votes
from interactions.services.access import has_ended, person, refuse, require_still_live, taking_part
from interactions.services.room_log import tell, tell_again
from interactions.services.votes import Vote
from stores.roles import Action


class QuestionIsHidden(Conflict):
    """This question was hidden: approve it first."""

    code = "question_hidden"


def ask(*, user_id: int | None, room_id: int, text: str, client_id: str) -> Question:
    """A question, waiting, or held where the host reads first. The same client_id gives the same question again.

    Raises NotFound, NotSignedIn, the room's refusals (policy.ask_refusal), SlowMode, RateLimited, StoreSuspended,
    Unavailable.
    """
    live_log.require_log()
    with transaction.atomic():
        user = _lock_person(user_id)
        joining = taking_part(room_id, user)
        asked = Question.objects.filter(room=joining.room, author=user, client_id=client_id).first()
        if asked is not None:
            _ask_again(joining.room, asked)
            return asked
        refuse(policy.ask_refusal(joining.facts, status=joining.room.status, ask_policy=joining.room.ask_policy))
        _slow_down(joining)
        _count(joining)
        require_still_live(joining.room)
        held = joining.room.premoderate and joining.facts.role is None
        question = Question.objects.create(
            room=joining.room,
            author=user,
            client_id=client_id,
            text=text,
            status=QuestionStatus.HELD if held else QuestionStatus.WAITING,
        )
        if held:
            _tell_held(question)
        else:
            tell(room=joining.room, event=QuestionAsked(question=QuestionOut.of(question)))
    return question


def _lock_person(user_id: int | None) -> User:
    # Locked, so that somebody who asks on two devices at once still asks one after the other.
    return person(user_id, User.objects.select_for_update(no_key=True))


def _ask_again(room: LiveRoom, question: Question) -> None:
    # Of a held one nobody hears again: moderators have their list, and were told once.
    if question.status == QuestionStatus.WAITING:
        event = QuestionAsked(question=QuestionOut.of(question))
        tell_again(room=room, event=event, question_id=question.pk)


def _tell_held(question: Question) -> None:
    hint = partial(hints.tell_held, room_id=question.room_id, question=QuestionOut.of(question))
    transaction.on_commit(hint)


def _count(joining: Joining) -> None:
    """Raises RateLimited where a person or a room asks more than anybody could read. Moderators are exempt."""
    if joining.user is not None and not policy.may_act(joining.facts, Action.MODERATE):
        limits.spend("questions", joining.user.pk)
        limits.spend("room_questions", joining.room.pk)


def _slow_down(joining: Joining) -> None:
    """Raises SlowMode while the person's last question is too recent. Moderators are exempt."""
    room = joining.room
    if not room.slow_mode_s or policy.may_act(joining.facts, Action.MODERATE):
        return
    edge = clock.now() - timedelta(seconds=room.slow_mode_s)
    last = Question.objects.filter(room=room, author=joining.user, created_at__gt=edge).order_by("-id").first()
    if last is not None:
        raise SlowMode(retry_after=math.ceil((last.created_at - edge).total_seconds()))


def _question(joining: Joining, question_id: int) -> Question:
    """A question of this very room, locked."""
    locked = selectors.complete_questions().select_for_update(of=("self",))
    question = locked.filter(room=joining.room, id=question_id).first()
    if question is None:
        raise NotFound
    return question


def answer(*, user_id: int | None, room_id: int, question_id: int, text: str) -> Question:
    """The store's answer; it replaces an earlier one in its place, and shows a held question.

    Raises NotFound, NotSignedIn, NotStaff, RoomNotLive, RoomHasEnded, QuestionIsHidden, StoreSuspended, Unavailable.
    """
    live_log.require_log()
    with transaction.atomic():
        user = person(user_id)
        joining = taking_part(room_id, user)
        refuse(policy.staff_refusal(joining.facts, Action.ANSWER) or policy.room_refusal(joining.room.status))
        require_still_live(joining.room)
        question = _question(joining, question_id)
        if question.status == QuestionStatus.HIDDEN:
            raise QuestionIsHidden
        if question.answer == text and question.answered_by_id == user.pk:
            event = QuestionAnswered(question=QuestionOut.of(question))
            tell_again(room=joining.room, event=event, question_id=question.pk, answer=text)
            return question
        question.answer, question.answered_by = text, user
        # A corrected answer keeps its moment, and so its place in the replay.
        question.answered_at = question.answered_at or clock.now()
        question.status = QuestionStatus.ANSWERED
        question.save(update_fields=["answer", "answered_by", "answered_at", "status"])
        tell(room=joining.room, event=QuestionAnswered(question=QuestionOut.of(question)))
    return question


def upvote(*, user_id: int | None, room_id: int, question_id: int) -> int:
    """Votes for a question; again changes nothing. Its upvotes. Viewers are told by the pulse (live.taps)."""
    return _vote(user_id=user_id, room_id=room_id, question_id=question_id, wanted=True)


def unvote(*, user_id: int | None, room_id: int, question_id: int) -> int:
    """Takes a vote back; without one nothing changes. The question's upvotes."""
    return _vote(user_id=user_id, room_id=room_id, question_id=question_id, wanted=False)


def _vote(*, user_id: int | None, room_id: int, question_id: int, wanted: bool) -> int:
    (upvotes,) = votes.cast([Vote(user_id, room_id, question_id, wanted)])
    if isinstance(upvotes, Exception):
        raise upvotes
    return upvotes


def _moderating(*, user_id: int | None, room_id: int, question_id: int) -> tuple[Joining, Question]:
    joining = taking_part(room_id, person(user_id), moderating=True)
    refuse(policy.staff_refusal(joining.facts, Action.MODERATE))
    return joining, _question(joining, question_id)


def pin(*, user_id: int | None, room_id: int, question_id: int, pinned: bool) -> Question:
    """Puts a question on top, or back into its row, before the room's end; again changes nothing.

    Raises NotFound, NotSignedIn, NotStaff, RoomHasEnded, QuestionIsHidden, StoreSuspended, Unavailable.
    """
    live_log.require_log()
    with transaction.atomic():
        joining, question = _moderating(user_id=user_id, room_id=room_id, question_id=question_id)
        if question.status not in SHOWN:
            raise QuestionIsHidden
        require_still_live(joining.room)
        event = QuestionPinned(question_id=question.pk, pinned=pinned)
        if (question.pinned_at is not None) != pinned:
            question.pinned_at = clock.now() if pinned else None
            question.save(update_fields=["pinned_at"])
            tell(room=joining.room, event=event)
        else:
            tell_again(room=joining.room, event=event, question_id=question.pk)
    return question


def hide(*, user_id: int | None, room_id: int, question_id: int) -> Question:
    """Takes a question, with its pin, from everybody's screen and from the replay; again changes nothing.

    Also after the room has ended: then its lasting log stays as it is, and only the live one forgets the text. Raises
    NotFound, NotSignedIn, NotStaff, StoreSuspended, Unavailable.
    """
    live_log.require_log()
    with transaction.atomic():
        joining, question = _moderating(user_id=user_id, room_id=room_id, question_id=question_id)
        event = QuestionHidden(question_id=question.pk)
        changed = question.status != QuestionStatus.HIDDEN
        if changed:
            question.status, question.pinned_at = QuestionStatus.HIDDEN, None
            question.save(update_fields=["status", "pinned_at"])
            recaps.forget(question)
        if has_ended(joining.room):
            transaction.on_commit(partial(live_log.append, room_id=room_id, event=event))
        elif changed:
            tell(room=joining.room, event=event)
        else:
            tell_again(room=joining.room, event=event, question_id=question.pk)
    return question


def approve(*, user_id: int | None, room_id: int, question_id: int) -> Question:
    """Shows a held or hidden question, with the answer it has; again changes nothing.

    After the room's end it is shown in what is left of it, and nobody is told. Raises NotFound, NotSignedIn, NotStaff,
    StoreSuspended, Unavailable.
    """
    live_log.require_log()
    with transaction.atomic():
        joining, question = _moderating(user_id=user_id, room_id=room_id, question_id=question_id)
        if question.status not in SHOWN:
            question.status = QuestionStatus.ANSWERED if question.answer else QuestionStatus.WAITING
            question.save(update_fields=["status"])
            if not has_ended(joining.room):
                tell(room=joining.room, event=QuestionAsked(question=QuestionOut.of(question)))
        elif not has_ended(joining.room):
            tell_again(
                room=joining.room, event=QuestionAsked(question=QuestionOut.of(question)), question_id=question.pk
            )
    return question


def tell_votes(*, told: Mapping[int, int | None]) -> dict[int, int]:
    """Tells the rooms how many want these questions answered, where that is not what was `told`; the numbers told.

    For the pulse, which gathers the votes of a second. Of two processes that count at the same time, the one that
    counted first may tell last: call again soon with what this gave, and who told an old number tells the right one.
    Raises Unavailable.
    """
    found = Question.objects.filter(id__in=told, status__in=SHOWN).values_list("room_id", "id", "upvotes")
    changed = [row for row in found if told[row[1]] != row[2]]
    live_log.append_all(
        [(room_id, QuestionChanged(question_id=number, upvotes=upvotes)) for room_id, number, upvotes in changed]
    )
    return {number: upvotes for _, number, upvotes in changed}
