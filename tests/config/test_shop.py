"""A shop's side of webhooks, and the journey's photo: what they make is what the other side takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from config import shop
from config.journey import photo
from config.shop import PLATFORMS, Sale
from stores.orders.facts import OrderFacts
from stores.orders.platforms import PLATFORMS as OURS
from stores.orders.platforms import BadSignature
from stores.orders.settle import fold_all, settle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SALE = Sale(
    number=1041,
    email="ana@example.org",
    name="Ana",
    product="岩茶 50克",
    price="68.50",
    currency="CNY",
    quantity=2,
    at=NOW - timedelta(days=3),
)

every_platform = pytest.mark.parametrize("platform", PLATFORMS)


def test_the_shop_knows_every_platform() -> None:
    assert set(PLATFORMS) == set(OURS)


@every_platform
def test_an_order_is_signed_and_says_what_was_sold(platform: str) -> None:
    ours, secret, body = OURS[platform], OURS[platform].new_secret(), shop.order(platform, SALE)
    headers = shop.signed(platform, body, secret=secret, now=NOW)
    ours.verify(headers=headers, body=body, secret=secret, now=NOW)
    (order,) = ours.parse(headers, body)
    assert isinstance(order, OrderFacts)
    assert (order.external_id, order.state, order.email) == ("1041", "paid", "ana@example.org")
    assert (order.total, order.currency) == (Decimal("137.00"), "CNY")
    assert (order.items[0].title, order.items[0].quantity) == ("岩茶 50克", 2)
    assert order.bought_at == order.updated_at == SALE.at


@every_platform
def test_another_secret_or_another_body_is_not_signed(platform: str) -> None:
    ours, secret, body = OURS[platform], OURS[platform].new_secret(), shop.order(platform, SALE)
    headers = shop.signed(platform, body, secret=secret, now=NOW)
    with pytest.raises(BadSignature):
        ours.verify(headers=headers, body=body, secret=ours.new_secret(), now=NOW)
    with pytest.raises(BadSignature):
        ours.verify(headers=headers, body=body + b" ", secret=secret, now=NOW)


@every_platform
def test_a_full_refund_gives_all_of_it_back_and_a_late_order_does_not_undo_it(platform: str) -> None:
    ours = OURS[platform]
    told = [*ours.parse({}, shop.order(platform, SALE))]
    told += [*ours.parse({}, shop.full_refund(platform, SALE, at=NOW))]
    told += [*ours.parse({}, shop.order(platform, replace(SALE, at=SALE.at - timedelta(minutes=5))))]
    state = fold_all(told, None)
    assert state is not None
    assert settle(state).status == "refunded"


def test_the_photo_lies_on_its_side_and_tells_a_place() -> None:
    data = photo.sideways_with_gps(scene="tea", seed=7)
    with Image.open(BytesIO(data)) as image:
        exif = image.getexif()
        gps = exif.get_ifd(0x8825)
        assert image.size == (photo.WIDTH, photo.HEIGHT)
    assert exif[0x0112] == 6
    assert (gps[1], gps[3]) == ("N", "E")
    assert [round(float(part), 1) for part in gps[2]] == [29.0, 16.0, 28.2]
    assert [round(float(part), 1) for part in gps[4]] == [117.0, 10.0, 43.0]
    assert photo.has_exif(data)
