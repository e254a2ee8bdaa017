"""The live room that is open when the demo starts, with questions, answers, votes and hearts."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from accounts.models import User
from config.demo import pictures
from config.demo.content import LIVE
from config.demo.people import Cast
from config.demo.plan import language_of
from config.demo.report import Reporter
from config.demo.shops import Shop
from interactions.models import LiveRoom, Question, QuestionUpvote, RoomStatus
from interactions.services import questions, rooms

COVER_SEED = 1_005
ON_THE_TABLE = (0, 2, 3)
HEARTS, VIEWERS = 1_286, 43


def open_room(shop: Shop, cast: Cast, width: int, report: Reporter) -> LiveRoom:
    """The live room of this title, made when there is none, with all its questions."""
    room = LiveRoom.objects.filter(store=shop.store, title=LIVE.title, status=RoomStatus.LIVE).first()
    if room is None:
        room = _make(shop, width)
    askers = _askers(shop, cast)
    asked = {question.text: question for question in Question.objects.filter(room=room)}
    for place, content in enumerate(report.each("live room", LIVE.questions, len(LIVE.questions))):
        if content.text not in asked:
            asker = askers[language_of(content.text)].pop(0)
            asked[content.text] = questions.ask(
                user_id=asker.pk, room_id=room.pk, text=content.text, client_id=f"demo-{place}"
            )
            _vote(asked[content.text], shop, cast, place)
        question = asked[content.text]
        if content.answer and not question.answer:
            questions.answer(user_id=shop.owner.pk, room_id=room.pk, question_id=question.pk, text=content.answer)
    return room


def _make(shop: Shop, width: int) -> LiveRoom:
    cover = pictures.photo(
        store=shop.store, by=shop.owner, scene=LIVE.scene, seed=COVER_SEED, alt=LIVE.title, width=width
    )
    room = rooms.create_room(
        user=shop.owner,
        handle=shop.store.handle,
        title=LIVE.title,
        cover_id=pictures.take_in(cover),
        products=shop.products(ON_THE_TABLE),
    )
    rooms.start_room(user=shop.owner, room_id=room.pk)
    rooms.save_totals(room_id=room.pk, likes=HEARTS, viewers=VIEWERS)
    return room


def _askers(shop: Shop, cast: Cast) -> dict[str, list[User]]:
    """Buyers by language; each asks once, so that nobody has to slow down."""
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
