"""Tables of stores, a file per noun."""

from stores.models.follows import Follow, FollowSource, NotifyLevel
from stores.models.orders import (
    Delivery,
    DeliveryStatus,
    Order,
    OrderImport,
    OrderRefund,
    OrderStatus,
    Platform,
    PlatformCustomer,
    WebhookEndpoint,
)
from stores.models.stores import Category, Decision, Review, Role, Staff, Store, StoreStatus

__all__ = [
    "Category",
    "Decision",
    "Delivery",
    "DeliveryStatus",
    "Follow",
    "FollowSource",
    "NotifyLevel",
    "Order",
    "OrderImport",
    "OrderRefund",
    "OrderStatus",
    "Platform",
    "PlatformCustomer",
    "Review",
    "Role",
    "Staff",
    "Store",
    "StoreStatus",
    "WebhookEndpoint",
]
