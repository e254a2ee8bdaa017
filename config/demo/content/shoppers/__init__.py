"""The sixty shoppers of the demo, twenty in each language."""

from __future__ import annotations

from config.demo.content.shapes import ShopperContent
from config.demo.content.shoppers.english import ENGLISH
from config.demo.content.shoppers.simplified import SIMPLIFIED
from config.demo.content.shoppers.traditional import TRADITIONAL

SHOPPERS: tuple[ShopperContent, ...] = SIMPLIFIED + TRADITIONAL + ENGLISH
