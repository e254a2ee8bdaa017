"""Routes of stores, a file per noun."""

from core.api import Router

ROUTERS: tuple[Router, ...] = ()
