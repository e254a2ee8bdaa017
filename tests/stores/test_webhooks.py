"""The doors themselves: what the store's platform signed comes in, once; everybody else gets the same answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from core import clock
from stores.models import Delivery, DeliveryStatus, Order, Store, StoreStatus
from stores.orders import endpoints
from stores.orders.intake import TAKE_DELIVERY
from stores.orders.platforms import PLATFORMS
from tests.people import Person, problem, run_jobs
from tests.stores.conftest import AtOnce, Deferred
from tests.stores.doors import Door, open_door
from tests.stores.payloads import encoded, sample, shopify_order, standard_order, woo_order

ORDERS: dict[str, Callable[..., dict[str, Any]]] = {
    "shopify": shopify_order,
    "woocommerce": woo_order,
    "standard": standard_order,
}
PING = b"webhook_id=17"


@pytest.fixture(params=sorted(PLATFORMS))
def door(request: pytest.FixtureRequest, alice: Person, store: Store) -> Door:
    """The tea house's door, of each platform in turn."""
    return open_door(alice, request.param)


def nothing_came_of_it() -> bool:
    jobs = ProcrastinateJob.objects.filter(task_name=TAKE_DELIVERY)
    return not (Delivery.objects.exists() or Order.objects.exists() or jobs.exists())


def test_a_signed_order_is_accepted_and_settled_by_a_job(door: Door, deferred: Deferred) -> None:
    answer = door.send(ORDERS[door.platform]())
    assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
    delivery = Delivery.objects.get()
    assert (delivery.status, bytes(delivery.body)) == ("received", encoded(ORDERS[door.platform]()))
    assert deferred(TAKE_DELIVERY) == [{"delivery_id": delivery.pk}]
    run_jobs()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.error) == ("done", "")
    order = Order.objects.get()
    assert (order.platform, order.status, order.email) == (door.platform, "paid", "ana@example.com")


def test_the_same_delivery_twenty_times_at_once_is_one_order_and_all_are_thanked(
    door: Door, at_once: AtOnce, deferred: Deferred
) -> None:
    body = encoded(ORDERS[door.platform]())
    headers = door.sign(body)
    answers = at_once([lambda: door.post(body, headers)] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20
    assert sorted(answer.json()["status"] for answer in answers) == ["accepted"] + ["repeated"] * 19
    assert Delivery.objects.count() == 1
    assert len(deferred(TAKE_DELIVERY)) == 1
    run_jobs()
    assert Order.objects.count() == 1
    assert door.post(body, headers).json() == {"status": "repeated"}
    assert deferred(TAKE_DELIVERY) == []


def test_a_body_changed_by_a_byte_is_refused(door: Door) -> None:
    body = encoded(ORDERS[door.platform]())
    headers = door.sign(body)
    changed = body.replace(b"Tea", b"Sea", 1)
    assert changed != body
    assert problem(door.post(changed, headers)) == (401, "bad_signature")
    assert problem(door.post(body + b" ", headers)) == (401, "bad_signature")
    assert nothing_came_of_it()


def test_a_body_that_was_read_and_written_again_is_refused(door: Door) -> None:
    body = json.dumps(ORDERS[door.platform](), indent=1).encode()
    headers = door.sign(body)
    assert problem(door.post(json.dumps(json.loads(body)).encode(), headers)) == (401, "bad_signature")
    assert nothing_came_of_it()


def test_another_stores_secret_opens_nothing(door: Door, erin: Person) -> None:
    hers = open_door(erin, door.platform, handle="bookshop")
    body = encoded(ORDERS[door.platform]())
    assert problem(door.post(body, hers.sign(body))) == (401, "bad_signature")
    assert nothing_came_of_it()


def test_another_platforms_door_does_not_take_the_same_secret(alice: Person, store: Store) -> None:
    secret = "0123456789abcdef"
    shopify = open_door(alice, "shopify", secret=secret)
    open_door(alice, "woocommerce", secret="fedcba9876543210")
    body = encoded(woo_order())
    headers = PLATFORMS["woocommerce"].sign(body, secret, now=clock.now())
    wrong_door = shopify.http.post("/api/v1/webhooks/woocommerce/teahouse", content=body, headers=headers)
    assert problem(wrong_door) == (401, "bad_signature")
    assert nothing_came_of_it()


def test_no_signature_and_an_empty_one_are_refused(door: Door) -> None:
    body = encoded(ORDERS[door.platform]())
    assert problem(door.post(body, {})) == (401, "bad_signature")
    assert problem(door.post(body, dict.fromkeys(door.sign(body), ""))) == (401, "bad_signature")
    assert problem(door.post(b"", {})) == (401, "bad_signature")
    assert nothing_came_of_it()


def test_an_old_standard_delivery_is_refused_when_it_is_played_again(alice: Person, store: Store) -> None:
    door = open_door(alice, "standard")
    body = encoded(standard_order())
    then = clock.now() - timedelta(minutes=6)
    headers = PLATFORMS["standard"].sign(body, door.secret, now=then, message_id="m1")
    assert problem(door.post(body, headers)) == (401, "bad_signature")
    assert nothing_came_of_it()


def test_a_stranger_cannot_tell_which_stores_exist_or_have_a_webhook(door: Door, erin: Person) -> None:
    body = encoded(ORDERS[door.platform]())
    headers = PLATFORMS[door.platform].sign(body, PLATFORMS[door.platform].new_secret(), now=clock.now())
    handles = ["teahouse", "bookshop", "nobody_here", "x", "n%00ul", "a" * 300]
    paths = [f"/api/v1/webhooks/{door.platform}/{handle}" for handle in handles]
    answers = [door.http.post(path, content=body, headers=headers) for path in paths]
    assert [answer.status_code for answer in answers] == [401] * len(handles)
    assert len({answer.text for answer in answers}) == 1
    assert nothing_came_of_it()


def test_a_session_is_of_no_use_at_the_door(door: Door, alice: Person) -> None:
    body = encoded(ORDERS[door.platform]())
    assert problem(alice.http.post(door.path, content=body)) == (401, "bad_signature")


def test_an_unsigned_greeting_is_answered_without_effect(alice: Person, store: Store) -> None:
    door = open_door(alice, "woocommerce")
    form = {"content-type": "application/x-www-form-urlencoded"}
    for path in (door.path, "/api/v1/webhooks/woocommerce/nobody_here"):
        answer = door.http.post(path, content=PING, headers=form)
        assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})
    assert problem(door.post(PING + b"&id=801", form)) == (401, "bad_signature")
    assert nothing_came_of_it()


