"""What every platform owes us: signatures that only the secret's owner can make, and readers that nothing can break."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.orders.facts import OrderFacts, RefundFacts
from stores.orders.platforms import PLATFORMS, BadSignature, Platform, Reading, Unreadable, WeakSecret
from stores.orders.settle import fold, settle
from tests.stores import payloads

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = '{"id": 1,  "title": "Tea – 茶"}'.encode()

ORDERS: dict[str, Callable[..., dict[str, Any]]] = {
    "shopify": payloads.shopify_order,
    "woocommerce": payloads.woo_order,
    "standard": payloads.standard_order,
}


@pytest.fixture(params=sorted(PLATFORMS))
def platform(request: pytest.FixtureRequest) -> Platform:
    return PLATFORMS[request.param]


@pytest.fixture
def secret(platform: Platform) -> str:
    return platform.new_secret()


def accepts(platform: Platform, headers: dict[str, str], body: bytes, secret: str) -> bool:
    try:
        platform.verify(headers=headers, body=body, secret=secret, now=NOW)
    except BadSignature:
        return False
    return True


def test_a_refused_sender_is_told_the_rule_and_the_log_the_reason(platform: Platform, secret: str) -> None:
    with pytest.raises(BadSignature) as raised:
        platform.verify(headers={}, body=BODY, secret=secret, now=NOW)
    assert (raised.value.status, raised.value.code) == (401, "bad_signature")
    assert raised.value.reason
    assert raised.value.reason not in str(raised.value.body())


def test_what_the_store_signed_is_accepted(platform: Platform, secret: str) -> None:
    headers = platform.sign(BODY, secret, now=NOW)
    assert accepts(platform, headers, BODY, secret)
    assert accepts(platform, {name.upper(): value for name, value in headers.items()}, BODY, secret)
    assert accepts(platform, {name.lower(): f" {value} " for name, value in headers.items()}, BODY, secret)


def test_a_body_changed_by_one_byte_is_refused(platform: Platform, secret: str) -> None:
    headers = platform.sign(BODY, secret, now=NOW)
    for place in range(len(BODY)):
        changed = bytearray(BODY)
        changed[place] ^= 1
        assert not accepts(platform, headers, bytes(changed), secret)
    assert not accepts(platform, headers, BODY + b"\n", secret)
    assert not accepts(platform, headers, b"", secret)


def test_a_body_written_anew_is_refused(platform: Platform, secret: str) -> None:
    headers = platform.sign(BODY, secret, now=NOW)
    assert not accepts(platform, headers, json.dumps(json.loads(BODY)).encode(), secret)


def test_another_stores_secret_is_refused(platform: Platform, secret: str) -> None:
    assert not accepts(platform, platform.sign(BODY, platform.new_secret(), now=NOW), BODY, secret)


def test_no_secret_signs_nothing(platform: Platform, secret: str) -> None:
    headers = platform.sign(BODY, secret, now=NOW)
    assert not accepts(platform, headers, BODY, "")
    with pytest.raises(BadSignature):
        platform.sign(BODY, "", now=NOW)


@pytest.mark.parametrize("forged", ["", " ", "x", "=" * 44, "é" * 44, "\udc80", "v1,", "A" * 100_000, "\x00"])
def test_forged_and_missing_headers_are_refused(platform: Platform, secret: str, forged: str) -> None:
    headers = platform.sign(BODY, secret, now=NOW)
    for name in headers:
        assert not accepts(platform, headers | {name: forged}, BODY, secret)
        assert not accepts(platform, {key: value for key, value in headers.items() if key != name}, BODY, secret)


def test_a_signature_cut_short_or_made_longer_is_refused(platform: Platform, secret: str) -> None:
    headers = platform.sign(BODY, secret, now=NOW)
    name = next(key for key in headers if "sig" in key.lower() or "hmac" in key.lower())
    assert not accepts(platform, headers | {name: headers[name][:-1]}, BODY, secret)
    assert not accepts(platform, headers | {name: headers[name] + "="}, BODY, secret)
    assert not accepts(platform, headers | {name: headers[name].lower()}, BODY, secret)


def test_a_repeated_delivery_has_the_same_id_and_another_one_has_not(platform: Platform, secret: str) -> None:
    first, again = (platform.sign(BODY, secret, now=NOW + timedelta(minutes=late)) for late in (0, 2))
    other = platform.sign(b"{}", secret, now=NOW)
    assert platform.delivery_id(first, BODY) == platform.delivery_id(again, BODY)
    assert platform.delivery_id(first, BODY) != platform.delivery_id(other, b"{}")
    assert len(platform.delivery_id(first, BODY)) <= 100


def test_a_signed_body_is_no_ping(platform: Platform) -> None:
    assert not platform.is_ping({}, BODY)
    assert not platform.is_ping({}, b"")


def test_a_secret_of_ours_is_strong_enough_and_new_each_time(platform: Platform) -> None:
    made = {platform.new_secret() for _ in range(20)}
    assert len(made) == 20
    assert all(platform.check_secret(f" {one}\n") == one for one in made)


@pytest.mark.parametrize(
    "weak", ["", "short", "a" * 40, "ab" * 20, "geheim\x00" * 5, "秘密" * 20, "whsec_" + "x" * 300]
)
def test_a_weak_secret_is_refused(platform: Platform, weak: str) -> None:
    with pytest.raises(WeakSecret):
        platform.check_secret(weak)


def test_an_order_of_our_making_is_read(platform: Platform) -> None:
    (event,) = platform.parse({}, payloads.encoded(ORDERS[platform.name]()))
    assert isinstance(event, OrderFacts)
    assert (event.state, event.email, event.phone) == ("paid", "ana@example.com", "+4930901820")
    assert settle(fold(None, event)).purchase


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff\xfe{\x00}\x00", b'{"a": NaN}', b'{"a": -Infinity}', b"{}x",
        b'{"a": ' + b"9" * 5_000 + b"}", b'{"a": 1e99999999999999999999}', b"[" * 100_000, b'{"a":' * 100_000,
        b'\xef\xbb\xbf{"id": 1}', b'{"id": "\xed\xa0\x80"}',
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_unreadable_with_a_reason(platform: Platform, body: bytes) -> None:
    with pytest.raises(Unreadable) as raised:
        platform.parse({}, body)
    assert raised.value.reason
    assert raised.value.status == 422


def test_headers_decide_nothing(platform: Platform) -> None:
    body = payloads.encoded(ORDERS[platform.name]())
    lies = {"X-Shopify-Topic": "refunds/create", "X-WC-Webhook-Topic": "order.deleted", "X-WC-Webhook-Event": "deleted"}
    assert platform.parse(lies, body) == platform.parse({}, body)


_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["paid", "1", "-1", "1e400", "39.00", "EUR", "2026-03-01T12:00:00Z", "\ud800", "\u202e", "9" * 60]
    )
)
_anything = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "lines", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
SEEDS: dict[str, list[dict[str, Any]]] = {
    "shopify": [payloads.shopify_order(refunds=[payloads.shopify_refund()]), payloads.shopify_refund()],
    "woocommerce": [payloads.woo_order(refunds=[{"id": 7, "reason": "", "total": "-1.00"}])],
    "standard": [
        payloads.standard_order(refunds=[{"id": "r", "amount": "1", "lines": [{"item_id": "1", "quantity": 1}]}]),
        payloads.standard_refund(),
    ],
}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in _paths(one, (*path, key)))]


def _changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with the value at `path` replaced; with `...`, left out."""
    if not path:
        return None if new is ... else new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and new is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = _changed(value[path[0]], path[1:], new)
    return copy


