"""The frames that clients send, our answers to them, and the close codes. Pure: text in, frames and text out."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, Literal

import orjson
from django.conf import settings
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from core.api import to_json
from core.problems import Problem
from core.text import FilledLine, FilledText
from interactions.models import AskPolicy

LIMITS = settings.LIMITS
MAX_ID = 2**53 - 1
ANSWER_CHARS = 1_000

FrameId = Annotated[str, StringConstraints(max_length=64)] | Annotated[int, Field(strict=True, ge=0, le=MAX_ID)]
RowId = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]


# Signs that a client may send for one that is kept: white space, and letters written in parts. Bringing text into its
# normal form takes time that grows with the square of such parts, so what cannot fit is refused before that.
RAW_CHARS = 4


def _at_most(chars: int) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value) > RAW_CHARS * chars:
            raise PydanticCustomError("too_long", f"Value should have at most {chars} items after validation")
        return value

    return BeforeValidator(check)


class Close(IntEnum):
    """Why a socket is closed. 4000-4499: come back later. 4500-4999: do not."""

    RESTART = 4000
    SLOW = 4001
    LOST_POSITION = 4002
    TOO_MANY = 4008
    SIGNED_OUT = 4500
    ROOM_ENDED = 4501
    FORBIDDEN = 4503
    BAD_FRAMES = 4504


class Frame(BaseModel):
    """What every frame has: a type, and the client's own id for it, which the reply names. Nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: FrameId | None = None


class Auth(Frame):
    """Signs the socket in; the first frame of a client that has no cookie."""

    type: Literal["auth"]
    ticket: Annotated[str, StringConstraints(max_length=100)]


class Resume(Frame):
    """Asks for everything after a position that the client had reached."""

    type: Literal["resume"]
    epoch: Annotated[str, StringConstraints(max_length=40)]
    offset: Annotated[int, Field(strict=True, ge=0, le=MAX_ID)]


class Tap(Frame):
    """Hearts since the last tap frame."""

    type: Literal["tap"]
    count: Annotated[int, Field(strict=True, ge=1, le=LIMITS.live_taps_per_frame)]


class Ask(Frame):
    """A question; the same `client_id` again is the same question."""

    type: Literal["ask"]
    text: Annotated[FilledLine, StringConstraints(max_length=LIMITS.question_chars), _at_most(LIMITS.question_chars)]
    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]


class AboutQuestion(Frame):
    """A frame about one question of the room."""

    question: RowId


class Upvote(AboutQuestion):
    """I want this answered."""

    type: Literal["upvote"]


class Unvote(AboutQuestion):
    """Takes one's upvote back."""

    type: Literal["unvote"]


class Answer(AboutQuestion):
    """The store's answer; again replaces it."""

    type: Literal["answer"]
    text: Annotated[FilledText, StringConstraints(max_length=ANSWER_CHARS), _at_most(ANSWER_CHARS)]


class Pin(AboutQuestion):
    """On top of the questions, or, with `pinned` false, back into their row."""

    type: Literal["pin"]
    pinned: Annotated[bool, Field(strict=True)] = True


class Hide(AboutQuestion):
    """Takes a question away from everybody."""

    type: Literal["hide"]


class Approve(AboutQuestion):
    """Shows a held or hidden question."""

    type: Literal["approve"]


class Mute(Frame):
    """This person may not ask here for so many seconds; 0 lets them again."""

    type: Literal["mute"]
    user: RowId
    seconds: Annotated[int, Field(strict=True, ge=0, le=LIMITS.live_mute_max_s)]


class Settings(Frame):
    """The room's rules; what is left out stays."""

    type: Literal["settings"]
    ask_policy: AskPolicy | None = None
    slow_mode_s: Annotated[int, Field(strict=True, ge=0, le=LIMITS.live_slow_mode_max_s)] | None = None
    premoderate: Annotated[bool, Field(strict=True)] | None = None


class Feature(Frame):
    """Shows a product of the table to all; null shows none."""

    type: Literal["feature"]
    product: RowId | None


class Ping(Frame):
    """Are you there? Phones' networks drop what is silent."""

    type: Literal["ping"]


AnyFrame = (
    Auth | Resume | Tap | Ask | Upvote | Unvote | Answer | Pin | Hide | Approve | Mute | Settings | Feature | Ping
)
_FRAMES: TypeAdapter[AnyFrame] = TypeAdapter(Annotated[AnyFrame, Field(discriminator="type")])
_FRAME_ID: TypeAdapter[FrameId] = TypeAdapter(FrameId)


class BadFrame(Problem):
    """This frame is not one that the protocol knows."""

    status = 422
    code = "bad_frame"

    def __init__(self, detail: str = "", *, reply: str | int | None = None, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.reply = reply


class FrameTooLarge(BadFrame):
    """This frame is larger than 16 KiB."""

    code = "frame_too_large"


def parse(text: str) -> AnyFrame:
    """The frame that a text is; raises BadFrame, with the frame's id where it can be told, and nothing else."""
    if len(text) > LIMITS.live_frame_bytes or len(text.encode(errors="replace")) > LIMITS.live_frame_bytes:
        raise FrameTooLarge
    try:
        found = orjson.loads(text)
    except ValueError as error:
        raise BadFrame("This is not JSON.") from error
    try:
        return _FRAMES.validate_python(found)
    except ValidationError as error:
        raise BadFrame(reply=_id_of(found), errors=_errors(error)) from error


def _id_of(found: Any) -> str | int | None:
    try:
        return _FRAME_ID.validate_python(found.get("id")) if isinstance(found, dict) else None
    except ValidationError:
        return None


def _errors(error: ValidationError) -> list[dict[str, Any]]:
    return [
        {"field": _field(row["loc"]), "code": row["type"], "message": _message(row)}
        for row in error.errors(include_url=False, include_context=False, include_input=False)[:5]
    ]


def _field(location: tuple[int | str, ...]) -> str:
    # Below the frame's type there is the field; without it there is only the type to mend.
    return str(location[1])[:64] if len(location) > 1 else "type"


def _message(row: Any) -> str:
    # pydantic's own words would give a client's `type` back, whatever that is.
    return "There is no such type of frame." if row["type"].startswith("union_tag") else row["msg"][:200]


def encode_reply(to: str | int, found: dict[str, Any]) -> str:
    """The answer to a frame that was done."""
    return to_json({"reply": to, "ok": True} | found).decode()


def encode_refusal(to: str | int | None, problem: Problem) -> str:
    """The answer to a frame that was not."""
    return to_json({"reply": to, "error": _error(problem)}).decode()


def encode_error(problem: Problem) -> str:
    """An error that no frame asked for, before the socket is closed."""
    return to_json({"type": "error", "error": _error(problem)}).decode()


def _error(problem: Problem) -> dict[str, Any]:
    error: dict[str, Any] = {"code": problem.code, "detail": problem.detail, "retry_after": problem.retry_after}
    if problem.errors is not None:
        error["errors"] = problem.errors
    return error
