"""One store's month: its pictures, posts, orders, words and likes. This is most of the work, divisible by stores."""

from __future__ import annotations

from collections.abc import Iterator

from config.demo import pictures, shops, trade
from config.demo.people import Cast
from config.demo.pictures import take_in
from config.demo.plan import LAST_DAY
from config.demo.shops import Shop

# Pictures are most of the work: those that one must scroll far to see are drawn smaller.
FULL_SIZE_DAYS = 8
SMALLER = 2 / 3


def size(shop: Shop) -> int:
    """How many things `live` passes on."""
    return 2 * len(shop.plan.published) + len(shop.plan.events)


def live(shop: Shop, cast: Cast, width: int) -> Iterator[object]:
    """Adds what is missing of a store's month, thing by thing. `width` is that of new pictures, in pixels."""
    _dress(shop, width)
    missing = len(shops.missing_posts(shop))
    yield from range(len(shop.plan.published) - missing)
    yield from shops.publish(shop, lambda index: _photos(shop, index, width))
    yield from trade.trade(shop, cast)
    yield from trade.like_and_share(shop, cast)
    trade.moderate(shop, cast)


def _dress(shop: Shop, width: int) -> None:
    scene = shop.plan.store.scene
    if shop.store.avatar is None:
        take_in(pictures.sign(store=shop.store, by=shop.owner, scene=scene))
    if shop.store.cover is None:
        take_in(pictures.cover(store=shop.store, by=shop.owner, scene=scene, width=width))


def _photos(shop: Shop, index: int, width: int) -> list[int]:
    posts = shop.plan.store.posts
    first = sum(len(post.photos) for post in posts[:index])
    seen_first = posts[index].day > LAST_DAY - FULL_SIZE_DAYS
    return [
        take_in(
            pictures.photo(
                store=shop.store,
                by=shop.owner,
                scene=shop.plan.store.scene,
                seed=first + place,
                alt=alt,
                width=width if seen_first else round(width * SMALLER),
            )
        )
        for place, alt in enumerate(posts[index].photos)
    ]
