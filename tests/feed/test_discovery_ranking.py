"""How discovery ranks: each rule by itself, on values."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import SEQUENCE_BITS
from feed.discovery.ranking import (
    BOUGHT_BOOST,
    IN_A_ROW,
    NOBODY,
    Candidate,
    Interests,
    Ranked,
    appeal,
    personal,
    pooled,
    rank,
    reached_so_far,
)

NOW_H = 20_000.0
HALF_LIFE_H = 48


def published(hours_ago: float, number: int = 0) -> int:
    """A feed id of so many hours ago."""
    return (round((NOW_H - hours_ago) * 3_600_000) << SEQUENCE_BITS) + number


def post(*, age_h: float = 24, reach: float = 100, engaged: float = 0, store: int = 1, number: int = 0) -> Candidate:
    """A post of a bookshop, a day old, that a hundred people were reached by."""
    return Candidate(published(age_h, number), store, "books", reach, engaged)


def order(*candidates: Candidate) -> list[int]:
    """Which of these comes first, second, …: their places in the arguments."""
    ranked = rank(candidates, now_h=NOW_H, half_life_h=HALF_LIFE_H)
    ids = [candidate.feed_id for candidate in candidates]
    return [ids.index(one.feed_id) for one in ranked]


def listed(posts: list[Ranked], interests: Interests = NOBODY, size: int = 100) -> list[int]:
    """Feed ids of somebody's list."""
    return [place.feed_id for place in personal(posts, interests, size=size)]


def test_what_people_liked_comes_before_what_they_did_not() -> None:
    assert order(post(number=1), post(number=2, engaged=20)) == [1, 0]


def test_rates_count_not_numbers() -> None:
    assert order(post(number=1, reach=100_000, engaged=100), post(number=2, reach=1_000, engaged=50)) == [1, 0]


def test_a_post_loses_a_point_in_each_half_life() -> None:
    new, old = rank([post(age_h=100), post(age_h=100 + HALF_LIFE_H)], now_h=NOW_H, half_life_h=HALF_LIFE_H)
    assert new.points - old.points == pytest.approx(1, abs=0.001)
    assert order(post(age_h=200, engaged=5), post(age_h=30, engaged=5)) == [1, 0]


def test_one_of_one_does_not_beat_fifty_of_a_hundred() -> None:
    others = [post(number=n, engaged=2) for n in range(10, 30)]
    assert order(post(number=1, reach=1, engaged=1), post(number=2, engaged=50), *others)[:2] == [1, 0]


def test_a_post_that_nobody_has_seen_yet_is_taken_for_an_average_one() -> None:
    shown_in_vain, good = post(number=1, reach=1_000), post(number=2, reach=1_000, engaged=200)
    unseen = post(number=3, reach=0)
    assert order(shown_in_vain, good, unseen) == [1, 2, 0]


def test_a_new_post_is_not_judged_by_those_who_have_not_looked_yet() -> None:
    assert reached_so_far(1_000, 0) == 0
    assert reached_so_far(1_000, 6) == 500
    assert reached_so_far(1_000, 10_000) == pytest.approx(1_000)
    assert reached_so_far(1_000, -1) == 0, "a clock that is behind"
    liked = [post(number=n, engaged=3) for n in range(10, 30)]
    assert order(post(age_h=0.05, number=1, reach=1_000), *liked)[0] == 0
    assert order(post(age_h=12, number=1, reach=1_000), *liked)[-1] == 0


def test_nothing_at_all_to_go_by_is_newest_first() -> None:
    assert order(post(age_h=3, reach=0), post(age_h=1, reach=0), post(age_h=2, reach=0)) == [1, 2, 0]
    assert order() == []


def test_the_examples_of_the_documentation() -> None:
    # docs/discovery.md: acts and acts expected, points.
    examples = [(1, 0.05, 0.25), (50, 5, 2.46), (2, 20, -1.84), (0, 0, 0.0)]
    assert [(acts, expected, round(appeal(acts, expected), 2)) for acts, expected, _ in examples] == examples


