"""Friendly faces for shoppers, and shop signs for stores."""

from collections.abc import Sequence
from random import Random
from typing import Final

from posts.media.paint.canvas import Colour, Pen, arc, mix, see_through
from posts.media.paint.palette import Palette
from posts.media.paint.things.growing import sprig
from posts.media.paint.things.thing import Thing

SKINS: Final[tuple[Colour, ...]] = (
    (255, 222, 196), (246, 205, 170), (236, 188, 150), (222, 168, 124), (196, 138, 96), (160, 106, 70), (120, 78, 54),
)  # fmt: skip
HAIR: Final[tuple[Colour, ...]] = (
    (38, 30, 34), (52, 38, 36), (64, 44, 38), (84, 54, 40), (128, 80, 48), (190, 132, 70), (168, 72, 44),
)  # fmt: skip
GREY: Final = (176, 172, 170)
DARK: Final = 3  # on so many of the last skins, only so many of the first colours of hair stand out


def sign(pen: Pen, p: Palette, rng: Random, things: Sequence[Thing]) -> None:
    """A store's sign: one of its goods on a disc, with two sprigs."""
    colour, ring = rng.sample(p.accents(), 2)
    pen.rect(0, 0, 1200, 900, colour if not p.night else p.wall)
    pen.ellipse(600, 450, 392, fill=p.dark(colour, 0.2))
    pen.ellipse(600, 444, 384, fill=p.cream)
    pen.ellipse(600, 444, 352, fill=p.pale(ring, 0.62))  # a tint, on which white porcelain shows
    pen.line(arc(600, 444, 356, 356), 9, ring)
    for side in (-1, 1):
        sprig(pen.to(600 + side * 60, 748, 1.5, side * 62), p.leaf, p, pairs=4)
    thing = rng.choice(things[:3])
    size = min(430 / thing.width, 390 / thing.height, 2.8)
    thing.draw(pen.to(600, 450 + thing.height * size * 0.46, size), p, rng)


def face(pen: Pen, p: Palette, rng: Random) -> None:
    """Head and shoulders of somebody, in the middle of the sheet."""
    skin = rng.choice(SKINS)
    hair = rng.choice(HAIR[:DARK] if skin in SKINS[-DARK:] else HAIR) if rng.random() < 0.88 else GREY
    cloth, back = rng.sample((*p.accents(), p.leaf, p.sky), 2)
    blush = mix(skin, (226, 92, 84), 0.35)
    style = rng.choice((_bob, _long, _short, _curls, _bun, _crop, _fringe, _hat))
    pen.rect(0, 0, 1200, 900, p.pale(back, 0.3))
    pen.ellipse(600, 470, 380, fill=p.pale(back, 0.55))
    style(pen, p, rng, hair, behind=True)
    _shoulders(pen, p, rng, skin, cloth)
    pen.ellipse(600 - 172, 452, 34, 46, fill=mix(skin, blush, 0.3))
    pen.ellipse(600 + 172, 452, 34, 46, fill=mix(skin, blush, 0.3))
    pen.blob([(600, 250), (752, 300), (776, 450), (716, 596), (600, 640), (484, 596), (424, 450), (448, 300)], skin)
    _features(pen, p, rng, skin, hair, blush)
    style(pen, p, rng, hair, behind=False)
    if rng.random() < 0.3:
        _glasses(pen, p, rng)


def _shoulders(pen: Pen, p: Palette, rng: Random, skin: Colour, cloth: Colour) -> None:
    pen.rect(524, 560, 152, 190, p.dark(skin, 0.16), radius=40)
    pen.blob([(200, 1000), (236, 800), (400, 716), (600, 740), (800, 716), (964, 800), (1000, 1000)], cloth)
    match rng.randrange(4):
        case 0:
            pen.polygon(arc(600, 712, 108, 76, 0, 180), p.dark(skin, 0.16))
            pen.line(arc(600, 712, 112, 80, 0, 180), 16, p.dark(cloth, 0.25))
        case 1:
            for y, reach in ((800, 350), (846, 372), (892, 386)):
                pen.curve([(600 - reach, y + 6), (600, y + 24), (600 + reach, y + 6)], 20, p.pale(cloth, 0.6))
        case 2:
            pen.rect(506, 664, 188, 92, p.dark(cloth, 0.14), radius=36)
        case _:
            for side in (-1, 1):
                pen.polygon(
                    [(600, 790), (600 + side * 50, 700), (600 + side * 140, 724), (600 + side * 96, 820)], p.cream
                )


def _features(pen: Pen, p: Palette, rng: Random, skin: Colour, hair: Colour, blush: Colour) -> None:
    dark, look = mix(hair, (30, 22, 26), 0.6), rng.uniform(-5, 5)
    happy = rng.random() < 0.3
    for side in (-1, 1):
        x = 600 + side * 74 + look
        if happy:
            pen.line(arc(x, 462, 26, 24, 195, 345), 11, dark)
        else:
            pen.ellipse(x, 452, 17, 22, fill=dark)
            pen.ellipse(x + 6, 444, 6, fill=(255, 255, 255))
        pen.line(arc(x, 420, 42, 26, 215, 325), 10, mix(hair, dark, 0.4))
        pen.ellipse(600 + side * 118, 526, 38, 26, fill=see_through(blush, 0.75))
    pen.line(arc(600 + look, 486, 17, 20, 10, 170), 8, p.dark(skin, 0.35))
    if rng.random() < 0.45:
        pen.polygon(arc(600 + look, 546, 54, 46, 0, 180), (138, 44, 52))
        pen.polygon(arc(600 + look, 547, 46, 15, 0, 180), (255, 255, 255))
    else:
        pen.line(arc(600 + look, 536, 52, 34, 22, 158), 10, (150, 60, 56))


