"""Second Gear Bicycle Workshop, a bicycle workshop in Minneapolis: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.second_gear.comments import COMMENTS
from config.demo.content.stores.second_gear.posts import POSTS

STORE = StoreContent(
    handle="second_gear",
    name="Second Gear Bicycle Workshop",
    owner="Walt Petersen",
    scene="bicycles",
    category="sports",
    language="en",
    city="Minneapolis",
    time_zone="America/Chicago",
    about=(
        "Four stands in an old muffler shop on East Lake Street. We fix what you ride, build wheels by hand, and "
        "teach anybody who wants to hold a wrench. Nobody here will laugh at your bike."
    ),
    products=(
        ProductContent("Winter tune-up", "95.00", "USD", "/service/winter-tune"),
        ProductContent("Hand-built wheel, rear 32 spoke", "285.00", "USD", "/wheels/rear-32"),
        ProductContent("Studded tire, 700 x 38", "84.00", "USD", "/parts/studded-tire"),
        ProductContent("Chain, 9-speed", "27.00", "USD", "/parts/chain-nine"),
        ProductContent("Rebuilt commuter, medium frame", "420.00", "USD", "/bikes/rebuilt-commuter"),
        ProductContent("Fender set, steel, black", "62.00", "USD", "/parts/fenders-steel"),
        ProductContent("Pogies, fleece lined", "78.00", "USD", "/winter/pogies"),
        ProductContent("Hub overhaul", "55.00", "USD", "/service/hub"),
        ProductContent("Waxed canvas pannier", "110.00", "USD", "/bags/pannier-canvas"),
        ProductContent("Learn to fix a flat, one evening", "15.00", "USD", "/class/flat"),
        ProductContent("Kids' bike swap credit", "40.00", "USD", "/kids/swap-credit"),
        ProductContent("Brass bell, loud", "22.00", "USD", "/parts/brass-bell"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
