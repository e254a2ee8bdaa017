"""The steps in the order in which they are played."""

from __future__ import annotations

from config.journey.step import Chapter
from config.journey.steps import buying, leaving, live, moderation, people, posting, rooms, sharing, shops, system

CHAPTERS: tuple[Chapter, ...] = (
    system.CHAPTER,
    people.CHAPTER,
    posting.CHAPTER,
    buying.CHAPTER,
    moderation.CHAPTER,
    sharing.CHAPTER,
    live.CHAPTER,
    rooms.CHAPTER,
    shops.CHAPTER,
    leaving.CHAPTER,
)
