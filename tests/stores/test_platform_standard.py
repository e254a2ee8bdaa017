"""Standard Webhooks: the specification's signature, and a payload of our own that forgives no slip."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stores.orders.facts import Item, OrderFacts, RefundFacts
from stores.orders.platforms import PLATFORMS, BadSignature, Unreadable, WeakSecret
from stores.orders.settle import fold, settle
from tests.stores.payloads import encoded, standard_order, standard_refund

STANDARD = PLATFORMS["standard"]
# The test vector that the specification's own libraries share.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
SIGNED_AT = datetime.fromtimestamp(1614265330, UTC)
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def verify(headers: dict[str, str] = HEADERS, *, now: datetime = SIGNED_AT, secret: str = SECRET) -> None:
    STANDARD.verify(headers=headers, body=BODY, secret=secret, now=now)


def read(payload: dict[str, Any]) -> OrderFacts | RefundFacts:
    (event,) = STANDARD.parse({}, encoded(payload))
    return event


def errors(payload: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Unreadable) as raised:
        STANDARD.parse({}, encoded(payload))
    return {error["field"]: error["message"] for error in raised.value.errors or []}


def test_the_specifications_test_vector_is_accepted_and_made() -> None:
    verify()
    verify(secret=SECRET.removeprefix("whsec_"))
    assert STANDARD.sign(BODY, SECRET, now=SIGNED_AT, message_id=HEADERS["webhook-id"]) == HEADERS


def test_one_good_signature_among_several_is_enough() -> None:
    verify(HEADERS | {"webhook-signature": f"v1a,abc v1,{'A' * 43}= v2,x  {HEADERS['webhook-signature']}"})


@pytest.mark.parametrize("listed", ["v1", "v1,", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1a,x v2,y", ","])
def test_no_good_signature_is_refused(listed: str) -> None:
    with pytest.raises(BadSignature):
        verify(HEADERS | {"webhook-signature": listed})


def test_the_signature_of_another_version_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(HEADERS | {"webhook-signature": HEADERS["webhook-signature"].replace("v1,", "v2,")})


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_id_and_timestamp_are_signed_too(name: str) -> None:
    with pytest.raises(BadSignature):
        verify(HEADERS | {name: HEADERS[name] + "1"})


def test_a_delivery_is_good_for_five_minutes_either_way() -> None:
    for late in (-300, 0, 300):
        verify(now=SIGNED_AT + timedelta(seconds=late))
    for late in (-301, 301, 86_400):
        with pytest.raises(BadSignature, match="signed"):
            verify(now=SIGNED_AT + timedelta(seconds=late))


@pytest.mark.parametrize("timestamp", ["", "-1", "1614265330.5", "1e9", "now", "٣", "9" * 13])
def test_a_timestamp_is_whole_seconds(timestamp: str) -> None:
    with pytest.raises(BadSignature):
        verify(HEADERS | {"webhook-timestamp": timestamp})


@pytest.mark.parametrize("message_id", ["a.b", "a b", "ä", "x" * 101])
def test_an_id_has_no_dot_so_that_no_part_can_pass_for_another(message_id: str) -> None:
    well_signed = STANDARD.sign(BODY, SECRET, now=SIGNED_AT, message_id=message_id)
    with pytest.raises(BadSignature, match="signed"):
        verify(well_signed)
    with pytest.raises(BadSignature):
        STANDARD.delivery_id(well_signed, BODY)


def test_the_signed_id_names_the_delivery() -> None:
    assert STANDARD.delivery_id(HEADERS, BODY) == HEADERS["webhook-id"]
    assert STANDARD.delivery_id(HEADERS, b"{}") == HEADERS["webhook-id"]


@pytest.mark.parametrize("size", [16, 23, 65, 100])
def test_a_key_has_24_to_64_bytes(size: int) -> None:
    with pytest.raises(WeakSecret):
        STANDARD.check_secret("whsec_" + b64encode(bytes(range(size))).decode())


def test_a_secret_that_is_not_base64_is_refused_and_signs_nothing() -> None:
    with pytest.raises(WeakSecret):
        STANDARD.check_secret("whsec_this is not base64, is it")
    with pytest.raises(BadSignature):
        verify(secret="whsec_not*base64")


def test_an_order_is_read_whole() -> None:
    refunds = [
        {"id": "R-1", "amount": "19.50", "at": "2026-03-02T09:00:00Z", "lines": [{"item_id": "1", "quantity": 1}]}
    ]
    assert read(standard_order(refunds=refunds)) == OrderFacts(
        external_id="A-1007",
        number="1007",
        state="paid",
        currency="EUR",
        total=Decimal("39.00"),
        placed_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        paid_at=datetime(2026, 3, 1, 12, 1, tzinfo=UTC),
        updated_at=datetime(2026, 3, 1, 12, 5, tzinfo=UTC),
        email="ana@example.com",
        phone="+4930901820",
        customer_id="77",
        items=(Item("1", "87", "Tea", "T-1", 2, Decimal("19.50")),),
        refunds=(
            RefundFacts("R-1", "A-1007", Decimal("19.50"), "EUR", datetime(2026, 3, 2, 9, tzinfo=UTC), (("1", 1),)),
        ),
    )


def test_the_least_order_is_enough() -> None:
    order = read(
        {
            "type": "order.created",
            "data": {
                "id": 7,
                "status": "paid",
                "currency": "usd",
                "total": 9.5,
                "updated_at": "2026-03-01T12:00:00+01:00",
            },
        }
    )
    assert isinstance(order, OrderFacts)
    assert (order.external_id, order.number, order.total, order.currency) == ("7", "7", Decimal("9.5"), "USD")
    assert order.placed_at == order.updated_at == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_a_refund_is_read_whole_and_finds_its_order() -> None:
    order, refund = read(standard_order()), read(standard_refund())
    assert refund == RefundFacts(
        "R-1", "A-1007", Decimal("19.50"), "EUR", datetime(2026, 3, 2, 9, tzinfo=UTC), (("1", 1),)
    )
    found = settle(fold(fold(None, refund), order))
    assert (found.status, found.refunded_total) == ("partially_refunded", Decimal("19.50"))


def test_a_refund_without_a_currency_is_in_its_orders() -> None:
    refund = read(standard_refund(currency=None, amount="39.00"))
    assert settle(fold(fold(None, refund), read(standard_order()))).status == "refunded"


def test_a_test_order_is_no_purchase() -> None:
    assert not settle(fold(None, read(standard_order(test=True)))).purchase


@pytest.mark.parametrize("kind", ["order.deleted", "ping", "customer.created", "x" * 5_000])
def test_another_type_is_ignored_with_a_reason(kind: str) -> None:
    reading = STANDARD.parse({}, encoded({"type": kind, "data": {}}))
    assert list(reading) == []
    assert 0 < len(reading.ignored) < 200


@pytest.mark.parametrize("kind", [None, 7, [], {}])
def test_a_delivery_without_a_type_is_unreadable(kind: object) -> None:
    with pytest.raises(Unreadable, match="type"):
        STANDARD.parse({}, encoded({"type": kind, "data": {}}))


def test_every_wrong_field_is_named_with_what_it_must_be() -> None:
    found = errors(
        standard_order(
            total="39,00",
            status="shipped",
            updated_at="2026-03-01T12:00:00",
            items=[{"id": "1", "quantity": -1}],
            refund=[],
            test="yes",
        )
    )
    assert found.keys() == {
        "data.total", "data.status", "data.updated_at", "data.items.0.quantity", "data.refund", "data.test",
    }  # fmt: skip
    assert found["data.total"] == "must be a decimal number, such as 19.00"
    assert found["data.updated_at"].startswith("must say its offset")


def test_errors_never_repeat_what_was_sent() -> None:
    with pytest.raises(Unreadable) as raised:
        STANDARD.parse({}, encoded(standard_order(email={"secret": "ana@example.com"}, status="ana@example.com")))
    assert "ana@example.com" not in str(raised.value.body())


def test_a_hundred_errors_are_ten_and_a_count() -> None:
    with pytest.raises(Unreadable, match="and 90 more") as raised:
        STANDARD.parse({}, encoded(standard_order(items=[{"id": str(one), "quantity": "x"} for one in range(100)])))
    assert len(raised.value.errors or []) == 10


@pytest.mark.parametrize("data", [None, [], "x", 7])
def test_data_must_be_an_object(data: object) -> None:
    assert errors({"type": "order.updated", "data": data}).keys() == {"data"}


@pytest.mark.parametrize("field", ["id", "status", "currency", "total", "updated_at"])
def test_what_decides_is_needed(field: str) -> None:
    payload = standard_order()
    del payload["data"][field]
    assert errors(payload).keys() == {f"data.{field}"}