@given(data=st.data())
@settings(max_examples=1_000, deadline=None)
def test_no_payload_raises_anything_but_unreadable(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PLATFORMS)))
    payload: Any = data.draw(st.sampled_from(SEEDS[name]))
    for _ in range(data.draw(st.integers(1, 3))):
        paths = _paths(payload)
        payload = _changed(payload, data.draw(st.sampled_from(paths)), data.draw(st.just(...) | _anything))
    reading, problem = _reading(name, json.dumps(payload).encode())
    if problem:
        assert problem.reason.encode()
        return
    assert reading is not None
    assert bool(reading.events) != bool(reading.ignored)
    for event in reading:
        _is_sound(event)


def _reading(name: str, body: bytes) -> tuple[Reading | None, Unreadable | None]:
    try:
        return PLATFORMS[name].parse({}, body), None
    except Unreadable as problem:
        return None, problem


def _is_sound(event: OrderFacts | RefundFacts) -> None:
    assert event.external_id
    if isinstance(event, RefundFacts):
        assert event.amount >= 0
        assert event.order_external_id
        return
    assert isinstance(event.total, Decimal)
    assert event.total >= 0
    assert event.updated_at.tzinfo is UTC
    assert event.placed_at.tzinfo is UTC
    assert event.customer_id != "0"
    for text in (event.number, event.email, event.phone, event.customer_id, *(item.title for item in event.items)):
        text.encode()
        assert "\u202e" not in text
    settle(fold(None, event))


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_raise_anything_but_unreadable(body: bytes) -> None:
    for platform in PLATFORMS.values():
        platform.is_ping({}, body)
        with pytest.raises(Unreadable):
            platform.parse({}, body)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=4), st.binary(max_size=50))
@settings(deadline=None)
def test_no_headers_raise_anything_but_bad_signature(headers: dict[str, str], body: bytes) -> None:
    for platform in PLATFORMS.values():
        with pytest.raises(BadSignature):
            platform.verify(headers=headers, body=body, secret=platform.new_secret(), now=NOW)
