"""The shapes that the demo's content is written in: values only, known to nobody above the files beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Literal, TypeAlias

Scene: TypeAlias = Literal[
    "tea",
    "ceramics",
    "noodles",
    "plants",
    "books",
    "coffee",
    "flowers",
    "cameras",
    "bakery",
    "bicycles",
    "knitwear",
    "fish",
]
Category: TypeAlias = Literal["food", "drinks", "home", "books", "plants", "fashion", "sports", "electronics"]
Language: TypeAlias = Literal["zh-hans", "zh-hant", "en"]
Currency: TypeAlias = Literal["CNY", "TWD", "HKD", "EUR", "USD", "GBP"]
PostKind: TypeAlias = Literal["update", "magazine", "video", "activity"]


@dataclass(frozen=True, slots=True)
class ProductContent:
    """A thing for sale. `price` reads as a decimal in whole `currency` units; `path` goes behind the shop's address."""

    title: str
    price: str
    currency: Currency
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostContent:
    """A post: `day` counts from 0, the oldest, to 29, yesterday; `at` is the store's local time that day.

    `photos` holds one alt text per picture; `products` are indexes into the store's products.
    """

    day: int
    at: time
    text: str
    title: str = ""
    kind: PostKind = "update"
    photos: tuple[str, ...] = ()
    products: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentContent:
    """What a buyer writes under the post of that index (None: fits under any), and the store's answer, if any.

    `days_later` is when the words make sense, in days after the post; `by` is the mailbox of the only shopper who can
    have written them.
    """

    text: str
    post: int | None = None
    days_later: int = 0
    by: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreContent:
    """A store with all that it sells and says; `posts` run from the oldest to the newest."""

    handle: str
    name: str
    owner: str
    scene: Scene
    category: Category
    language: Language
    city: str
    time_zone: str
    about: str
    products: tuple[ProductContent, ...]
    posts: tuple[PostContent, ...]
    comments: tuple[CommentContent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopperContent:
    """A person: `mailbox` is what stands before the @ of the address, `trades` the scenes they like, best first."""

    name: str
    mailbox: str
    language: Language
    character: str
    trades: tuple[Scene, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionContent:
    """A question in a live room; without an answer it is still waiting."""

    text: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveContent:
    """A live room: the handle of the store that hosts it, and the scene that its cover is drawn from.

    `table` are indexes into the store's products; of these, `shown` is the place of the one that the host shows.
    """

    store: str
    title: str
    scene: Scene
    questions: tuple[QuestionContent, ...] = ()
    table: tuple[int, ...] = ()
    shown: int | None = None
