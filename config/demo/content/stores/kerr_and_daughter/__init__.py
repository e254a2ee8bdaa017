"""Kerr & Daughter Fishmongers, a fishmonger in Leith: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.kerr_and_daughter.comments import COMMENTS
from config.demo.content.stores.kerr_and_daughter.posts import POSTS

STORE = StoreContent(
    handle="kerr_and_daughter",
    name="Kerr & Daughter Fishmongers",
    owner="Isla Kerr",
    scene="fish",
    category="food",
    language="en",
    city="Leith",
    time_zone="Europe/London",
    about=(
        "A wet fish shop on the Shore, since 1971. Jim retired twice; Isla runs it now. We buy off boats we can "
        "name, tell you what is good today, and will talk you out of what is not."
    ),
    products=(
        ProductContent("Haddock fillet, 500 g", "11.50", "GBP", "/fish/haddock-fillet"),
        ProductContent("Whole mackerel, three", "6.90", "GBP", "/fish/mackerel-three"),
        ProductContent("Smoked haddock, undyed, 400 g", "10.80", "GBP", "/smoked/haddock-undyed"),
        ProductContent("Kippers, a pair", "5.60", "GBP", "/smoked/kippers-pair"),
        ProductContent("Hand-dived scallops, six", "13.20", "GBP", "/shell/scallops-six"),
        ProductContent("Mussels, rope grown, 1 kg", "5.50", "GBP", "/shell/mussels-kilo"),
        ProductContent("Langoustines, 500 g, live", "16.00", "GBP", "/shell/langoustines"),
        ProductContent("Fish pie mix, 500 g", "9.40", "GBP", "/fish/pie-mix"),
        ProductContent("Fish stock, frozen, 1 litre", "4.80", "GBP", "/pantry/stock"),
        ProductContent("Cullen skink kit for four", "22.00", "GBP", "/boxes/cullen-skink"),
        ProductContent("Oyster knife, Jim's pattern", "18.00", "GBP", "/tools/oyster-knife"),
        ProductContent("Knife skills: fillet your own, two hours", "45.00", "GBP", "/classes/fillet"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
