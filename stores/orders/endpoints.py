"""Webhooks: a store's door for each platform, and what comes in through it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from core import clock, jobs, logs
from core.problems import Conflict, NotFound
from core.text import one_line
from stores.models import Delivery, DeliveryStatus, Store, WebhookEndpoint
from stores.orders.intake import TAKE_DELIVERY
from stores.orders.platforms import PLATFORMS, BadSignature, Platform
from stores.orders.platforms.base import header
from stores.roles import Action, require
from stores.selectors.stores import HANDLE, require_not_suspended

log = logs.get(__name__)

Receipt = Literal["accepted", "repeated", "ignored"]
TOPIC_CHARS = 60
TOPIC_HEADERS = ("X-Shopify-Topic", "X-WC-Webhook-Topic")
STUCK_AFTER = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=1)
DELIVERIES_A_SWEEP = 1_000

# Verified against where there is no endpoint, so that its absence costs a stranger the same time to find out.
_NOBODYS_SECRETS = {name: platform.new_secret() for name, platform in PLATFORMS.items()}

_STORE_DELIVERY = """
INSERT INTO stores_delivery (store_id, platform, event_id, topic, body, status, error, received_at)
VALUES (%(store)s, %(platform)s, %(event)s, %(topic)s, %(body)s, %(status)s, '', %(now)s)
ON CONFLICT (store_id, platform, event_id) DO NOTHING RETURNING id
"""


class WebhookExists(Conflict):
    """This store has a webhook for this platform: delete it first, then make a new one."""

    code = "webhook_exists"


def create_endpoint(*, by: User, store: Store, platform: str, secret: str | None = None) -> WebhookEndpoint:
    """A door for one platform, with a secret of the merchant's (as the platform shows it) or a new one.

    Raises NotStaff, StoreSuspended, WeakSecret, WebhookExists.
    """
    require(user=by, store=store, action=Action.ORDERS)
    require_not_suspended(store)
    source = PLATFORMS[platform]
    secret = source.new_secret() if secret is None else source.check_secret(secret)
    try:
        with transaction.atomic():
            return WebhookEndpoint.objects.create(store=store, platform=platform, secret=secret, created_by=by)
    except IntegrityError as error:
        if WebhookEndpoint.objects.filter(store=store, platform=platform).exists():
            raise WebhookExists from error
        raise


@transaction.atomic
def delete_endpoint(*, by: User, store: Store, endpoint_id: int) -> None:
    """Shuts the door: what comes from now on is refused. What came stays. Raises NotStaff, StoreSuspended, NotFound."""
    require(user=by, store=store, action=Action.ORDERS)
    require_not_suspended(store)
    deleted, _ = WebhookEndpoint.objects.filter(id=endpoint_id, store=store).delete()
    if not deleted:
        raise NotFound


def receive(*, platform: str, handle: str, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Takes in a delivery: its row and the job that reads it, in one transaction, once however often it comes.

    A suspended store's deliveries are taken too: orders are facts. Nothing is read here, so one that is signed and
    makes no sense is taken as well and found failed by its job; were it refused, the platform would repeat it for days.
    Raises NotFound for an unknown platform, and BadSignature, the same for a wrong signature, a store without such a
    webhook and no store at all: a stranger learns nothing.
    """
    source = PLATFORMS.get(platform)
    if source is None:
        raise NotFound
    if source.is_ping(headers, body):
        return "ignored"
    endpoint = _endpoint(platform=platform, handle=handle)
    _verify(source, endpoint, headers=headers, body=body)
    assert endpoint is not None, "a secret that nobody was told has signed"
    return _store(
        endpoint,
        event_id=source.delivery_id(headers, body),
        topic=one_line(next(filter(None, (header(headers, name) for name in TOPIC_HEADERS)), "")),
        body=body,
    )


def _endpoint(*, platform: str, handle: str) -> WebhookEndpoint | None:
    handle = handle.lower()
    if not HANDLE.fullmatch(handle):
        return None
    return WebhookEndpoint.objects.filter(store__handle=handle, platform=platform).first()


def _verify(source: Platform, endpoint: WebhookEndpoint | None, *, headers: Mapping[str, str], body: bytes) -> None:
    secret = _NOBODYS_SECRETS[source.name] if endpoint is None else endpoint.secret
    try:
        source.verify(headers=headers, body=body, secret=secret, now=clock.now())
    except BadSignature as error:
        if endpoint is not None:
            log.info("store %s: a %s webhook was refused: %s", endpoint.store_id, source.name, error.reason)
        raise


@transaction.atomic
def _store(endpoint: WebhookEndpoint, *, event_id: str, topic: str, body: bytes) -> Receipt:
    values: dict[str, Any] = {
        "store": endpoint.store_id,
        "platform": endpoint.platform,
        "event": event_id,
        "topic": topic[:TOPIC_CHARS],
        "body": body,
        "status": DeliveryStatus.RECEIVED,
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE_DELIVERY, values)
        inserted = cursor.fetchone()
    if inserted is None:
        return "repeated"
    jobs.defer(TAKE_DELIVERY, delivery_id=inserted[0])
    return "accepted"


def push_stuck() -> int:
    """Defers deliveries anew whose job was lost or gave up, and fails them after a day; how many were deferred."""
    now = clock.now()
    waiting = Delivery.objects.filter(status=DeliveryStatus.RECEIVED)
    given_up = waiting.filter(received_at__lt=now - GIVE_UP_AFTER).update(
        status=DeliveryStatus.FAILED, error="Something on our side kept us from reading this delivery."
    )
    if given_up:
        log.error("%s deliveries could not be taken for a day: failed", given_up)
    stuck = waiting.filter(received_at__lt=now - STUCK_AFTER).order_by("id").values_list("id", flat=True)
    pushed = [
        jobs.defer(TAKE_DELIVERY, once=f"{TAKE_DELIVERY} {delivery_id}", delivery_id=delivery_id)
        for delivery_id in stuck[:DELIVERIES_A_SWEEP]
    ]
    return sum(number is not None for number in pushed)


def forget_old() -> int:
    """Deletes deliveries past their time, as they hold people's addresses; how many. Their orders stay."""
    edge = clock.now() - timedelta(days=settings.LIMITS.delivery_days)
    count, _ = Delivery.objects.filter(received_at__lt=edge).delete()
    return count
