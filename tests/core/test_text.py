"""Plain text: what of it stays, and that no pile of marks gets as far as normal form, which sorts them slowly."""

from __future__ import annotations

import pytest

from core.text import plain

# In the wrong order for normal form, which sorts them.
MARKS = "\u0345\u0301\u0316\u0334"


@pytest.mark.parametrize("piled", ["a" + "".join(mark * 50_000 for mark in MARKS), "\u0f73" * 200_000, MARKS * 50_000])
def test_a_pile_of_marks_is_cut(piled: str) -> None:
    assert len(plain(piled)) < 100


def test_what_people_write_is_left_alone() -> None:
    for text in ("Việt Nam", "한국어", "שָׁלוֹם", "ไม่เป็นไร", "ᾧ", "न्तीर्य", "Z" + "\u030a" * 30):
        assert plain(plain(text)) == plain(text)
        assert len(plain(text)) >= len(text) - 1
