"""The demo's content: enough of it, nothing twice, each script in its own hand, and all within the limits."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import get_args
from zoneinfo import available_timezones

import pytest

from config.demo.content import LIVE, SHOPPERS, STORES
from config.demo.content.shapes import PostContent, Scene, StoreContent
from config.limits import LIMITS
from posts.models import PostKind
from stores.models import Category

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config" / "demo" / "content"
ONLY_SIMPLIFIED = set("们这说时间个为来还会对过没见样东门开电车书长马鸟鱼龙买卖读写让请谢认识话边远进运实现乐头发")
ONLY_TRADITIONAL = set(
    "們這說時間個為來還會對過沒見樣東門開電車書長馬鳥魚龍買賣讀寫讓請謝認識話邊遠進運實現樂頭髮"
) - set("送")
# Encodings that hold one script only: what they cannot spell is of the other, or a slip of the hand.
SPELLED_IN = {"zh-hans": "gb2312", "zh-hant": "big5"}
HONG_KONG = "big5hkscs"

every_store = pytest.mark.parametrize("store", STORES, ids=lambda store: store.handle)


def post_texts(post: PostContent) -> Iterator[str]:
    """All that readers see of a post."""
    yield from filter(None, (post.title, post.text, *post.photos))


def said(store: StoreContent) -> Iterator[str]:
    """All that is said in a store, by itself and by its buyers."""
    yield store.about
    for product in store.products:
        yield product.title
    for post in store.posts:
        yield from post_texts(post)
    for comment in store.comments:
        yield from filter(None, (comment.text, comment.reply))


def test_twelve_stores_of_twelve_trades_four_in_each_language() -> None:
    assert {store.scene for store in STORES} == set(get_args(Scene))
    assert len({store.handle for store in STORES}) == len({store.name for store in STORES}) == len(STORES) == 12
    assert Counter(store.language for store in STORES) == {"zh-hans": 4, "zh-hant": 4, "en": 4}


def test_sixty_shoppers_twenty_in_each_language_and_no_two_alike() -> None:
    assert Counter(shopper.language for shopper in SHOPPERS) == {"zh-hans": 20, "zh-hant": 20, "en": 20}
    assert len({shopper.name for shopper in SHOPPERS}) == len({shopper.character for shopper in SHOPPERS}) == 60
    assert len({shopper.mailbox for shopper in SHOPPERS}) == 60
    assert all(re.fullmatch(r"[a-z]+([._][a-z]+)?", shopper.mailbox) for shopper in SHOPPERS)
    assert all(len(shopper.name) <= LIMITS.display_name_chars for shopper in SHOPPERS)


def test_every_trade_has_shoppers_who_like_it_in_the_language_of_its_store() -> None:
    for store in STORES:
        fans = [one for one in SHOPPERS if store.scene in one.trades and one.language == store.language]
        assert len(fans) >= 3, store.handle
    assert all(len(set(shopper.trades)) == len(shopper.trades) > 0 for shopper in SHOPPERS)


@every_store
def test_a_store_has_its_month_of_posts_its_products_and_its_buyers_words(store: StoreContent) -> None:
    assert re.fullmatch(r"[a-z0-9_]{3,30}", store.handle)
    assert store.category in Category.values
    assert store.time_zone in available_timezones()
    assert len(store.products) == 12
    assert len(store.posts) == 25
    assert len(store.comments) >= 30
    assert sum(bool(comment.reply) for comment in store.comments) >= 8


@every_store
def test_most_posts_are_updates_and_each_kind_appears(store: StoreContent) -> None:
    kinds = Counter(post.kind for post in store.posts)
    assert set(kinds) == set(PostKind.values)
    assert kinds["update"] > len(store.posts) / 2
    assert min(len(post.text) for post in store.posts if post.kind == "magazine") > 150
    assert any(not post.title for post in store.posts)


@every_store
def test_posts_run_from_the_oldest_day_to_the_newest(store: StoreContent) -> None:
    moments = [(post.day, post.at) for post in store.posts]
    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)
    assert moments[0][0] <= 1
    assert 27 <= moments[-1][0] <= 29


@every_store
def test_what_points_to_a_product_a_post_or_a_person_finds_it(store: StoreContent) -> None:
    language_of = {shopper.mailbox: shopper.language for shopper in SHOPPERS}
    for post in store.posts:
        assert len(set(post.products)) == len(post.products) <= 3
        assert all(0 <= index < len(store.products) for index in post.products)
    for comment in store.comments:
        if comment.post is not None:
            assert 0 <= comment.days_later <= 29 - store.posts[comment.post].day, comment.text
        assert not comment.by or language_of[comment.by] == store.language


@every_store
def test_everything_is_within_the_limits(store: StoreContent) -> None:
    assert len(store.name) <= LIMITS.store_name_chars
    assert len(store.about) <= LIMITS.store_about_chars
    for post in store.posts:
        assert 20 <= len(post.text) <= 600, post.text
        assert len(post.text) <= LIMITS.post_text_chars
        assert len(post.title) <= LIMITS.post_title_chars
        assert len(post.photos) <= 4
        assert all(0 < len(alt) <= LIMITS.alt_text_chars for alt in post.photos)
    for comment in store.comments:
        assert 0 < len(comment.text) <= LIMITS.comment_chars
        assert len(comment.reply) <= LIMITS.comment_chars


@every_store
def test_prices_are_money_in_one_currency_and_addresses_differ(store: StoreContent) -> None:
    for product in store.products:
        price = Decimal(product.price)
        assert price > 0
        assert price == price.quantize(Decimal("0.01"))
        assert re.fullmatch(r"(/[a-z0-9-]+){2}", product.path)
    assert len({product.path for product in store.products}) == len(store.products)
    assert len({product.currency for product in store.products}) == 1


def test_all_six_currencies_are_taken_somewhere() -> None:
    assert {store.products[0].currency for store in STORES} == {"CNY", "TWD", "HKD", "EUR", "USD", "GBP"}


def test_nothing_is_said_twice() -> None:
    texts = [text for store in STORES for text in said(store)]
    texts += [text for question in LIVE.questions for text in (question.text, question.answer) if text]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_there_is_as_much_to_read_as_promised() -> None:
    assert sum(len(store.posts) for store in STORES) == 300
    assert sum(len(store.comments) for store in STORES) >= 400
    assert sum(len(post.photos) for store in STORES for post in store.posts) >= 300


@every_store
def test_each_script_is_written_in_its_own_hand(store: StoreContent) -> None:
    letters = set("".join(said(store)) + store.name + store.owner + store.city)
    chinese = {letter for letter in letters if "\u4e00" <= letter <= "\u9fff"}
    if store.language == "en":
        assert not chinese
        return
    assert not chinese & (ONLY_TRADITIONAL if store.language == "zh-hans" else ONLY_SIMPLIFIED)
    spelled_in = HONG_KONG if store.city == "香港" else SPELLED_IN[store.language]
    assert {letter for letter in chinese if not letter.encode(spelled_in, "ignore")} == set()


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_shoppers_write_their_names_in_their_own_script(language: str) -> None:
    text = "".join(one.name + one.character for one in SHOPPERS if one.language == language)
    assert not set(text) & (ONLY_TRADITIONAL if language == "zh-hans" else ONLY_SIMPLIFIED)


def test_the_live_room_has_answers_and_people_still_waiting() -> None:
    assert LIVE.store in {store.handle for store in STORES}
    assert len(LIVE.title) <= LIMITS.post_title_chars
    assert len(LIVE.questions) == 8
    assert 0 < sum(bool(question.answer) for question in LIVE.questions) < 8
    assert all(len(question.text) <= LIMITS.question_chars for question in LIVE.questions)


def test_the_content_is_only_values_and_asks_for_no_django() -> None:
    asked = "import config.demo.content, sys; raise SystemExit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=False).returncode == 0


def test_no_file_is_too_long_to_read() -> None:
    assert [path.name for path in FOLDER.rglob("*.py") if len(path.read_text().splitlines()) > 400] == []