def test_points_do_not_move_with_what_others_do() -> None:
    """The same share of all acts is the same appeal, so that a lost list finds its place in a later one."""
    quiet = rank([post(number=n, engaged=1) for n in range(9)], now_h=NOW_H, half_life_h=HALF_LIFE_H)
    busy = rank([post(number=n, engaged=90) for n in range(9)], now_h=NOW_H, half_life_h=HALF_LIFE_H)
    assert [one.points for one in quiet] == pytest.approx([one.points for one in busy])


def ranked(number: int, points: float, *, store: int = 0, category: str = "books") -> Ranked:
    """A post with its points; of a store of its own unless told."""
    return Ranked(number, store or 1_000 + number, category, points)


def test_the_pool_takes_the_best_and_a_few_of_each_store() -> None:
    posts = [ranked(n, 10 - n, store=1 if n < 8 else 2) for n in range(10)]
    assert [one.feed_id for one in pooled(posts, per_store=3, size=10)] == [0, 1, 2, 8, 9]
    assert [one.feed_id for one in pooled(posts, per_store=3, size=4)] == [0, 1, 2, 8]


def test_a_trade_that_interests_somebody_moves_up() -> None:
    posts = [ranked(1, 1.2), ranked(2, 1.0, category="plants")]
    assert listed(posts) == [1, 2]
    assert listed(posts, Interests(categories={"plants": 1})) == [2, 1]
    assert listed(posts, Interests(categories={"plants": 2, "books": 2})) == [1, 2]
    assert listed(posts, Interests(categories={"plants": 3, "books": 1})) == [2, 1]


def test_other_is_no_trade_that_somebody_could_like() -> None:
    posts = [ranked(1, 1.2), ranked(2, 1.0, category="other")]
    assert listed(posts, Interests(categories={"other": 50})) == [1, 2]


def test_a_store_one_bought_from_moves_up() -> None:
    posts = [ranked(1, 1.9, store=1), ranked(2, 1.0, store=2)]
    assert listed(posts, Interests(bought=frozenset({2}))) == [2, 1]
    assert listed([posts[0], posts[1]._replace(points=1.9 - BOUGHT_BOOST - 0.1)], Interests(bought=frozenset({2}))) == [
        1,
        2,
    ]


def test_what_is_left_out_is_not_listed() -> None:
    posts = [ranked(n, 10 - n, store=n) for n in range(1, 5)]
    out = Interests(stores_left_out=frozenset({2}), posts_left_out=frozenset({4}))
    assert listed(posts, out) == [1, 3]
    assert listed(posts, size=2) == [1, 2]


def test_one_store_does_not_stand_in_a_row() -> None:
    loud = [ranked(n, 20 - n / 10, store=1) for n in range(1, 6)]
    quiet = [ranked(10 + n, 5 - n) for n in range(3)]
    assert listed([*loud, *quiet]) == [1, 2, 10, 3, 4, 11, 5, 12]
    assert listed(loud) == [1, 2, 3, 4, 5], "when there is no other"


def test_the_second_post_of_a_store_makes_way_for_the_first_of_another() -> None:
    assert listed([ranked(1, 3, store=1), ranked(2, 2.9, store=1), ranked(3, 2.5, store=2)]) == [1, 3, 2]


POSTS = st.lists(
    st.builds(
        Ranked,
        st.integers(1, 10_000),
        st.integers(1, 6),
        st.sampled_from(["books", "food", "other"]),
        st.floats(-20, 600),
    ),
    max_size=40,
    unique_by=lambda one: one.feed_id,
)


@given(POSTS, st.builds(Interests, categories=st.dictionaries(st.sampled_from(["books", "food"]), st.integers(1, 9))))
def test_every_list_is_whole_falls_strictly_and_is_spread(posts: list[Ranked], interests: Interests) -> None:
    places = personal(posts, interests, size=100)
    assert sorted(place.feed_id for place in places) == sorted(one.feed_id for one in posts)
    assert all(a.points > b.points for a, b in pairwise(places))
    stores = {one.feed_id: one.store_id for one in posts}
    row = [stores[place.feed_id] for place in places]
    for n in range(len(row) - IN_A_ROW):
        if len(set(row[n : n + IN_A_ROW + 1])) == 1:
            assert len(set(row[n:])) == 1, "another store's post was left"
