"""Who follows, buys, says, likes and shares what in the demo, and when: values from values, the same on every machine.

Only the dates move: everything lies before one moment, the anchor.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from config.demo.content import LIVE, SHOPPERS, STORES
from config.demo.content.shapes import CommentContent, Language, PostContent, ShopperContent, StoreContent

MERCHANT = LIVE.store
BUYER = "lin_xiaoman"
# Signed in, follows a few stores, has never bought anything.
STRANGER = "luo_xiaobei"
# Stores that hold the first comment of each buyer: two of them wait.
HOLDING = ("wanchao_books", "half_past_four")
HELD = 2
LAST_DAY = 29
COMMENTERS = 13

SOURCES = {"store_page": 30, "search": 20, "feed": 15, "share": 12, "qr": 10, "order": 8, "live": 5}
CHANNELS: dict[Language, tuple[str, ...]] = {
    "zh-hans": ("wechat", "wechat", "weibo", "link"),
    "zh-hant": ("line", "line", "link", "qr"),
    "en": ("whatsapp", "link", "x", "link"),
}


@dataclass(frozen=True, slots=True)
class Following:
    """A shopper, by mailbox, follows."""

    by: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Purchase:
    """A shopper buys the store's product of that index."""

    by: str
    product: int
    quantity: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A comment under the post of that index. The store itself speaks (`by` is "") in answer to the text `answers`."""

    post: int
    by: str
    text: str
    at: datetime
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Sharing:
    """A link to the post of that index, and how many came by it."""

    post: int
    by: str
    channel: str
    visits: int


@dataclass(frozen=True, slots=True)
class StorePlan:
    """A store's month. `held` are (mailbox, text), said after the store began to hold first comments, under its newest
    post; `likes` are mailboxes by post.
    """

    store: StoreContent
    anchor: datetime
    published: tuple[datetime, ...]
    following: tuple[Following, ...]
    purchases: tuple[Purchase, ...]
    said: tuple[Said, ...]
    held: tuple[tuple[str, str], ...]
    likes: tuple[tuple[str, ...], ...]
    shares: tuple[Sharing, ...]

    @property
    def events(self) -> list[Purchase | Said]:
        """Purchases and words in the order in which they happened, so that each buyer's badge is the one of then."""
        return sorted([*self.purchases, *self.said], key=lambda event: event.at)

    def at_last(self, share: float) -> datetime:
        """After everything that was said under the newest post, this share of the time that was left."""
        newest = len(self.published) - 1
        last = max([self.published[newest], *(one.at for one in self.said if one.post == newest)])
        return last + (self.anchor - last) * share

    @property
    def buyers(self) -> list[str]:
        """Mailboxes of who bought, each once."""
        return list(dict.fromkeys(purchase.by for purchase in self.purchases))


def plan_store(store: StoreContent, anchor: datetime) -> StorePlan:
    """The month before `anchor` in one store."""
    published = tuple(published_at(store, post, anchor) for post in store.posts)
    following = tuple(_following(store, anchor))
    customers = _Customers(store)
    said, held = _conversation(store, customers, published, anchor)
    return StorePlan(
        store=store,
        anchor=anchor,
        published=published,
        following=following,
        purchases=tuple(_purchases(store, customers, said, published, anchor)),
        said=tuple(said),
        held=tuple(held),
        likes=tuple(_likes(store, [follow.by for follow in following])),
        shares=tuple(_shares(store, [follow.by for follow in following])),
    )


def published_at(store: StoreContent, post: PostContent, anchor: datetime) -> datetime:
    """When a post went out: day 29 is the store's yesterday."""
    zone = ZoneInfo(store.time_zone)
    day = anchor.astimezone(zone).date() - timedelta(days=1 + LAST_DAY - post.day)
    return datetime.combine(day, post.at, zone)


def language_of(text: str) -> Language:
    """Which of the three languages a question is in, by its letters."""
    if text.isascii() or not any("\u4e00" <= letter <= "\u9fff" for letter in text):
        return "en"
    letters = "".join(letter for letter in text if "\u4e00" <= letter <= "\u9fff")
    return "zh-hans" if letters.encode("gb2312", "ignore").decode("gb2312") == letters else "zh-hant"


# --- who ----------------------------------------------------------------------------------------------------


def _fans(store: StoreContent) -> list[ShopperContent]:
    return [shopper for shopper in SHOPPERS if store.scene in shopper.trades]


class _Customers:
    """Who buys in a store: `talkers` comment in its language, `quiet` ones wait for a moderator, `abroad` only buy."""

    def __init__(self, store: StoreContent) -> None:
        self.rng = Random(f"customers of {store.handle}")
        speakers = [one for one in SHOPPERS if one.language == store.language and one.mailbox != STRANGER]
        fans = [one.mailbox for one in speakers if store.scene in one.trades]
        others = [one.mailbox for one in speakers if one.mailbox not in fans]
        named = [comment.by for comment in store.comments if comment.by]
        first = list(dict.fromkeys([*fans, *named]))
        more = [mailbox for mailbox in others if mailbox not in first]
        self.rng.shuffle(more)
        self.quiet = more[:HELD] if store.handle in HOLDING else []
        self.talkers = first + more[HELD : HELD + max(0, COMMENTERS - len(first))]
        self.abroad = self._abroad(store)

    def _abroad(self, store: StoreContent) -> list[str]:
        found = [one for one in _fans(store) if one.language != store.language and one.mailbox != STRANGER]
        if store.handle == LIVE.store:  # whoever asks in the room has bought
            for language in {language_of(question.text) for question in LIVE.questions} - {store.language}:
                if not any(one.language == language for one in found):
                    found.append(next(one for one in SHOPPERS if one.language == language))
        return [one.mailbox for one in found]


