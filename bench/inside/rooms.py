"""Live rooms for benches, with a host, a table of questions and everybody free to ask."""

from __future__ import annotations

from accounts.models import User
from core import clock
from interactions.live import room as live_log
from interactions.models import AskPolicy, LiveRoom, Question, RoomStatus
from stores.models import Store


def make(*, host: int, asker: int, questions: int = 0, store: int = 1) -> dict[str, object]:
    """A live room of a store; its id, and those of its waiting questions."""
    room = LiveRoom.objects.create(
        store=Store.objects.get(id=store),
        host=User.objects.get(id=host),
        title="Autumn teas, and questions about them",
        status=RoomStatus.LIVE,
        started_at=clock.now(),
        ask_policy=AskPolicy.EVERYONE,
        slow_mode_s=0,
    )
    asked = [
        Question(room=room, author_id=asker, client_id=f"bench-{n}", text=f"How long does tea number {n} keep?")
        for n in range(questions)
    ]
    Question.objects.bulk_create(asked, batch_size=1_000)
    return {"room": room.pk, "questions": [question.pk for question in asked]}


def position(*, room: int) -> dict[str, object]:
    """Where a room's log stands, and its hearts."""
    reached, totals = live_log.now_at(room)
    return {
        "epoch": reached.epoch if reached else "",
        "offset": reached.offset if reached else 0,
        "likes": totals.likes,
    }
