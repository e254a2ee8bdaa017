"""What the API says and reads about webhooks, orders, imports and purchases."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.conf import settings
from pydantic import Field

from core.api import In, Out
from stores.models import Delivery, DeliveryStatus, Order, OrderImport, OrderStatus, Platform, WebhookEndpoint
from stores.orders.endpoints import Receipt
from stores.schemas.cards import StoreCard
from stores.selectors.orders import Purchase

WebhookPlatform = Literal["shopify", "woocommerce", "standard"]


class WebhookIn(In):
    """A new webhook. Shopify shows a secret of its own: paste it; for the others, paste ours there."""

    platform: WebhookPlatform
    secret: str | None = Field(default=None, max_length=300, description="left out: a new one is made")


class WebhookOut(Out):
    """A store's webhook. The secret is never shown again."""

    id: int
    platform: str
    url: str = Field(description="where the platform must send its deliveries")
    created_at: datetime
    last_delivery_at: datetime | None
    last_delivery_status: DeliveryStatus | None

    @staticmethod
    def of(endpoint: WebhookEndpoint, *, handle: str) -> WebhookOut:
        """The webhook of the store with this handle."""
        last_status = getattr(endpoint, "last_status", None)
        return WebhookOut(
            id=endpoint.pk,
            platform=endpoint.platform,
            url=webhook_url(platform=endpoint.platform, handle=handle),
            created_at=endpoint.created_at,
            last_delivery_at=getattr(endpoint, "last_at", None),
            last_delivery_status=DeliveryStatus(last_status) if last_status else None,
        )


class NewWebhookOut(WebhookOut):
    """A webhook that was just made, with its secret: keep it, it is shown this once."""

    secret: str

    @staticmethod
    def made(endpoint: WebhookEndpoint, *, handle: str) -> NewWebhookOut:
        """With its secret."""
        return NewWebhookOut(**WebhookOut.of(endpoint, handle=handle).model_dump(), secret=endpoint.secret)


def webhook_url(*, platform: str, handle: str) -> str:
    """The public address of a store's door for one platform."""
    return f"{settings.BASE_URL.rstrip('/')}/api/v1/webhooks/{platform}/{handle}"


class ReceiptOut(Out):
    """What became of a delivery: taken in, known already, or without meaning (a platform's greeting)."""

    status: Receipt


class DeliveryOut(Out):
    """A delivery as it came, without its body."""

    id: int
    platform: Platform
    event_id: str = Field(description="the platform's id of the message, or a hash of its body")
    topic: str = Field(description="as the platform named it; not signed, so nothing follows from it")
    status: DeliveryStatus
    error: str = Field(description="why it failed or was ignored")
    received_at: datetime

    @staticmethod
    def of(delivery: Delivery) -> DeliveryOut:
        """The delivery."""
        return DeliveryOut(
            id=delivery.pk,
            platform=Platform(delivery.platform),
            event_id=delivery.event_id,
            topic=delivery.topic,
            status=DeliveryStatus(delivery.status),
            error=delivery.error,
            received_at=delivery.received_at,
        )


class OrderOut(Out):
    """An order as it is settled. Sums are decimal texts in the order's currency."""

    id: int
    platform: Platform
    external_id: str
    number: str
    status: OrderStatus
    currency: str = Field(description="ISO 4217; empty while only a refund of the order is known")
    total: str
    refunded_total: str
    email: str
    phone: str
    product: str = Field(description="an item of it that was not given back")
    test: bool
    placed_at: datetime | None
    paid_at: datetime | None
    updated_at: datetime | None = Field(description="by the platform's clock")

    @staticmethod
    def of(order: Order) -> OrderOut:
        """The order."""
        return OrderOut(
            id=order.pk,
            platform=Platform(order.platform),
            external_id=order.external_id,
            number=order.number,
            status=OrderStatus(order.status),
            currency=order.currency,
            total=str(order.total),
            refunded_total=str(order.refunded_total),
            email=order.email,
            phone=order.phone,
            product=order.product_title,
            test=order.test,
            placed_at=order.placed_at,
            paid_at=order.paid_at,
            updated_at=order.source_updated_at,
        )


class RowErrorOut(Out):
    """What is wrong with a row. `taken`: the row counts all the same, without this cell."""

    row: int = Field(description="as a spreadsheet numbers it; the heading is 1")
    column: str
    code: str
    message: str
    taken: bool


class ImportOut(Out):
    """An import and how far it got."""

    id: int
    platform: Platform
    file_name: str
    status: OrderImport.Status
    rows_read: int = Field(description="without the heading")
    rows_taken: int
    error_count: int
    errors: list[RowErrorOut] = Field(description="the first ones; error_count tells when there are more")
    created_at: datetime
    finished_at: datetime | None

    @staticmethod
    def of(running: OrderImport) -> ImportOut:
        """The import."""
        return ImportOut(
            id=running.pk,
            platform=Platform(running.platform),
            file_name=running.file_name,
            status=OrderImport.Status(running.status),
            rows_read=max(0, running.rows_read - 1),
            rows_taken=running.rows_taken,
            error_count=running.error_count,
            errors=[RowErrorOut(**error) for error in running.errors],
            created_at=running.created_at,
            finished_at=running.finished_at,
        )


class PurchaseOut(Out):
    """A store where one bought, and whether one may write there."""

    store: StoreCard
    since: datetime | None = Field(description="null when everything was given back")
    product: str
    can_comment: bool
    why_not: str | None = Field(description="the code that a comment would be refused with")

    @staticmethod
    def of(purchase: Purchase) -> PurchaseOut:
        """The purchase."""
        return PurchaseOut(
            store=StoreCard.of(purchase.store),
            since=purchase.since,
            product=purchase.product,
            can_comment=purchase.why_not is None,
            why_not=purchase.why_not,
        )