@pytest.mark.parametrize("platform", ["csv", "amazon", "shopify.php"])
def test_an_unknown_platform_is_nothing_found(alice: Person, store: Store, platform: str) -> None:
    assert problem(alice.http.post(f"/api/v1/webhooks/{platform}/teahouse", content=b"{}")) == (404, "not_found")


def test_a_door_is_only_posted_to(door: Door) -> None:
    assert problem(door.http.get(door.path)) == (405, "method_not_allowed")


def test_a_handle_is_found_however_it_is_written(door: Door) -> None:
    body = encoded(ORDERS[door.platform]())
    path = door.path.replace("teahouse", "TeaHouse")
    assert door.http.post(path, content=body, headers=door.sign(body)).status_code == 200


def test_an_oversize_body_is_refused_before_it_is_read(door: Door) -> None:
    body = b'{"note": "' + b"x" * settings.LIMITS.webhook_body_bytes + b'"}'
    assert problem(door.send(body)) == (413, "payload_too_large")
    assert nothing_came_of_it()


def test_a_body_of_almost_the_limit_is_taken(door: Door) -> None:
    order = ORDERS[door.platform]()
    order["padding"] = "x" * (settings.LIMITS.webhook_body_bytes - len(encoded(order)) - 20)
    assert door.send(order).status_code == 200


def test_long_bodies_of_many_clients_hold_no_database_connection(alice: Person, store: Store) -> None:
    door = open_door(alice, "woocommerce")
    for client in range(settings.DATABASE_POOL["max_size"] + 1):
        with httpx.Client(base_url=door.http.base_url, timeout=20) as http:
            theirs = replace(door, http=http)
            for delivery in range(2):
                order = woo_order(id=client * 2 + delivery + 1, padding="x" * 100_000)
                assert theirs.send(order).status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'{"id": NaN}', b"[" * 100_000, b"\xff\xfe", b""])
def test_what_is_signed_and_makes_no_sense_is_taken_and_found_failed(door: Door, body: bytes) -> None:
    """Refused, the platform would send it again for days; so the owner is told instead."""
    answer = door.send(body)
    assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
    run_jobs()
    delivery = Delivery.objects.get()
    assert delivery.status == "failed"
    assert delivery.error
    assert not Order.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name=TAKE_DELIVERY, status="todo").exists()
    assert door.send(body).json() == {"status": "repeated"}


