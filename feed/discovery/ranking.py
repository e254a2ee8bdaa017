"""How discovery ranks: values in, values out. Sources of the method and examples: docs/discovery.md.

Everything is counted in points. A point is a doubling: twice the engagement, twice the interest, a half-life younger.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from core.ids import SEQUENCE_BITS

# What one person's act counts. A comment takes a purchase and some thought; a share brings others.
LIKE, COMMENT, SHARE = 1, 3, 4
# Each post starts as if it had had so many acts where so many were to be expected (a Bayesian prior).
PRIOR_ACTS = 5
# Half of those who will see a post have done so after this many hours; it is not judged by the others before.
SEEN_HALF_H = 6
# What interests weigh: a trade that were all of a person's triples a post, a store that they bought from doubles it.
CATEGORY_WEIGHT = 2
BOUGHT_BOOST = 1.0
# A purchase tells as much of an interest as so many follows; and some interest in everything is taken for granted.
PURCHASE_WEIGHT = 2
OPEN_MIND = 3
# Each further post of a store in one list stands so many points lower, and so many may stand in a row.
REPEAT_COST = 1.0
IN_A_ROW = 2
# Stored points are whole thousandths.
PRECISION = 1_000

_HOUR_MS = 3_600_000


class Candidate(NamedTuple):
    """A post that could be shown: `reach` in people, `engaged` in weighted acts of its store's followers."""

    feed_id: int
    store_id: int
    category: str
    reach: float
    engaged: float


class Ranked(NamedTuple):
    """A post with its points before anybody's interests: its appeal, and its time in half-lives."""

    feed_id: int
    store_id: int
    category: str
    points: float


_POINTS = attrgetter("points", "feed_id")


class Place(NamedTuple):
    """A post in somebody's list. `points`, in thousandths, fall strictly along the list."""

    feed_id: int
    points: int


@dataclass(frozen=True, slots=True)
class Interests:
    """What is known of a viewer: how much each trade interests them, where they bought, what they are not shown."""

    categories: dict[str, int] = field(default_factory=dict)
    bought: frozenset[int] = frozenset()
    stores_left_out: frozenset[int] = frozenset()
    posts_left_out: frozenset[int] = frozenset()


NOBODY = Interests()


def _hours(feed_id: int) -> float:
    """When a post was published, in hours since the epoch of feed ids."""
    return (feed_id >> SEQUENCE_BITS) / _HOUR_MS


def reached_so_far(reach: float, age_h: float) -> float:
    """How many of those whom a post reached have probably looked since: half of them after SEEN_HALF_H."""
    return reach * (1 - 2 ** (-max(0.0, age_h) / SEEN_HALF_H))


def appeal(engaged: float, expected: float) -> float:
    """Points of a post for its acts, against those that as many people do on average: 0 is as expected.

    The Gamma-Poisson ratio of observed to expected counts: with few of both it stays near 0.
    """
    return math.log2((engaged + PRIOR_ACTS) / (expected + PRIOR_ACTS))


def rank(candidates: Sequence[Candidate], *, now_h: float, half_life_h: float) -> list[Ranked]:
    """All candidates with their points, best first. `now_h` is the present, in hours since the epoch of feed ids.

    Age costs a point a half-life; written as a bonus for being newer, so that points of different minutes compare.
    """
    # Who acted was reached, whatever the fan-out counted.
    people = [max(reached_so_far(c.reach, now_h - _hours(c.feed_id)), c.engaged / SHARE) for c in candidates]
    acts_a_person = sum(c.engaged for c in candidates) / max(1.0, sum(people))
    ranked = [
        Ranked(
            c.feed_id,
            c.store_id,
            c.category,
            appeal(c.engaged, acts_a_person * reached) + _hours(c.feed_id) / half_life_h,
        )
        for c, reached in zip(candidates, people, strict=True)
    ]
    return sorted(ranked, key=_POINTS, reverse=True)


def pooled(ranked: Iterable[Ranked], *, per_store: int, size: int) -> list[Ranked]:
    """The best `size`, at most `per_store` of one store, in the same order."""
    kept: list[Ranked] = []
    taken: Counter[int] = Counter()
    for post in ranked:
        if len(kept) == size:
            break
        taken[post.store_id] += 1
        if taken[post.store_id] <= per_store:
            kept.append(post)
    return kept


def personal(pool: Iterable[Ranked], interests: Interests, *, size: int) -> list[Place]:
    """A person's list: what interests them moved up, stores spread. At most `size` posts."""
    boosts = _category_boosts(interests)
    liked = [
        _moved(post, boosts.get(post.category, 0.0) + BOUGHT_BOOST * (post.store_id in interests.bought))
        for post in pool
        if post.store_id not in interests.stores_left_out and post.feed_id not in interests.posts_left_out
    ]
    return _falling(_spread(_repeats_lowered(liked)[:size]))


def _moved(post: Ranked, by: float) -> Ranked:
    return post._replace(points=post.points + by) if by else post


def _category_boosts(interests: Interests) -> dict[str, float]:
    """Points for each trade by its share of somebody's interest. "other" is no trade, so it tells nothing."""
    total = sum(interests.categories.values()) + OPEN_MIND
    return {
        category: math.log2(1 + CATEGORY_WEIGHT * weight / total)
        for category, weight in interests.categories.items()
        if category != "other"
    }


def _repeats_lowered(posts: list[Ranked]) -> list[Ranked]:
    earlier: defaultdict[int, int] = defaultdict(int)
    lowered = []
    for post in sorted(posts, key=_POINTS, reverse=True):
        lowered.append(_moved(post, -REPEAT_COST * earlier[post.store_id]))
        earlier[post.store_id] += 1
    return sorted(lowered, key=_POINTS, reverse=True)


def _spread(posts: list[Ranked]) -> list[Ranked]:
    """The same posts, no store more than IN_A_ROW times on end as long as another store has one left."""
    placed: list[Ranked] = []
    waiting: list[Ranked] = []
    for post in posts:
        waiting.append(post)
        while (fitting := next((one for one in waiting if not _too_many(placed, one)), None)) is not None:
            waiting.remove(fitting)
            placed.append(fitting)
    return placed + waiting


def _too_many(placed: list[Ranked], post: Ranked) -> bool:
    last = placed[-IN_A_ROW:]
    return len(last) == IN_A_ROW and all(one.store_id == post.store_id for one in last)


def _falling(posts: list[Ranked]) -> list[Place]:
    """Points in thousandths that fall strictly, so that a place can be found again by its points alone."""
    places: list[Place] = []
    for post in posts:
        points = round(post.points * PRECISION)
        places.append(Place(post.feed_id, min(points, places[-1].points - 1) if places else points))
    return places
