"""`python -m bench.inside.feeder`: says things in rooms and in the chat, as it is told.

Lines of input: "room ID" or "chat NAME", the length of what to say, and how many to say at once, or RATE SECONDS to say
them by the clock: then it answers with the moment (monotonic clock) of each, in JSON. It begins with "ready" and ends
with its input.
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

Say = Callable[[int, int], object]
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


def to_room(room_id: int) -> Say:
    """Into the room's log, as services do it after their commit."""
    return lambda number, characters: room.append(room_id=room_id, event=event(number, characters))


def to_chat(name: str, runner: asyncio.Runner) -> Say:
    """To the chat's group, the same JSON; the offset, which the room's log would give, counts up."""
    layer = get_channel_layer()

    def say(number: int, characters: int) -> None:
        message = {"offset": number, **json.loads(to_json(event(number, characters).model_dump(mode="json")))}
        runner.run(layer.group_send(f"chat_{name}", {"type": "chat.message", "message": message}))

    return say


class Speaker:
    """Says things in one place, and counts them."""

    def __init__(self, say: Say) -> None:
        self._say, self._said = say, 0

    def say(self, count: int, characters: int) -> None:
        """So many at once."""
        for _ in range(count):
            self._said += 1
            self._say(self._said, characters)

    def steadily(self, rate: float, seconds: float, characters: int) -> list[float]:
        """By the clock, late or not; when each was said."""
        begin, moments = time.monotonic(), []
        for number in range(int(rate * seconds)):
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            moments.append(time.monotonic())
            self.say(1, characters)
        return moments


def main() -> None:
    """Until the input ends."""
    speakers: dict[tuple[str, str], Speaker] = {}
    with asyncio.Runner() as runner:
        print("ready", flush=True)
        for line in sys.stdin:
            kind, name, characters, *much = line.split()
            if (kind, name) not in speakers:
                speakers[kind, name] = Speaker(to_room(int(name)) if kind == "room" else to_chat(name, runner))
            speaker = speakers[kind, name]
            if len(much) == 2:
                print(json.dumps(speaker.steadily(float(much[0]), float(much[1]), int(characters))), flush=True)
            else:
                speaker.say(int(much[0]), int(characters))


if __name__ == "__main__":
    main()
