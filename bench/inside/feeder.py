"""`python -m bench.inside.feeder room ID CHARACTERS` or `... chat NAME CHARACTERS`: says things there as it is told.

Lines of input: a number of events to say at once, or "RATE SECONDS" to say them by the clock, answered by a line of
JSON with the moment (monotonic clock) at which each was said. It says "ready" first, and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from channels.layers import get_channel_layer

from core.api import to_json
from interactions.live import room
from interactions.live.events import QuestionAnswered, QuestionOut
from interactions.models import QuestionStatus
from stores.schemas import PersonCard

Say = Callable[[int], object]
ANSWER = "A year in a closed tin, somewhere dark and dry. "
SOMEBODY = PersonCard(id=1, name="Charlie from the corner", avatar=None)


def event(number: int, characters: int) -> QuestionAnswered:
    """An answer of this length."""
    now = datetime.now(UTC)
    question = QuestionOut(
        id=number, author=SOMEBODY, text="How long does the tea from the old barn keep, once it is open?",
        status=QuestionStatus.ANSWERED, upvotes=3, answer=(ANSWER * (characters // len(ANSWER) + 1))[:characters],
        answered_by=SOMEBODY, answered_at=now, pinned=False, created_at=now,
    )  # fmt: skip
    return QuestionAnswered(id=number, question=question)


def to_room(room_id: int, characters: int) -> Say:
    """Into the room's log, as services do it after their commit."""
    return lambda number: room.append(room_id=room_id, event=event(number, characters))


def to_chat(name: str, characters: int, runner: asyncio.Runner) -> Say:
    """To the chat's group, the same JSON; the offset, which the room's log would give, counts up."""
    layer = get_channel_layer()

    def say(number: int) -> None:
        message = {"offset": number, **json.loads(to_json(event(number, characters).model_dump(mode="json")))}
        runner.run(layer.group_send(f"chat_{name}", {"type": "chat.message", "message": message}))

    return say


def steadily(say: Say, first: int, rate: float, seconds: float) -> list[float]:
    """By the clock, late or not; when each was said."""
    begin, said = time.monotonic(), []
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        said.append(time.monotonic())
        say(first + number)
    return said


def main() -> None:
    """Until the input ends."""
    kind, name, length = sys.argv[1:]
    number, characters = 1, int(length)
    with asyncio.Runner() as runner:
        say = to_room(int(name), characters) if kind == "room" else to_chat(name, characters, runner)
        print("ready", flush=True)
        for line in sys.stdin:
            words = line.split()
            if len(words) == 2:
                said = steadily(say, number, float(words[0]), float(words[1]))
                number += len(said)
                print(json.dumps(said), flush=True)
                continue
            for _ in range(int(words[0])):
                say(number)
                number += 1


if __name__ == "__main__":
    main()
