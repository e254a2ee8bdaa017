"""Saltmarsh Knits, a knitwear shop in Galway: what it is and what it sells."""

from __future__ import annotations

from config.demo.content.shapes import ProductContent, StoreContent
from config.demo.content.stores.saltmarsh_knits.comments import COMMENTS
from config.demo.content.stores.saltmarsh_knits.posts import POSTS

STORE = StoreContent(
    handle="saltmarsh_knits",
    name="Saltmarsh Knits",
    owner="Gráinne Kelly",
    scene="knitwear",
    category="fashion",
    language="en",
    city="Galway",
    time_zone="Europe/Dublin",
    about=(
        "Jumpers, hats and blankets from Irish wool, knitted on six hand-frames and eleven pairs of needles "
        "between Kinvara and the city. We put the knitter's name in every collar and mend what we make for as long "
        "as we can see."
    ),
    products=(
        ProductContent("Tideline jumper", "185.00", "EUR", "/jumpers/tideline"),
        ProductContent("Marsh cardigan", "210.00", "EUR", "/jumpers/marsh-cardigan"),
        ProductContent("Fisher rib hat", "38.00", "EUR", "/hats/fisher-rib"),
        ProductContent("Fingerless mitts", "32.00", "EUR", "/hands/fingerless"),
        ProductContent("Turf blanket, double", "260.00", "EUR", "/home/turf-blanket"),
        ProductContent("Undyed wool, 100 g skein", "16.50", "EUR", "/yarn/undyed-skein"),
        ProductContent("Child's gansey, grows two sizes", "89.00", "EUR", "/kids/gansey"),
        ProductContent("Bed socks", "28.00", "EUR", "/feet/bed-socks"),
        ProductContent("Darning kit with a mushroom", "24.00", "EUR", "/mend/darning-kit"),
        ProductContent("Mending, ours or anybody's", "20.00", "EUR", "/mend/service"),
        ProductContent("Long scarf, two metres and a bit", "72.00", "EUR", "/scarves/long"),
        ProductContent("Knit-along kit: the Quay cowl", "46.00", "EUR", "/kits/quay-cowl"),
    ),
    posts=POSTS,
    comments=COMMENTS,
)
