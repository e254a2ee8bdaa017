"""Routes of stores, a file per noun."""

from core.api import Router
from stores.api import follows, reviews, staff, stores

ROUTERS: tuple[Router, ...] = (stores.router, staff.router, reviews.router, follows.router)
