"""Drawn pictures for demo data: goods, rooms, streets, landscapes, shop signs and faces, the same for the same seed."""

from io import BytesIO
from random import Random
from typing import Final

from posts.media.paint.canvas import Pen, finished, sheet
from posts.media.paint.indoors import shelves, table
from posts.media.paint.palette import PALETTES, Palette
from posts.media.paint.people import face, sign
from posts.media.paint.street import poster, shopfront
from posts.media.paint.things import drinks, food, goods, growing, wheels
from posts.media.paint.things.thing import Thing
from posts.media.paint.views import VIEWS

__all__ = ["SCENES", "avatar", "picture", "portrait"]

GOODS: Final[dict[str, tuple[Thing, ...]]] = {
    "tea": drinks.TEA,
    "ceramics": goods.CERAMICS,
    "bakery": food.BAKERY,
    "books": goods.BOOKS,
    "plants": growing.PLANTS,
    "noodles": food.NOODLES,
    "bicycles": wheels.BICYCLES,
    "knitwear": goods.KNITWEAR,
    "coffee": drinks.COFFEE,
    "cameras": goods.CAMERAS,
    "flowers": growing.FLOWERS,
    "fish": food.FISH,
}
SCENES: Final[tuple[str, ...]] = tuple(GOODS)
COMPOSITIONS: Final = 5
# Trades that look wrong in some colours: an olive sea, green bread.
UNSUITED: Final[dict[str, frozenset[str]]] = {
    "fish": frozenset({"olive"}),
    "bakery": frozenset({"china"}),
    "noodles": frozenset({"china"}),
}
JPEG_QUALITY: Final = 88


def picture(*, scene: str, seed: int, width: int = 1600, height: int = 1200) -> bytes:
    """A JPEG of `width` x `height` pixels for one of SCENES; ValueError for another scene.

    Five seeds in a row give five kinds of composition.
    """
    rng, palette = _start(scene, seed)
    pen, things = sheet(width, height, palette.wall), GOODS[scene]
    match seed % COMPOSITIONS:
        case 0:
            VIEWS[scene](pen, palette, rng)
        case 1:
            table(pen, palette, rng, things)
        case 2:
            poster(pen, palette, rng, things)
        case 3:
            shelves(pen, palette, rng, things)
        case _:
            shopfront(pen, palette, rng, things)
    return _jpeg(pen)


def avatar(*, scene: str, seed: int, size: int = 512) -> bytes:
    """A square JPEG for a store: one of its goods as a shop sign."""
    rng, palette = _start(scene, seed)
    pen = sheet(size, size, palette.wall)
    sign(pen, palette, rng, GOODS[scene])
    return _jpeg(pen)


def portrait(*, seed: int, size: int = 256) -> bytes:
    """A square JPEG of a friendly face for a shopper."""
    rng = Random(f"portrait {seed}")
    palette = rng.choice([palette for palette in PALETTES.values() if not palette.night])
    pen = sheet(size, size, palette.wall)
    face(pen, palette, rng)
    return _jpeg(pen)


def _start(scene: str, seed: int) -> tuple[Random, Palette]:
    """Chance and colours for a picture. Colours take turns, so that neighbours in a feed differ."""
    if scene not in GOODS:
        raise ValueError(f"no scene {scene!r}, only {', '.join(SCENES)}")
    names = [name for name in PALETTES if name not in UNSUITED.get(scene, ())]
    turn = seed + seed // COMPOSITIONS + SCENES.index(scene) * 3
    return Random(f"{scene} {seed}"), PALETTES[names[turn % len(names)]]


def _jpeg(pen: Pen) -> bytes:
    out, image = BytesIO(), finished(pen)
    image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()
