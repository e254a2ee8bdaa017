"""The merchant's live rooms: one is open when the demo starts, one ended a week ago, one is announced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from accounts.models import User
from config.demo import pictures
from config.demo.content import LIVE, NEXT, PAST
from config.demo.content.shapes import LiveContent, QuestionContent
from config.demo.people import Cast
from config.demo.plan import language_of
from config.demo.report import Reporter
from config.demo.shops import Shop
from core import clock
from interactions.models import LiveRoom, Question, QuestionUpvote, RoomEvent, RoomStatus
from interactions.services import questions, rooms, table

# Seeds of the covers, hearts, and the most who watched at once.
COVER_SEEDS = {LIVE.title: 1_005, PAST.title: 1_006, NEXT.title: 1_007}
HEARTS, VIEWERS = 1_286, 43
PAST_HEARTS, PAST_VIEWERS = 2_417, 61
PAST_BEFORE, PAST_LASTED = timedelta(days=7, hours=2), timedelta(minutes=42)
NEXT_AFTER_DAYS, NEXT_AT_HOUR = 3, 20


def open_rooms(shop: Shop, cast: Cast, width: int, report: Reporter) -> LiveRoom:
    """All three, as far as they are missing; the one that is live."""
    _announce(shop, width)
    _look_back(shop, cast, width)
    return _open(shop, cast, width, report)


def _announce(shop: Shop, width: int) -> None:
    if _known(shop, NEXT) is None:
        zone = ZoneInfo(shop.plan.store.time_zone)
        day = clock.now().astimezone(zone).date() + timedelta(days=NEXT_AFTER_DAYS)
        at = datetime.combine(day, datetime.min.time(), zone) + timedelta(hours=NEXT_AT_HOUR)
        _make(shop, NEXT, width, starts_at=at)


def _look_back(shop: Shop, cast: Cast, width: int) -> None:
    room = _known(shop, PAST) or _make(shop, PAST, width)
    if room.status == RoomStatus.SCHEDULED:
        rooms.start_room(user=shop.owner, room_id=room.pk)
    if room.status != RoomStatus.ENDED:
        _talk(room, PAST.questions, shop, cast)
        rooms.save_totals(room_id=room.pk, likes=PAST_HEARTS, viewers=PAST_VIEWERS)
        rooms.end_room(user=shop.owner, room_id=room.pk)
    _move_back(room, cast.anchor - PAST_BEFORE)


def _move_back(room: LiveRoom, started_at: datetime) -> None:
    """Puts a room that was played in a second where it belongs, each question and answer at a moment of its own."""
    ended_at = started_at + PAST_LASTED
    LiveRoom.objects.filter(id=room.pk).update(
        created_at=started_at - timedelta(days=2), started_at=started_at, ended_at=ended_at
    )
    events = RoomEvent.objects.filter(room=room)
    events.filter(type="started").update(created_at=started_at)
    events.filter(type="ended").update(created_at=ended_at)
    found = list(Question.objects.filter(room=room).order_by("id"))
    for place, question in enumerate(found, start=1):
        asked = started_at + place * PAST_LASTED / (len(found) + 2)
        answered = asked + timedelta(seconds=70 + 9 * place)
        question.created_at, question.answered_at = asked, answered if question.answer else None
        events.filter(question=question, type="question").update(created_at=asked)
        events.filter(question=question, type="answer").update(created_at=answered)
    Question.objects.bulk_update(found, ["created_at", "answered_at"])


def _open(shop: Shop, cast: Cast, width: int, report: Reporter) -> LiveRoom:
    room = _known(shop, LIVE, RoomStatus.LIVE)
    if room is None:
        room = _make(shop, LIVE, width)
        rooms.start_room(user=shop.owner, room_id=room.pk)
        rooms.save_totals(room_id=room.pk, likes=HEARTS, viewers=VIEWERS)
    _talk(room, report.each("live room", LIVE.questions, len(LIVE.questions)), shop, cast)
    return room


def _known(shop: Shop, content: LiveContent, *status: RoomStatus) -> LiveRoom | None:
    found = LiveRoom.objects.filter(store=shop.store, title=content.title, status__in=status or RoomStatus.values)
    return found.order_by("-id").first()


def _make(shop: Shop, content: LiveContent, width: int, *, starts_at: datetime | None = None) -> LiveRoom:
    cover = pictures.photo(
        store=shop.store,
        by=shop.owner,
        scene=content.scene,
        seed=COVER_SEEDS[content.title],
        alt=content.title,
        width=width,
    )
    room = rooms.create_room(
        user=shop.owner,
        handle=shop.store.handle,
        title=content.title,
        starts_at=starts_at,
        cover_id=pictures.take_in(cover),
        products=shop.products(content.table),
    )
    if content.shown is not None:
        shown = room.products.get(position=content.shown)
        table.feature(user_id=shop.owner.pk, room_id=room.pk, product_id=shown.pk)
    return room


def _talk(room: LiveRoom, said: Iterable[QuestionContent], shop: Shop, cast: Cast) -> None:
    """Asks, votes for and answers what is missing."""
    askers = _askers(shop, cast)
    asked = {question.text: question for question in Question.objects.filter(room=room)}
    for place, content in enumerate(said):
        if content.text not in asked:
            asker = askers[language_of(content.text)].pop(0)
            asked[content.text] = questions.ask(
                user_id=asker.pk, room_id=room.pk, text=content.text, client_id=f"demo-{place}"
            )
            _vote(asked[content.text], shop, cast, place)
        question = asked[content.text]
        if content.answer and not question.answer:
            questions.answer(user_id=shop.owner.pk, room_id=room.pk, question_id=question.pk, text=content.answer)


def _askers(shop: Shop, cast: Cast) -> dict[str, list[User]]:
    """Buyers by language; each asks once in a room, so that nobody has to slow down."""
    found: defaultdict[str, list[User]] = defaultdict(list)
    for mailbox in shop.plan.buyers:
        user = cast.people[mailbox]
        found[user.language].append(user)
    return found


def _vote(question: Question, shop: Shop, cast: Cast, place: int) -> None:
    rng = Random(f"votes {place}")
    followers = [cast.people[following.by] for following in shop.plan.following]
    for user in rng.sample(followers, k=rng.randint(0, len(followers) // 2)):
        if user.pk != question.author_id and not QuestionUpvote.objects.filter(question=question, user=user).exists():
            questions.upvote(user_id=user.pk, room_id=question.room_id, question_id=question.pk)
