"""Routes of stores, a file per noun."""

from core.api import Router
from stores.api import follows, orders, reviews, staff, stores, webhooks

ROUTERS: tuple[Router, ...] = (
    stores.router,
    staff.router,
    reviews.router,
    follows.router,
    webhooks.router,
    orders.router,
)
