"""A world for a bench: shoppers, stores, posts and follows by the million, the same for the same arguments.

Shoppers have the ids 1 to `shoppers`, stores 1 to `stores` (@store_1 ...); one more person owns every store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import gcd
from typing import Any

from django.db import connection

from accounts.models import User
from bench.inside import bulk
from bench.inside.texts import PICTURE, SENTENCES
from core.ids import EPOCH_MS
from core.progress import Step, step
from posts.models import Media, MediaStatus, Post, PostMedia, PostStatus
from stores.models import Follow, Role, Staff, Store, StoreStatus

PICTURES = 500
HISTORY_DAYS = 90
# A store's followers fall with its rank to this power: the first of 10,000 then has some 3.7 % of all follows.
POWER = 0.8


def build(
    *, shoppers: int, stores: int = 1, posts: int = 0, follows: list[dict[str, Any]] | None = None
) -> dict[str, int]:
    """Makes all of it. Each of `follows` is the arguments of one of FOLLOWS and its name as "kind"."""
    with bulk.in_a_hurry():
        made = _build(shoppers, stores, posts, follows or [])
    return {"shoppers": shoppers, "stores": stores, "posts": posts, "follows": made, "owner": shoppers + 1}


def _build(shoppers: int, stores: int, posts: int, follows: list[dict[str, Any]]) -> int:
    with step(f"{shoppers:,} shoppers") as bar, bulk.without_indexes(User):
        _people(shoppers, bar)
    _stores(stores, owner=shoppers + 1)
    with step(f"{posts:,} posts") as bar, bulk.without_indexes(Post, PostMedia):
        _posts(posts, stores, owner=shoppers + 1, bar=bar)
    with step("follows") as bar, bulk.without_indexes(Follow):
        made = sum(_follow(bar=bar, **wanted) for wanted in follows)
    with step("follower counts"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE stores_store s SET follower_count = f.n"
            " FROM (SELECT store_id, count(*) AS n FROM stores_follow GROUP BY store_id) f WHERE f.store_id = s.id"
        )
        cursor.execute("VACUUM ANALYZE stores_store")
    return made


def chunks(count: int, bar: Step | None = None) -> Iterator[dict[str, int]]:
    """1 to `count` in parts, as parameters of generate_series."""
    for start in range(1, count + 1, bulk.CHUNK):
        if bar is not None:
            bar.at(start, count)
        yield {"first": start, "last": min(start + bulk.CHUNK - 1, count)}


SERIES = "generate_series(%(first)s::bigint, %(last)s::bigint) AS n"


def _people(count: int, bar: Step) -> None:
    values = {
        "id": "n",
        "email": "'shopper' || n || '@example.org'",
        "display_name": "'Shopper ' || n",
        "password": "'!' || md5(n::text)",  # as of people who sign in by code: no password fits
        "date_joined": "now()",
    }
    for part in chunks(count + 1, bar):
        bulk.insert(User, values, SERIES, part)
    bulk.set_sequence(User)


def _stores(count: int, *, owner: int) -> None:
    values = {
        "id": "n",
        "handle": "'store_' || n",
        "name": "'Store ' || n",
        "status": f"'{StoreStatus.APPROVED}'",
    }
    for part in chunks(count):
        bulk.insert(Store, values, SERIES, part)
        staff = {"store_id": "n", "user_id": "%(owner)s", "role": f"'{Role.OWNER}'"}
        bulk.insert(Staff, staff, SERIES, part | {"owner": owner})
    bulk.set_sequence(Store)


def _posts(count: int, stores: int, *, owner: int, bar: Step) -> None:
    """Posts of stores by chance, spread evenly over the last HISTORY_DAYS, each with one or two pictures."""
    if not count:
        return
    pictures = {"id": "n", "by_id": str(owner), "store_id": "1", "status": f"'{MediaStatus.READY}'"}
    pictures |= {"picture": f"$json${PICTURE}$json$::jsonb", "alt": "'Bowls on a shelf, seen from above'"}
    bulk.insert(Media, pictures, SERIES, {"first": 1, "last": PICTURES})
    bulk.set_sequence(Media)
    age_ms = f"((%(posts)s - n + 1) * {HISTORY_DAYS * 86_400_000}::bigint / %(posts)s)"
    at_ms = f"(%(now)s - {age_ms})"
    sentence = f"(%(sentences)s::text[])[1 + abs(hashint8(n * 7 + {{}})) %% {len(SENTENCES)}]"
    values = {
        "id": "n",
        "store_id": "1 + abs(hashint8(n)) %% %(stores)s",
        "author_id": "%(owner)s",
        "text": " || ' ' || ".join(sentence.format(which) for which in range(3)),
        "status": f"'{PostStatus.PUBLISHED}'",
        "published_at": f"to_timestamp({at_ms} / 1000.0)",
        "feed_id": f"(({at_ms} - {EPOCH_MS}) << 12) | (n & 4095)",
        "fanned_out_at": f"to_timestamp({at_ms} / 1000.0)",
    }
    given = {"posts": count, "stores": stores, "owner": owner, "sentences": list(SENTENCES), "now": _now_ms()}
    for part in chunks(count, bar):
        bulk.insert(Post, values, SERIES, part | given)
    bulk.set_sequence(Post)
    for position, every in ((0, 1), (1, 2)):
        places = {"post_id": "n", "position": str(position), "media_id": f"1 + (n + {position}) %% {PICTURES}"}
        for part in chunks(count):
            bulk.insert(PostMedia, places, f"{SERIES} WHERE n %% {every} = 0", part)
    bulk.set_sequence(PostMedia)


def _now_ms() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (extract(epoch FROM now()) * 1000)::bigint")
        (now,) = cursor.fetchone() or (0,)
    return int(now)


def _follow(*, kind: str, bar: Step, **arguments: Any) -> int:
    return FOLLOWS[kind](bar=bar, **arguments)


def _everyone(*, store: int, shoppers: int, bar: Step) -> int:
    """Shoppers 1 to `shoppers` follow one store."""
    values = {"user_id": "n", "store_id": str(store)}
    return sum(bulk.insert(Follow, values, SERIES, part) for part in chunks(shoppers, bar))


def _each(*, first: int, last: int, follows: int, stores: int, bar: Step, skip: int = 0) -> int:
    """Each of the shoppers `first` to `last` follows so many of the stores after the first `skip`, each others."""
    stride = _coprime(int(stores * 0.618), stores)
    values = {"user_id": "v", "store_id": "1 + %(skip)s + (v * 7919 + k * %(stride)s) %% %(stores)s"}
    source = "generate_series(%(from)s::bigint, %(to)s::bigint) AS v, generate_series(0, %(follows)s::bigint - 1) AS k"
    made, at_once = 0, max(1, bulk.CHUNK // follows)
    for start in range(first, last + 1, at_once):
        bar.at(start - first, last - first + 1)
        span = {"from": start, "to": min(last, start + at_once - 1)}
        made += bulk.insert(
            Follow, values, source, span | {"follows": follows, "stride": stride, "stores": stores, "skip": skip}
        )
    return made


def _power(*, total: int, shoppers: int, stores: int, bar: Step) -> int:
    """About `total` follows, a store's share by its rank (POWER); every shopper is as likely to follow as any other."""
    weights = [rank**-POWER for rank in range(1, stores + 1)]
    scale = total / sum(weights)
    sizes = [min(shoppers, max(1, round(scale * weight))) for weight in weights]
    strides = [_coprime(shoppers * (rank % 97 + 1) // 160, shoppers) for rank in range(1, stores + 1)]
    values = {"user_id": "1 + (store * 7919 + k * stride) %% %(shoppers)s", "store_id": "store"}
    source = (
        "unnest(%(stores)s::bigint[], %(sizes)s::bigint[], %(strides)s::bigint[]) AS s (store, size, stride),"
        " LATERAL generate_series(0, size - 1) AS k"
    )
    made = first = 0
    while first < stores:
        bar.at(made, sum(sizes))
        upto = first + 1
        while upto < stores and sum(sizes[first : upto + 1]) <= bulk.CHUNK:
            upto += 1
        part = {"stores": list(range(first + 1, upto + 1)), "sizes": sizes[first:upto], "strides": strides[first:upto]}
        made += bulk.insert(Follow, values, source, part | {"shoppers": shoppers})
        first = upto
    return made


def _coprime(near: int, to: int) -> int:
    """The first number from `near` on that has no divisor in common with `to`: its multiples visit all of them."""
    found = max(1, near)
    while gcd(found, to) != 1:
        found += 1
    return found


FOLLOWS: dict[str, Callable[..., int]] = {"everyone": _everyone, "each": _each, "power": _power}
