"""What a picture may be, and the words for refusing one."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, NoReturn

Kind = Literal["jpeg", "png", "webp", "heic"]
Reason = Literal[
    "not_an_image",
    "unsupported_type",
    "too_large",
    "too_many_pixels",
    "side_too_long",
    "too_small",
    "animated",
    "truncated",
    "corrupt",
]

MESSAGES: dict[Reason, str] = {
    "not_an_image": "This file is not a picture.",
    "unsupported_type": "This kind of picture is not accepted: send JPEG, PNG, WebP or HEIC.",
    "too_large": "This file is too large.",
    "too_many_pixels": "This picture has too many pixels.",
    "side_too_long": "This picture is too long or too wide.",
    "too_small": "This picture is too small.",
    "animated": "Moving pictures are not accepted: send a still one.",
    "truncated": "This file ends too early, part of the picture is missing.",
    "corrupt": "This file is damaged and cannot be read.",
}


class MediaRejected(Exception):
    """A file that is not let in. `reason` is for programs, `str()` for people, `detail` for our own log."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(MESSAGES[reason])
        self.reason: Reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """How big a picture may be: bytes of the file, pixels in all, pixels along one side.

    WebP cannot be written with a longer side than 16,383 pixels, so a longer picture could not be stored.
    """

    max_bytes: int = 10 * 1024 * 1024
    max_pixels: int = 25_000_000
    max_side: int = 16_383
    min_side: int = 1


class Header(NamedTuple):
    """What the first bytes say: kind, and size in pixels as stored, before any rotation."""

    kind: Kind
    width: int
    height: int


def reject(reason: Reason, detail: str = "") -> NoReturn:
    """Raise MediaRejected. A function, so that it can stand in an expression and mypy knows that it never returns."""
    raise MediaRejected(reason, detail)
