"""Plain text as it is stored: NFC, without control or bidi-override characters; escaped where it is shown."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

# C0 and C1 controls but tab and newline; zero-width no-break space; bidi embeddings, overrides and isolates.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# Signs that stand above, below and upon others; three more come apart into such. Normal form sorts a run of them, which
# takes time that grows with the square of its length: a body of 1 MB would keep a process for minutes. No script piles
# up more than a few; 30 is what Unicode's Stream-Safe Text Format (UAX 15) allows.
_MARKS = "".join(filter(unicodedata.combining, map(chr, range(0x300, 0x1F000)))) + "\u0f73\u0f75\u0f81"
_PILE = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")

# Hangul fillers and the empty Braille cell: letters and symbols by their category.
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"


def plain(value: str) -> str:
    """The text in NFC, CRLF as LF, unwanted characters and marks past 30 in a row gone, trimmed."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    # Cleaned first: a character taken out may leave two beside it that belong together.
    return unicodedata.normalize("NFC", _PILE.sub(r"\1", _UNWANTED.sub("", value))).strip()


def one_line(value: str) -> str:
    """Plain text with every run of white space as one blank."""
    return " ".join(plain(value).split())


def _filled(value: str) -> str:
    if not any(_is_seen(character) for character in value):
        raise ValueError("must not be empty")
    return value


def _is_seen(character: str) -> bool:
    """Whether there is ink: no separator, mark, control or format character, and no letter that is drawn blank."""
    return unicodedata.category(character)[0] not in "ZCM" and character not in _BLANK_LETTERS


PlainText = Annotated[str, AfterValidator(plain)]
OneLine = Annotated[str, AfterValidator(one_line)]
FilledText = Annotated[str, AfterValidator(plain), AfterValidator(_filled)]
FilledLine = Annotated[str, AfterValidator(one_line), AfterValidator(_filled)]
