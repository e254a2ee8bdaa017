"""The home page: window, filter, cards. Below the floor and without Redis, PostgreSQL goes on: no page hides a hole."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings

from core import cursors
from core.batching import Joined
from core.redis import RedisAway, is_open
from feed import cards, keys, outboxes, selectors, windows
from feed.cards import Items
from feed.live_cards import NOTHING_LIVE, LiveCard, LiveList, live_list
from feed.packing import BOTTOM, TOP, Merged, Window
from feed.selectors import PageAsked, SeenPost

# Candidates beyond the page, for those that the viewer's rules drop.
SPARE = 3
# Where they drop nearly all, each round looks at twice as many, up to this.
MOST = 500


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page's posts, where the next one starts (None: there is none), and the rooms that are live above it."""

    items: Items
    next_before: int | None
    head: int | None
    live: LiveList = NOTHING_LIVE

    def cursor(self, kind: str) -> str | None:
        """The signed cursor of the next page, if there is one."""
        return None if self.next_before is None else cursors.sign(kind, self.next_before)

    def body(self, kind: str) -> bytes:
        """The whole JSON body."""
        cursor = self.cursor(kind)
        end = b',"next_cursor":%b,"head":%b}' % (_text(cursor), _text(self.head))
        return b"".join((b'{"items":', *self.items.pieces, b',"live":', self.live.json, end))

    @property
    def etag(self) -> str:
        """The weak entity tag of the body."""
        return f'W/"{self.items.digest}{self.next_before or 0:x}{self.live.digest}"'


def _text(value: object) -> bytes:
    return b"null" if value is None else b'"%s"' % str(value).encode()


@dataclass(frozen=True, slots=True)
class NewPosts:
    """What arrived since the seen mark: how many (at most 99), of which stores, and the mark to set when it is seen."""

    count: int
    stores: list[str]
    head: str | None


async def _page(shown: list[SeenPost], next_before: int | None, live: Sequence[LiveCard] = ()) -> FeedPage:
    above = await live_list(live) if live else NOTHING_LIVE
    return FeedPage(await cards.items(shown), next_before, shown[0].feed_id if shown else None, above)


# Which pull stores people followed when they last read here, so that their outboxes come in the same trip as the inbox.
_followed: dict[int, tuple[int, ...]] = {}
_FOLLOWED_MOST = 50_000
# Who follows more pull stores than this reads from PostgreSQL, whose own way does not take longer for more of them.
MOST_PULLS = 100


async def window_of(user_id: int) -> Merged | None:
    """A shopper's inbox, built when it is missing, with the outboxes of their pull stores.

    None where PostgreSQL must answer: Redis is away, or too many outboxes would have to be looked at.
    """
    try:
        if is_open():
            return None  # one trip finds out how Redis is; nobody waits behind it
        inbox = await _read_inbox(user_id) or await build_inbox(user_id)
        _note(user_id, inbox.pulls)
        if len(inbox.pulls) > MOST_PULLS:
            return None
        return Merged((inbox, *await outboxes.read(inbox.pulls)))
    except RedisAway:
        return None


def _note(user_id: int, pulls: tuple[int, ...]) -> None:
    if pulls and len(pulls) <= MOST_PULLS:
        if len(_followed) > _FOLLOWED_MOST:
            _followed.clear()
        _followed[user_id] = pulls
    elif user_id in _followed:
        del _followed[user_id]


async def _read_inboxes(user_ids: Sequence[int]) -> list[windows.Read]:
    store_ids = outboxes.stale({store_id for user_id in user_ids for store_id in _followed.get(user_id, ())})
    asked_at = time.monotonic()
    inboxes, found = await windows.read(user_ids, store_ids)
    outboxes.learn(asked_at, zip(store_ids, found, strict=True))
    return inboxes


_read_inbox = Joined[int, Window | None](_read_inboxes, late=RedisAway)


