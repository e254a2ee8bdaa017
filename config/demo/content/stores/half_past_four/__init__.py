"""Half Past Four Bakery, a bakery in Bristol: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.half_past_four.comments import COMMENTS
from config.demo.content.stores.half_past_four.posts import POSTS

STORE = StoreContent(
    handle="half_past_four",
    name="Half Past Four Bakery",
    owner="Ffion Morgan",
    scene="bakery",
    category="food",
    language="en",
    city="Bristol",
    time_zone="Europe/London",
    about=(
        "A corner bakery in Totterdown with one deck oven and a very steep hill outside. Sourdough, rye, buns on "
        "Fridays. The lights go on at half past four and the bread usually runs out before the people do."
    ),
    products=(
        ProductContent("Country sourdough, 900 g", "4.80", "GBP", "/bread/country"),
        ProductContent("Seeded rye tin", "5.20", "GBP", "/bread/rye-tin"),
        ProductContent("Cardamom buns, box of six", "15.00", "GBP", "/buns/cardamom-six"),
        ProductContent("Malted barley loaf", "4.95", "GBP", "/bread/malted-barley"),
        ProductContent("Focaccia slab, half", "7.50", "GBP", "/bread/focaccia-half"),
        ProductContent("Starter in a jar, with instructions", "6.00", "GBP", "/pantry/starter"),
        ProductContent("Stoneground flour, 3 kg", "7.20", "GBP", "/pantry/flour-3kg"),
        ProductContent("Marmalade, Seville, 340 g", "5.60", "GBP", "/pantry/marmalade"),
        ProductContent("Sunday breakfast box for two", "24.00", "GBP", "/boxes/sunday-two"),
        ProductContent("Linen bread bag", "12.50", "GBP", "/goods/linen-bag"),
        ProductContent("Toast offcuts, bag of crusts", "1.50", "GBP", "/bread/offcuts"),
        ProductContent("Bread class, Saturday afternoon", "68.00", "GBP", "/classes/saturday"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
