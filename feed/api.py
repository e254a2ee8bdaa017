"""Routes of the feed."""

from core.api import Router

ROUTERS: tuple[Router, ...] = ()
