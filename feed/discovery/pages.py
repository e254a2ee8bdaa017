"""Pages of discovery: a list that stands still while it is read, filtered anew on each page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from core import cursors
from feed import cards, selectors
from feed.discovery import pool, snapshots, viewers
from feed.discovery.ranking import NOBODY, Place, Ranked, personal
from feed.selectors import SeenPost

# Candidates beyond the page, for those that may not be seen any more; each further round looks at twice as many.
SPARE = 10
_KIND = "discover"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ends: the list, how much of it was read, and the points of the last post that was shown.

    The points find the place again in a list that is made anew, when Redis has lost the one that was begun.
    """

    name: int
    read: int
    points: int


@dataclass(frozen=True, slots=True)
class DiscoverPage:
    """A page as JSON bytes of `items`, and the cursor of the next one (None: there is none)."""

    items: bytes
    cursor: str | None

    def body(self) -> bytes:
        """The whole JSON body. It has no head: reading here does not move the home feed's seen mark."""
        cursor = b"null" if self.cursor is None else b'"%s"' % self.cursor.encode()
        return b'{"items":%s,"live":[],"next_cursor":%s,"head":null}' % (self.items, cursor)


async def discover_page(*, viewer_id: int | None, cursor: str | None, limit: int) -> DiscoverPage:
    """Up to `limit` posts of stores that the viewer does not follow, best first; short only at the end.

    A first page ranks the pool for the viewer; later ones read the snapshot that their cursor names. Warm: two
    trips and three statements, sign-in included. Raises BadCursor.
    """
    mark = Mark(*cursors.read(_KIND, cursor, length=3)) if cursor is not None else None
    begun = await snapshots.read(viewer_id, mark.name) if mark is not None else None
    if mark is not None and begun is not None:
        shown, more = await _visible(viewer_id, begun[mark.read :], limit=limit, checked=False)
        return await _page(begun, mark.name, shown, more=more)
    places = await _ranked_for(viewer_id, below=mark)
    shown, more = await _visible(viewer_id, places, limit=limit, checked=True)
    return await _page(places, await snapshots.keep(viewer_id, places) if more else 0, shown, more=more)


async def _ranked_for(viewer_id: int | None, *, below: Mark | None) -> Sequence[Place]:
    """The viewer's list as of now; of one that was lost, what comes after its mark."""
    now = await pool.current()
    places = now.nobodys if viewer_id is None else await _list_of(viewer_id, now.best)
    return places if below is None else [place for place in places if place.points < below.points]


async def _list_of(viewer_id: int, best: Sequence[Ranked]) -> Sequence[Place]:
    interests = await viewers.interests_of(viewer_id, [post.feed_id for post in best]) if best else NOBODY
    return personal(best, interests, size=int(settings.LIMITS.discover_posts))


async def _visible(
    viewer_id: int | None, places: Sequence[Place], *, limit: int, checked: bool
) -> tuple[list[SeenPost], bool]:
    """The first `limit` of these that may be seen now, and whether there are more. `checked`: hidden ones are out."""
    shown: list[SeenPost] = []
    start, size = 0, limit + SPARE
    while start < len(places):
        ids = [place.feed_id for place in places[start : start + size]]
        seen = await selectors.seen_posts(viewer_id=viewer_id, feed_ids=ids)
        hidden = frozenset[int]() if checked else await viewers.hidden_among(viewer_id, list(seen))
        fitting = [seen[n] for n in ids if n in seen and not seen[n].following and n not in hidden]
        shown += fitting
        if len(shown) > limit:
            return shown[:limit], True
        start, size = start + size, 2 * size
    return shown, False


async def _page(places: Sequence[Place], name: int, shown: Sequence[SeenPost], *, more: bool) -> DiscoverPage:
    items = b"".join((await cards.items(shown)).pieces)
    if not more:
        return DiscoverPage(items, None)
    read = next(n for n, place in enumerate(places, start=1) if place.feed_id == shown[-1].feed_id)
    return DiscoverPage(items, cursors.sign(_KIND, name, read, places[read - 1].points))