def _following(store: StoreContent, anchor: datetime) -> Iterable[Following]:
    rng = Random(f"followers of {store.handle}")
    for shopper in SHOPPERS:
        if store.scene in shopper.trades or store.handle in _second_looks(shopper):
            (source,) = rng.choices(list(SOURCES), weights=list(SOURCES.values()))
            days = rng.uniform(0.5, 30) if rng.random() < 0.4 else rng.uniform(30, 240)
            yield Following(shopper.mailbox, source, anchor - timedelta(days=days))


def _second_looks(shopper: ShopperContent) -> list[str]:
    """Stores outside a shopper's favourite trades that they follow too."""
    near = [one.handle for one in STORES if one.language == shopper.language and one.scene not in shopper.trades]
    if shopper.mailbox == STRANGER:
        near = [handle for handle in near if handle != MERCHANT]
    return Random(f"{shopper.mailbox} looks around").sample(near, k=min(2, len(near)))


# --- what is said ---------------------------------------------------------------------------------------------------


def _conversation(
    store: StoreContent, customers: _Customers, published: Sequence[datetime], anchor: datetime
) -> tuple[list[Said], list[tuple[str, str]]]:
    rng = Random(f"talk in {store.handle}")
    comments = list(store.comments)
    waiting = comments[-len(customers.quiet) :] if customers.quiet else []
    wrote: defaultdict[int, set[str]] = defaultdict(set)
    times: Counter[str] = Counter()
    said: list[Said] = []
    for comment in comments[: len(comments) - len(waiting)]:
        post = comment.post if comment.post is not None else rng.randrange(2, len(store.posts) - 1)
        free = [mailbox for mailbox in customers.talkers if mailbox not in wrote[post]]
        by = comment.by or min(free, key=lambda mailbox: (times[mailbox], rng.random()))
        wrote[post].add(by)
        times[by] += 1
        said += _with_answer(comment, post, by, published[post], anchor, rng)
    held = [(by, comment.text) for comment, by in zip(waiting, customers.quiet, strict=True)]
    return sorted(said, key=lambda one: one.at), held


def _with_answer(
    comment: CommentContent, post: int, by: str, published: datetime, anchor: datetime, rng: Random
) -> Iterable[Said]:
    at = _soon(published + timedelta(days=comment.days_later), anchor, timedelta(hours=16), rng)
    yield Said(post, by, comment.text, at)
    if comment.reply:
        yield Said(post, "", comment.reply, _soon(at, anchor, timedelta(hours=6), rng), comment.text)


def _soon(moment: datetime, anchor: datetime, within: timedelta, rng: Random) -> datetime:
    """Some time after a moment, sooner rather than later, and before the anchor."""
    span = min(within, (anchor - moment) * 0.9)
    share: float = rng.uniform(0.05, 1) ** 1.5
    return moment + span * share


# --- what is bought, liked and passed on ------------------------------------------------------------------------------


def _purchases(
    store: StoreContent, customers: _Customers, said: Sequence[Said], published: Sequence[datetime], anchor: datetime
) -> Iterable[Purchase]:
    rng = Random(f"orders of {store.handle}")
    words: defaultdict[str, list[Said]] = defaultdict(list)
    for one in said:
        words[one.by].append(one)
    for by in [*customers.talkers, *customers.quiet, *customers.abroad]:
        own = sorted(words[by], key=lambda one: one.at)
        until = own[0].at if own else anchor - timedelta(days=1)
        wanted = store.posts[own[0].post].products if own else ()
        yield _purchase(store, by, wanted, until - timedelta(days=rng.uniform(1, 45)), rng)
        for one in own:
            # "It came yesterday": bought when the post showed it.
            if one.at - published[one.post] > timedelta(days=2) and store.posts[one.post].products:
                at = published[one.post] + timedelta(hours=rng.uniform(1, 9))
                yield _purchase(store, by, store.posts[one.post].products, at, rng)


def _purchase(store: StoreContent, by: str, wanted: Sequence[int], at: datetime, rng: Random) -> Purchase:
    product = wanted[0] if wanted else rng.randrange(len(store.products))
    return Purchase(by, product, 2 if rng.random() < 0.15 else 1, at.replace(microsecond=0))


def _likes(store: StoreContent, followers: Sequence[str]) -> Iterable[tuple[str, ...]]:
    rng = Random(f"likes of {store.handle}")
    fans = {shopper.mailbox for shopper in _fans(store)}
    for post in store.posts:
        appeal = rng.betavariate(2, 4) * (1.3 if post.kind == "magazine" else 1.0 if post.photos else 0.7)
        yield tuple(by for by in followers if rng.random() < appeal * (1.2 if by in fans else 0.7))


def _shares(store: StoreContent, followers: Sequence[str]) -> Iterable[Sharing]:
    rng = Random(f"shares of {store.handle}")
    for index, post in enumerate(store.posts):
        if rng.random() < (0.5 if post.kind in ("magazine", "activity") else 0.25):
            channel = rng.choice(CHANNELS[store.language])
            yield Sharing(index, rng.choice(followers), channel, int(rng.expovariate(1 / 7)))
