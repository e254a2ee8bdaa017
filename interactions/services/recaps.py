"""A room's recap: a post of the store, made of the questions that were answered in it."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from accounts.models import Language, User
from core.problems import Conflict, NotFound, invalid
from interactions.models import LiveRoom, Question, QuestionStatus, RoomStatus
from interactions.services.access import hosted_room
from posts.models import Post, PostKind, PostStatus
from posts.products import Product
from posts.selectors import complete_posts
from posts.services import redaction
from posts.services.contents import Content
from posts.services.posts import create_post
from posts.services.redaction import BETWEEN
from stores import roles
from stores.roles import Action

# What stands before a question and its answer, in the store's language.
MARKS = {
    Language.ENGLISH: ("Q: ", "A: "),
    Language.SIMPLIFIED_CHINESE: ("问：", "答："),
    Language.TRADITIONAL_CHINESE: ("問：", "答："),
}
# Nobody reads more in one post; shorter questions than that many do not fill its text.
MOST_QUESTIONS = 50


class RoomNotEnded(Conflict):
    """This room has not ended yet: there is nothing to look back on."""

    code = "room_not_ended"


class NothingAnswered(Conflict):
    """No question that can be shown was answered in this room."""

    code = "nothing_answered"


@transaction.atomic
def recap_room(
    *, user: User, room_id: int, title: str = "", text: str = "", question_ids: Sequence[int] = (),
    publish: bool = False,
) -> tuple[Post, bool]:  # fmt: skip
    """The room's recap post, and whether it is new: one a room, until that is deleted. A draft unless `publish`.

    It has the room's title unless given one, `text` and then these questions, or the most wanted of those answered, as
    many as fit; and the room's cover and products. Raises NotFound, NotStaff, RoomNotEnded, NothingAnswered, Invalid
    when the named questions do not fit, and what writing a post raises.
    """
    room = hosted_room(user=user, room_id=room_id)
    roles.require(user=user, store=room.store, action=Action.POST)
    if room.status != RoomStatus.ENDED:
        raise RoomNotEnded
    known = complete_posts().filter(id=room.recap_id or 0).exclude(status=PostStatus.DELETED).first()
    if known is not None:
        return known, False
    blocks = [_block(question, room.store.language) for question in _chosen(room, question_ids)]
    post = create_post(
        user=user,
        store=room.store,
        content=Content(
            kind=PostKind.MAGAZINE,
            title=title or room.title[: settings.LIMITS.post_title_chars],
            text=_whole_text(text, blocks, all_of_them=bool(question_ids)),
            media_ids=[room.cover_id] if room.cover_id else [],
            products=[Product(p.title, p.url, p.price, p.currency, p.image) for p in room.products.all()],
        ),
        status=PostStatus.PUBLISHED if publish else PostStatus.DRAFT,
    )
    room.recap = post
    room.save(update_fields=["recap"])
    return post, True


def _chosen(room: LiveRoom, question_ids: Sequence[int]) -> list[Question]:
    """The named questions in the given order, else the answered ones, the most wanted first."""
    # Locked, so that one which is hidden meanwhile is either not taken, or taken out again.
    answered = Question.objects.filter(room=room, status=QuestionStatus.ANSWERED).select_for_update(no_key=True)
    if not question_ids:
        found = list(answered.order_by("-upvotes", "answered_at", "id")[:MOST_QUESTIONS])
        if not found:
            raise NothingAnswered
        return found
    named = answered.in_bulk(list(question_ids))
    strange = [place for place, number in enumerate(question_ids) if number not in named]
    if strange:
        message = "is not an answered question of this room"
        raise NotFound(
            errors=[{"field": f"questions.{place}", "code": "not_found", "message": message} for place in strange]
        )
    return [named[number] for number in question_ids]


def forget(question: Question) -> None:
    """Within a transaction that hides this question, which is locked: takes it out of the room's recap as well.

    It is found there as it was written, in whatever language; what staff have reworded is theirs to take out.
    """
    recap_id = LiveRoom.objects.filter(id=question.room_id).values_list("recap_id", flat=True).first()
    if recap_id is not None and question.answer:
        redaction.take_out(post_id=recap_id, paragraphs=[_block(question, language) for language in MARKS])


def _block(question: Question, language: str) -> str:
    known = language in MARKS
    asked, answered = MARKS[Language(language) if known else Language.ENGLISH]
    return f"{asked}{question.text}\n{answered}{question.answer}"


def _whole_text(opening: str, blocks: Sequence[str], *, all_of_them: bool) -> str:
    """The opening and the blocks that still fit, or Invalid when `all_of_them` do not, or none does."""
    text, taken = opening, 0
    for block in blocks:
        longer = f"{text}{BETWEEN}{block}" if text else block
        if len(longer) <= settings.LIMITS.post_text_chars:
            text, taken = longer, taken + 1
    if not taken or (all_of_them and taken < len(blocks)):
        field = "questions" if all_of_them else "text"
        raise invalid(field, f"does not leave all within {settings.LIMITS.post_text_chars} characters", code="too_long")
    return text