def _glasses(pen: Pen, p: Palette, rng: Random) -> None:
    colour = rng.choice((p.ink, p.first, p.wood))
    for side in (-1, 1):
        pen.ellipse(600 + side * 76, 456, 60, fill=(255, 255, 255, 44))
        pen.line(arc(600 + side * 76, 456, 60, 60), 10, colour)
        pen.line([(600 + side * 136, 444), (600 + side * 176, 430)], 10, colour)
    pen.line(arc(600, 452, 18, 14, 200, 340), 10, colour)


def _cap(pen: Pen, hair: Colour, *, low: float = 350) -> None:
    """Hair over the crown, down to the forehead."""
    pen.blob(
        [
            (416, low + 90),
            (420, 300),
            (500, 216),
            (600, 196),
            (700, 216),
            (780, 300),
            (784, low + 90),
            (744, low),
            (600, 300),
            (456, low),
        ],
        hair,
    )


def _bob(pen: Pen, p: Palette, rng: Random, hair: Colour, *, behind: bool) -> None:
    if behind:
        pen.blob(
            [(600, 180), (790, 260), (830, 480), (800, 660), (600, 690), (400, 660), (370, 480), (410, 260)],
            p.dark(hair, 0.2),
        )
        return
    pen.blob(
        [
            (404, 480),
            (410, 290),
            (520, 196),
            (660, 196),
            (786, 290),
            (796, 480),
            (760, 420),
            (690, 330),
            (560, 330),
            (446, 430),
        ],
        hair,
    )


def _long(pen: Pen, p: Palette, rng: Random, hair: Colour, *, behind: bool) -> None:
    if behind:
        pen.blob(
            [
                (600, 176),
                (796, 270),
                (836, 520),
                (850, 860),
                (720, 960),
                (480, 960),
                (350, 860),
                (364, 520),
                (404, 270),
            ],
            p.dark(hair, 0.2),
        )
        return
    for side in (-1, 1):
        pen.blob(
            [
                (600, 200),
                (600 + side * 130, 214),
                (600 + side * 204, 330),
                (600 + side * 196, 560),
                (600 + side * 160, 420),
                (600 + side * 90, 300),
            ],
            hair,
        )


def _short(pen: Pen, p: Palette, rng: Random, hair: Colour, *, behind: bool) -> None:
    if not behind:
        pen.blob(
            [
                (420, 420),
                (408, 300),
                (470, 200),
                (600, 170),
                (740, 190),
                (800, 300),
                (782, 420),
                (752, 330),
                (640, 300),
                (540, 320),
                (450, 340),
            ],
            hair,
        )
        pen.blob([(470, 250), (560, 190), (700, 200), (600, 236)], see_through((255, 255, 255), 0.12))


def _crop(pen: Pen, p: Palette, rng: Random, hair: Colour, *, behind: bool) -> None:
    if not behind:
        _cap(pen, hair, low=310)
        if rng.random() < 0.5:
            pen.blob(
                [(440, 520), (470, 600), (600, 660), (730, 600), (760, 520), (744, 630), (600, 706), (456, 630)], hair
            )


def _curls(pen: Pen, p: Palette, rng: Random, hair: Colour, *, behind: bool) -> None:
    spots = arc(600, 400, 200, 200, 150, 390) if behind else arc(600, 340, 158, 104, 188, 352)
    for n, (x, y) in enumerate(spots[:: 3 if behind else 4]):
        pen.ellipse(x, y, 76 if behind else 54 + n % 2 * 8, fill=p.dark(hair, 0.2) if behind else hair)


def _bun(pen: Pen, p: Palette, rng: Random, hair: Colour, *, behind: bool) -> None:
    if behind:
        pen.ellipse(600, 172, 84, 78, fill=p.dark(hair, 0.15))
        return
    _cap(pen, hair, low=330)
    pen.rect(548, 212, 104, 22, rng.choice(p.accents()), radius=10)


def _fringe(pen: Pen, p: Palette, rng: Random, hair: Colour, *, behind: bool) -> None:
    if behind:
        _long(pen, p, rng, hair, behind=True)
        return
    pen.blob(
        [
            (398, 560),
            (404, 300),
            (520, 190),
            (680, 190),
            (796, 300),
            (802, 560),
            (768, 430),
            (752, 372),
            (600, 390),
            (448, 372),
            (432, 430),
        ],
        hair,
    )


def _hat(pen: Pen, p: Palette, rng: Random, hair: Colour, *, behind: bool) -> None:
    if behind:
        _bob(pen, p, rng, hair, behind=True)
        return
    wool, band = rng.sample(p.accents(), 2)
    pen.ellipse(600, 120, 52, fill=p.cream)
    pen.blob([(420, 340), (440, 210), (600, 130), (760, 210), (780, 340), (600, 300)], wool)
    for n in range(-2, 3):
        pen.curve([(600 + n * 62, 300), (600 + n * 56, 220), (600 + n * 24, 152)], 7, see_through(p.ink, 0.14))
    pen.rect(408, 290, 384, 80, band, radius=34)