async def build_inbox(user_id: int) -> Window:
    """A missing inbox, from PostgreSQL. Raises RedisAway.

    The claim first, then the query: what commits in between is pushed into the claimed inbox by its own fan-out.
    """
    token = await windows.claim(keys.inbox(user_id))
    window = await selectors.newest_window(user_id)
    if token is not None:
        with contextlib.suppress(RedisAway):  # the answer stands; the claim expires
            await windows.fill(keys.inbox(user_id), token, window, ttl_s=windows.inbox_ttl_s())
    return window


async def home_page(*, viewer_id: int, before: int = TOP, limit: int) -> FeedPage:
    """Up to `limit` posts older than `before`, newest first. Short only at the end, and the end is `next_before` None.

    The first page bears the rooms that are live. Warm: one Redis trip for the window, one statement for what only this
    viewer sees, one trip for cards and counts.
    """
    window = await window_of(viewer_id)
    shown, more, live = await _visible(viewer_id, window, before=before, limit=limit, live=before == TOP)
    return await _page(shown, shown[-1].feed_id if more else None, live)


class _Visible(NamedTuple):
    """Posts that a viewer may see, newest first; whether there may be more; and the rooms that are live, if asked."""

    shown: list[SeenPost]
    more: bool
    live: list[LiveCard]


async def _visible(
    viewer_id: int,
    window: Merged | None,
    *,
    before: int = TOP,
    limit: int,
    newer_than: int = BOTTOM,
    live: bool = False,
) -> _Visible:
    """Up to `limit` posts older than `before` and newer than `newer_than`."""
    shown: list[SeenPost] = []
    rooms: list[LiveCard] = []
    size = limit + SPARE
    while True:
        found, exhausted = await _candidates(viewer_id, window, before=before, limit=size)
        candidates = [feed_id for feed_id in found if feed_id > newer_than]
        exhausted = exhausted or len(candidates) < len(found)
        seen = await selectors.seen_page(PageAsked(viewer_id, candidates, home=True, live=live))
        if live:
            rooms, live = seen.live, False
        visible = [seen.posts[feed_id] for feed_id in candidates if feed_id in seen.posts]
        wanted = limit - len(shown)
        shown += visible[:wanted]
        if len(visible) > wanted or exhausted:
            return _Visible(shown, len(visible) > wanted, rooms)
        if len(shown) == limit:
            return _Visible(shown, True, rooms)
        before, size = candidates[-1], min(2 * size, MOST)


async def _candidates(viewer_id: int, window: Merged | None, *, before: int, limit: int) -> tuple[list[int], bool]:
    """The next ids older than `before`, and whether there are none after them."""
    if window is not None:
        inside = window.page(before=before, limit=limit + 1)
        if len(inside) > limit:
            return inside[:limit], False
        if inside and window.floor:
            return inside, False  # older ones come from below the floor, on the next round
        if not window.floor:
            return inside, True
    found = await selectors.readable_ids(viewer_id=viewer_id, before=before, limit=limit + 1)
    return found[:limit], len(found) <= limit


async def store_page(*, viewer_id: int | None, store_id: int, before: int | None, limit: int) -> FeedPage:
    """A store's own posts: pinned ones first, each group newest first. `before` is a place, from the last cursor."""
    start = selectors.FIRST_PLACE if before is None else before
    places = await selectors.store_places(store_id=store_id, before=start, limit=limit + 1)
    ids = [place % TOP for place in places[:limit]]
    seen = await selectors.seen_posts(viewer_id=viewer_id, feed_ids=ids)
    shown = [seen[feed_id] for feed_id in ids if feed_id in seen]
    return await _page(shown, places[limit - 1] if len(places) > limit else None)


async def new_posts(viewer_id: int) -> NewPosts:
    """What is newer than the seen mark and may be seen. Derived on each call: there is no counter."""
    mark, cap = await selectors.seen_mark(viewer_id), int(settings.LIMITS.unread_cap)
    shown, _, _ = await _visible(viewer_id, await window_of(viewer_id), limit=cap, newer_than=mark)
    stores = list(dict.fromkeys(post.store_handle for post in shown))[:3]
    return NewPosts(len(shown), stores, str(shown[0].feed_id) if shown else None)
