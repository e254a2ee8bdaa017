"""What is said around the stores in each language: applications and answers to them, and words that get reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.demo.content.shapes import Language


@dataclass(frozen=True, slots=True)
class ReportedContent:
    """A comment that others report: under the store's newest post but some, why, and what one of them adds."""

    store: str
    text: str
    reason: str
    note: str
    hidden: bool = False


# With the store's city.
APPLICATIONS: Mapping[Language, str] = {
    "zh-hans": "我们在{city}开店，客人散在各地。想有个地方跟买过东西的人慢慢说话，也听他们说。",
    "zh-hant": "我們的店在{city}，客人不只是附近的人。想找一個地方和買過的人好好說話，也聽聽他們怎麼說。",
    "en": "We keep a small shop in {city}. We would like a place to talk with the people who buy from us.",
}
WELCOMES: Mapping[Language, str] = {
    "zh-hans": "资料齐全，店是真的，欢迎。",
    "zh-hant": "資料齊全，店也真的在那裡，歡迎。",
    "en": "Papers in order, and the shop is really there. Welcome.",
}
REPORTED: tuple[ReportedContent, ...] = (
    ReportedContent(
        store="laozhou_noodles",
        text="加微信返现五元，满三十再送一碗，名额不多，看头像。",
        reason="spam",
        note="每家店下面都贴一遍。",
        hidden=True,
    ),
    ReportedContent(
        store="shanjiao_coffee",
        text="老闆的手機我有，需要的私訊我，半夜打也會接。",
        reason="private",
        note="這是人家的私人電話，請處理。",
    ),
    ReportedContent(
        store="second_gear",
        text="They swapped my new chain for a used one and charged me twice. Ask me how I know.",
        reason="false",
        note="I was standing next to him. It was his own chain and he knows it.",
    ),
)
