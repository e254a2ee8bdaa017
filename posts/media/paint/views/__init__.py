"""One place outdoors for every trade: where its goods come from, or where they are enjoyed."""

from collections.abc import Callable
from random import Random
from typing import Final

from posts.media.paint.canvas import Pen
from posts.media.paint.palette import Palette
from posts.media.paint.views import fields, market, places, wayside

VIEWS: Final[dict[str, Callable[[Pen, Palette, Random], None]]] = {
    "tea": fields.tea_hills,
    "ceramics": places.kiln_village,
    "bakery": fields.wheat_field,
    "books": wayside.reading_tree,
    "plants": places.glasshouse,
    "noodles": market.night_market,
    "bicycles": wayside.country_road,
    "knitwear": fields.sheep_hills,
    "coffee": places.terrace,
    "cameras": wayside.lake,
    "flowers": fields.flower_field,
    "fish": wayside.harbour,
}
