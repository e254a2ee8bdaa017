"""Orders as the platforms told them, and everything that keeps them honest."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models.stores import Store


class Platform(models.TextChoices):
    """Where orders come from."""

    SHOPIFY = "shopify", "Shopify"
    WOOCOMMERCE = "woocommerce", "WooCommerce"
    STANDARD = "standard", "Standard Webhooks"
    CSV = "csv", "CSV"


class WebhookEndpoint(models.Model):
    """A store's door for one platform's webhooks, with the secret that signs them."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="webhook_endpoints")
    platform = models.CharField(max_length=12, choices=Platform.choices)
    secret = models.CharField(max_length=256)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "platform"], name="one_endpoint_per_platform")]

    def __str__(self) -> str:
        return f"{self.store_id} {self.platform}"


class DeliveryStatus(models.TextChoices):
    """What became of a delivery."""

    RECEIVED = "received", _("received")
    DONE = "done", _("done")
    IGNORED = "ignored", _("ignored")
    FAILED = "failed", _("failed")


class Delivery(models.Model):
    """A signed webhook as it arrived."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    platform = models.CharField(max_length=12, choices=Platform.choices)
    event_id = models.CharField(max_length=100)
    topic = models.CharField(max_length=60, blank=True)
    body = models.BinaryField()
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.RECEIVED)
    error = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["store", "platform", "event_id"], name="one_delivery_per_event")]
        indexes = [
            models.Index(fields=["store", "-id"], name="delivery_recent"),
            models.Index(fields=["id"], condition=models.Q(status="received"), name="delivery_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.event_id[:12]}"


class OrderStatus(models.TextChoices):
    """The settled state of an order; paid and partially refunded make a buyer."""

    PENDING = "pending", _("pending")
    PAID = "paid", _("paid")
    PARTIALLY_REFUNDED = "partially_refunded", _("partially refunded")
    REFUNDED = "refunded", _("refunded")
    CANCELLED = "cancelled", _("cancelled")


class Order(models.Model):
    """A purchase, settled by the source's own clock. `state` is the fold's memory (stores.orders.settle)."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="orders", db_index=False)
    platform = models.CharField(max_length=12, choices=Platform.choices)
    external_id = models.CharField(max_length=64)
    number = models.CharField(max_length=64, blank=True)
    # Empty while only a refund of it is known.
    status = models.CharField(max_length=20, choices=OrderStatus.choices, default=OrderStatus.PENDING)
    currency = models.CharField(max_length=3, blank=True)
    total = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    refunded_total = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    customer_id = models.CharField(max_length=64, blank=True)
    product_title = models.CharField(max_length=200, blank=True, help_text=_("A kept item, for the buyer's proof."))
    test = models.BooleanField(default=False)
    state = models.JSONField(default=dict)
    placed_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    source_updated_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "platform", "external_id"], name="one_order_per_external_id")
        ]
        indexes = [
            # The buyer gate: one person, one store.
            models.Index(fields=["user", "store"], name="order_proof"),
            # Orders that wait for somebody to verify an address, or for their customer's number to be learned.
            models.Index(fields=["email"], condition=models.Q(user=None), name="order_waits_email"),
            models.Index(fields=["phone"], condition=models.Q(user=None), name="order_waits_phone"),
            models.Index(
                fields=["store", "platform", "customer_id"], condition=models.Q(user=None), name="order_waits_customer"
            ),
            models.Index(fields=["store", "-id"], name="order_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.number or self.external_id}"


class OrderRefund(models.Model):
    """A refund of an order, kept for the record; the order's state already counts it."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="refunds")
    external_id = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    refunded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "external_id"], name="one_refund_per_external_id")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.amount}"


class PlatformCustomer(models.Model):
    """A platform's own customer number, learned from an order that was matched by a verified address."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="customers")
    platform = models.CharField(max_length=12, choices=Platform.choices)
    customer_id = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="platform_customers")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "platform", "customer_id"], name="one_person_per_customer_id")
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.customer_id}"


class OrderImport(models.Model):
    """A CSV file of orders and how far it got."""

    class Status(models.TextChoices):
        """Where an import stands."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="order_imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Whose ids the file has: orders of a platform are the same ones as its webhooks tell of.
    platform = models.CharField(max_length=12, choices=Platform.choices, default=Platform.CSV)
    # Its name in the storage; empty once the file is read and deleted.
    file = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    # The last row that was stored, as a spreadsheet numbers it; the heading is 1.
    rows_read = models.PositiveIntegerField(default=0)
    rows_taken = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    # The first errors, each {row, column, code, message, taken}; the count tells when there are more.
    errors = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store"], condition=models.Q(status__in=["waiting", "running"]), name="one_import_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.store_id} {self.file_name}"
