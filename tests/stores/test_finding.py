"""Finding stores."""

from __future__ import annotations

from typing import Any

import pytest

from stores.models import Store, StoreStatus
from tests.people import Person, make_store, problem


def found(person: Person, **query: Any) -> list[str]:
    """The handles on the first page."""
    answer = person.get("/stores", params=query)
    assert answer.status_code == 200, answer.text
    return [store["handle"] for store in answer.json()["items"]]


@pytest.fixture
def street(alice: Person) -> dict[str, Store]:
    """Several stores of Alice's."""
    rows: list[dict[str, Any]] = [
        {
            "handle": "teahouse",
            "name": "云雾茶馆",
            "category": "drinks",
            "about": "武夷山岩茶和白茶",
            "follower_count": 5,
        },
        {"handle": "oolong", "name": "Oolong & Co", "category": "drinks", "about": "Tea from high hills"},
        {"handle": "tea_tools", "name": "Kettle", "category": "home", "about": "Pots, 100% iron", "follower_count": 9},
        {"handle": "bikes", "name": "Zweirad Müller", "category": "sports", "about": "Räder", "follower_count": 7},
    ]
    return {row["handle"]: make_store(owner=alice, **row) for row in rows}


def test_without_words_all_are_listed_the_most_followed_first(anonymous: Person, street: dict[str, Store]) -> None:
    assert found(anonymous) == ["tea_tools", "bikes", "teahouse", "oolong"]


@pytest.mark.parametrize("status", [StoreStatus.APPLIED, StoreStatus.REJECTED, StoreStatus.SUSPENDED])
def test_only_approved_stores_are_found_even_by_their_owner(
    alice: Person, paula: Person, street: dict[str, Store], status: StoreStatus
) -> None:
    Store.objects.filter(handle="teahouse").update(status=status)
    for person in (alice, paula):
        assert "teahouse" not in found(person)
        assert found(person, q="teahouse") == []


@pytest.mark.parametrize(
    ("words", "handles"),
    [
        ("岩茶", ["teahouse"]),  # within a Chinese text
        ("茶馆", ["teahouse"]),
        ("OOLONG", ["oolong"]),
        ("zweirad müller", ["bikes"]),
        ("ZWEIRAD MÜLLER", ["bikes"]),
        ("hills tea", ["oolong"]),  # every word, in any order
        ("tea kettle", ["tea_tools"]),  # in different fields
        ("tea bikes", []),
        ("100%", ["tea_tools"]),  # not a pattern
        ("%", ["tea_tools"]),
        ("a_o", []),  # "_" is a letter too, not any letter
        ("'; DROP TABLE stores_store; --", []),
        ("\u0000tea\u0000 kettle", ["tea_tools"]),
    ],
)
def test_words_are_found_anywhere(anonymous: Person, street: dict[str, Store], words: str, handles: list[str]) -> None:
    assert found(anonymous, q=words) == handles


def test_the_better_fit_comes_before_the_more_followed(anonymous: Person, alice: Person, street: Any) -> None:
    make_store(owner=alice, handle="tea", name="T")
    # The very handle; then beginnings, the most followed first; then what only the description says.
    assert found(anonymous, q="tea") == ["tea", "tea_tools", "teahouse", "oolong"]


def test_a_category_narrows(anonymous: Person, street: dict[str, Store]) -> None:
    assert found(anonymous, category="drinks") == ["teahouse", "oolong"]
    assert found(anonymous, category="drinks", q="hills") == ["oolong"]
    assert problem(anonymous.get("/stores?category=weapons")) == (422, "invalid")


@pytest.mark.parametrize("query", ["", "q=shop"])
def test_pages_follow_each_other_without_hole_or_repeat(anonymous: Person, alice: Person, query: str) -> None:
    for number in range(23):
        make_store(
            owner=alice,
            handle=f"{'shop_' if number % 2 else 'my_shop_'}{number}",
            name=f"No {number}",
            about="shop",
            follower_count=number // 4,
        )
    whole = anonymous.get(f"/stores?limit=50&{query}").json()
    pages, cursor = [], ""
    while True:
        answer = anonymous.get(f"/stores?limit=5&{query}{cursor}")
        pages.append([store["handle"] for store in answer.json()["items"]])
        if answer.json()["next_cursor"] is None:
            assert "Link" not in answer.headers
            break
        assert 'rel="next"' in answer.headers["Link"]
        cursor = f"&cursor={answer.json()['next_cursor']}"
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
    walked = [handle for page in pages for handle in page]
    assert walked == [store["handle"] for store in whole["items"]]
    assert whole["next_cursor"] is None
    assert len(set(walked)) == 23


def test_a_full_last_page_is_the_end(anonymous: Person, street: dict[str, Store]) -> None:
    assert anonymous.get("/stores?limit=4").json()["next_cursor"] is None
    assert anonymous.get("/stores?limit=3").json()["next_cursor"] is not None


def test_bad_pages_are_refused(anonymous: Person, charlie: Person, street: dict[str, Store]) -> None:
    assert problem(anonymous.get("/stores?cursor=invented")) == (422, "bad_cursor")
    assert problem(anonymous.get("/stores?limit=51"))[0] == 422
    assert problem(anonymous.get("/stores?limit=0"))[0] == 422
    assert problem(anonymous.get("/stores", params={"q": "x" * 81})) == (422, "invalid")


def test_the_list_says_what_one_follows_and_where_one_works(
    alice: Person, charlie: Person, anonymous: Person, street: dict[str, Store]
) -> None:
    charlie.put("/stores/oolong/follow")
    shown = {store["handle"]: store for store in charlie.get("/stores").json()["items"]}
    assert [handle for handle, store in shown.items() if store["viewer"]["following"]] == ["oolong"]
    assert all(store["status"] is None and store["settings"] is None for store in shown.values())
    assert {store["viewer"]["role"] for store in alice.get("/stores").json()["items"]} == {"owner"}
    assert {store["viewer"] for store in anonymous.get("/stores").json()["items"]} == {None}
