"""What the demo's stores and shoppers are and say, as plain values: no database, no Django."""

from __future__ import annotations

from config.demo.content.live import LIVE, NEXT, PAST
from config.demo.content.shoppers import SHOPPERS
from config.demo.content.stores import STORES

__all__ = ["LIVE", "NEXT", "PAST", "SHOPPERS", "STORES"]