def test_what_is_signed_and_not_about_orders_is_ignored_with_the_reason(door: Door) -> None:
    assert door.send({"id": 5, "type": "customer.created", "data": {}}).status_code == 200
    run_jobs()
    delivery = Delivery.objects.get()
    assert delivery.status == "ignored"
    assert delivery.error
    assert not Order.objects.exists()


@pytest.mark.parametrize("status", [StoreStatus.SUSPENDED, StoreStatus.APPLIED, StoreStatus.REJECTED])
def test_orders_are_facts_whatever_the_stores_status(door: Door, status: StoreStatus) -> None:
    Store.objects.update(status=status)
    assert door.send(ORDERS[door.platform]()).status_code == 200
    run_jobs()
    assert Order.objects.get().status == "paid"


def test_the_topic_is_kept_for_the_owner_and_decides_nothing(alice: Person, store: Store) -> None:
    door = open_door(alice, "shopify")
    body = encoded(shopify_order())
    door.post(body, door.sign(body) | {"X-Shopify-Topic": "refunds/create" + "!" * 100})
    assert Delivery.objects.get().topic == ("refunds/create" + "!" * 100)[:60]
    run_jobs()
    assert Order.objects.get().status == "paid"


@pytest.mark.parametrize(
    ("platform", "name", "status", "external_id"),
    [
        ("shopify", "shopify-order-authorized", "pending", "450789469"),
        ("shopify", "shopify-test-notification", "cancelled", "820982911946154508"),
        ("woocommerce", "woocommerce-order-723-partially-refunded", "partially_refunded", "723"),
        ("woocommerce", "woocommerce-order-727-processing", "paid", "727"),
        ("woocommerce", "woocommerce-order-727-completed", "paid", "727"),
    ],
)
def test_a_published_sample_is_accepted_byte_for_byte(
    alice: Person, store: Store, platform: str, name: str, status: str, external_id: str
) -> None:
    body = sample(name)
    assert open_door(alice, platform).send(body).json() == {"status": "accepted"}
    run_jobs()
    assert Delivery.objects.get().status == "done"
    order = Order.objects.get()
    assert (order.external_id, order.status) == (external_id, status)


@contextmanager
def no_jobs_can_be_deferred() -> Iterator[None]:
    """The job queue's table refuses rows, as if PostgreSQL failed between two statements."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no jobs today'; END $$"
        )
        cursor.execute("CREATE TRIGGER refuse BEFORE INSERT ON procrastinate_jobs EXECUTE FUNCTION refuse()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse() CASCADE")


def test_a_delivery_without_its_job_is_not_kept_and_may_come_again(door: Door) -> None:
    with no_jobs_can_be_deferred():
        assert problem(door.send(ORDERS[door.platform]())) == (500, "server_error")
        assert nothing_came_of_it()
    assert door.send(ORDERS[door.platform]()).json() == {"status": "accepted"}


def test_a_delivery_whose_job_was_lost_is_tried_again(alice: Person, store: Store, deferred: Deferred) -> None:
    open_door(alice, "shopify").send(shopify_order())
    ProcrastinateJob.objects.all().delete()
    assert endpoints.push_stuck() == 0
    Delivery.objects.update(received_at=clock.now() - timedelta(minutes=11))
    assert endpoints.push_stuck() == 1
    assert endpoints.push_stuck() == 0
    run_jobs()
    assert Delivery.objects.get().status == "done"
    assert Order.objects.count() == 1


def test_a_delivery_that_cannot_be_taken_for_a_day_is_failed(alice: Person, store: Store, deferred: Deferred) -> None:
    open_door(alice, "shopify").send(shopify_order())
    ProcrastinateJob.objects.all().delete()
    Delivery.objects.update(received_at=clock.now() - timedelta(hours=25))
    assert endpoints.push_stuck() == 0
    delivery = Delivery.objects.get()
    assert delivery.status == DeliveryStatus.FAILED
    assert delivery.error
    assert deferred(TAKE_DELIVERY) == []


def test_deliveries_past_their_time_are_deleted_and_their_orders_stay(alice: Person, store: Store) -> None:
    door = open_door(alice, "shopify")
    door.send(shopify_order())
    run_jobs()
    Delivery.objects.update(received_at=clock.now() - timedelta(days=settings.LIMITS.delivery_days, minutes=1))
    door.send(shopify_order(id=2))
    assert endpoints.forget_old() == 1
    assert Delivery.objects.count() == 1
    assert Order.objects.count() == 1
