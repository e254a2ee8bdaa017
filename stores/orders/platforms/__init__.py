"""Where orders come from: one module a platform, all of one shape (base.Platform)."""

from stores.orders.platforms.base import BadSignature, Platform, Reading, Unreadable, WeakSecret
from stores.orders.platforms.shopify import Shopify
from stores.orders.platforms.standard import Standard
from stores.orders.platforms.woocommerce import WooCommerce

PLATFORMS: dict[str, Platform] = {platform.name: platform for platform in (Shopify(), WooCommerce(), Standard())}

__all__ = ["PLATFORMS", "BadSignature", "Platform", "Reading", "Unreadable", "WeakSecret"]
