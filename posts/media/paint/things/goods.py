"""Things made by hand or by press: ceramics, books, cameras, knitwear."""

from itertools import pairwise
from math import cos, sin
from random import Random

from posts.media.paint.canvas import Colour, Pen, Profile, arc, mix, see_through
from posts.media.paint.palette import Palette
from posts.media.paint.things.thing import Thing

VASES = (
    [(36, 0), (40, 4), (74, 60), (60, 120), (24, 158), (26, 190), (34, 200)],
    [(46, 0), (60, 40), (64, 100), (50, 140), (30, 156), (34, 168)],
    [(30, 0), (34, 6), (30, 40), (62, 96), (54, 150), (30, 176), (38, 190)],
    [(52, 0), (62, 30), (44, 110), (22, 170), (20, 214), (30, 224)],
)
JUG = [(48, 0), (62, 34), (62, 80), (40, 128), (42, 160), (50, 172)]


def vase(pen: Pen, p: Palette, rng: Random) -> None:
    """One of several forms, dipped in a second glaze or banded."""
    form = rng.choice(VASES)
    glaze, dip = rng.sample((*p.accents(), p.cream, p.dark(p.wood, 0.1)), 2)
    pen.shadow(130, p.ink)
    pen.vessel(form, glaze, shade=p.ink)
    top = form[-1][1]
    if rng.random() < 0.5:
        _dip(pen, form, dip, share=rng.uniform(0.45, 0.62))
    else:
        for low in (0.3, 0.36, 0.42):
            _band(pen, form, top * low, 5, dip)
    pen.ellipse(0, -top, form[-1][0], 6, fill=p.dark(glaze, 0.45))


def _dip(pen: Pen, form: Profile, glaze: Colour, *, share: float) -> None:
    upper = [point for point in form if point[1] >= form[-1][1] * share]
    edge = form[-1][1] * share
    pen.turned([(_half(form, edge), edge), *upper], glaze)
    pen.turned([(_half(form, edge), edge), *upper], see_through((0, 0, 0), 0.16), start=0.42)
    for n in range(5):
        x = (n - 2) / 2.4 * _half(form, edge)
        pen.ellipse(x, -edge, 11, 9 + 7 * (n % 3), fill=glaze)


def _half(form: Profile, height: float) -> float:
    """Half the width of a form at a height."""
    for (low_width, low), (high_width, high) in pairwise(form):
        if low <= height <= high:
            return low_width + (high_width - low_width) * (height - low) / (high - low)
    return form[-1][0]


def _band(pen: Pen, form: Profile, height: float, thick: float, fill: Colour) -> None:
    low, high = _half(form, height), _half(form, height + thick)
    pen.polygon(
        [(-low, -height), (-high, -height - thick), (high, -height - thick), (low, -height)], see_through(fill, 0.88)
    )


def jug(pen: Pen, p: Palette, rng: Random) -> None:
    """A pouring jug with dots."""
    glaze, dots = rng.sample((p.cream, p.second, p.first, p.third), 2)
    pen.shadow(130, p.ink)
    pen.curve([(44, -150), (96, -140), (92, -70), (58, -52)], 13, p.dark(glaze, 0.2))
    pen.polygon([(-40, -168), (-66, -180), (-44, -136)], glaze)
    pen.vessel(JUG, glaze, shade=p.ink)
    pen.ellipse(0, -172, 50, 9, fill=p.dark(glaze, 0.4))
    for row, height in enumerate((36, 62, 88)):
        for column in range(-2, 3):
            x = (column + row % 2 * 0.5) * 22
            if abs(x) < _half(JUG, height) - 8:
                pen.ellipse(x, -height, 5, fill=dots)


def bowls(pen: Pen, p: Palette, rng: Random) -> None:
    """A stack of bowls, each in another glaze."""
    pen.shadow(150, p.ink)
    glazes = [rng.choice((*p.accents(), p.cream, p.leaf)) for _ in range(rng.choice((3, 4)))]
    for n, glaze in enumerate(glazes):
        at = pen.to(rng.uniform(-3, 3), -n * 27)
        at.vessel([(32, 0), (36, 6), (66, 34), (76, 58)], glaze, shade=p.ink)
        at.turned([(75, 52), (76, 58)], p.pale(glaze, 0.6), curved=False)
    pen.ellipse(0, -58 - (len(glazes) - 1) * 27, 76, 12, fill=p.dark(glazes[-1], 0.3))


def plate(pen: Pen, p: Palette, rng: Random) -> None:
    """A plate stood on its edge, painted with a flower or rings."""
    rim, paint = rng.sample((p.first, p.second, p.third), 2)
    pen.shadow(150, p.ink)
    pen.polygon([(-50, 0), (-34, -40), (34, -40), (50, 0)], p.dark(p.wood, 0.3))
    pen.ellipse(0, -92, 88, fill=p.dark(p.cream, 0.12))
    pen.ellipse(-2, -94, 85, fill=rim)
    pen.ellipse(-2, -94, 70, fill=p.cream)
    if rng.random() < 0.6:
        for n in range(8):
            pen.ellipse(-2 + 32 * cos(n * 0.785), -94 + 32 * sin(n * 0.785), 15, fill=paint)
        pen.ellipse(-2, -94, 17, fill=p.third)
    else:
        for radius, fill in ((52, paint), (44, p.cream), (30, rim), (22, p.cream)):
            pen.ellipse(-2, -94, radius, fill=fill)


def book_row(pen: Pen, p: Palette, rng: Random) -> None:
    """Books upright, the last one leaning."""
    pen.shadow(200, p.ink)
    x = -100.0
    colours = [*p.accents(), p.leaf, p.cream, p.dark(p.first, 0.3)]
    rng.shuffle(colours)
    for n in range(5):
        width, height = rng.uniform(26, 42), rng.uniform(140, 200)
        _spine(pen.to(x, 0), width, height, colours[n], p)
        x += width + 1
    _spine(pen.to(x + 50, 0, turn=-16), 30, 168, colours[5], p)


def _spine(pen: Pen, width: float, height: float, colour: Colour, p: Palette) -> None:
    pen.rect(0, -height, width, height, colour, radius=3)
    pen.rect(width * 0.74, -height, width * 0.26, height, see_through(p.ink, 0.16), radius=2)
    mark = p.third if colour not in (p.third, p.cream) else p.first
    pen.rect(width * 0.16, -height * 0.86, width * 0.56, 5, mark)
    pen.rect(width * 0.16, -height * 0.80, width * 0.56, 3, mark)
    pen.rect(width * 0.2, -height * 0.22, width * 0.5, width * 0.5, mark, radius=3)


def book_pile(pen: Pen, p: Palette, rng: Random) -> None:
    """Books lying on each other."""
    pen.shadow(200, p.ink)
    y = 0.0
    colours = [*p.accents(), p.leaf, p.dark(p.second, 0.3)]
    rng.shuffle(colours)
    for colour in colours[: rng.choice((3, 4, 5))]:
        thick, width, x = rng.uniform(26, 38), rng.uniform(160, 200), rng.uniform(-10, 10)
        pen.rect(x - width / 2, y - thick, width, thick, colour, radius=5)
        pen.rect(x - width / 2 + 12, y - thick + 5, width - 10, thick - 10, p.cream)
        pen.rect(x - width / 2 + 12, y - thick / 2, width - 10, 2, see_through(p.ink, 0.15))
        pen.rect(x - width / 2, y - thick, 20, thick, colour, radius=5)
        y -= thick


def open_book(pen: Pen, p: Palette, rng: Random) -> None:
    """A book lying open, seen a little from above."""
    cover = rng.choice(p.accents())
    pen.shadow(240, p.ink)
    pen.blob([(-126, 0), (-128, -52), (0, -40), (128, -52), (126, 0), (0, 8)], cover)
    for side in (-1, 1):
        page = [(0, 0), (side * 60, -14), (side * 118, -6), (side * 112, -62), (side * 60, -72), (0, -54)]
        pen.polygon(page, p.cream if side < 0 else p.dark(p.cream, 0.08))
        for n in range(4):
            y = -50 + n * 11
            pen.line([(side * 16, y), (side * 60, y - 11), (side * 98, y - 6)], 2.5, see_through(p.ink, 0.3))
    pen.polygon([(2, -54), (16, -58), (20, 14), (11, 6), (2, 14)], p.first if cover != p.first else p.third)


def camera(pen: Pen, p: Palette, rng: Random) -> None:
    """A rangefinder with a big lens."""
    skin = rng.choice((p.ink, p.dark(p.wood, 0.2), p.first, p.second))
    metal = mix(p.cream, p.ink, 0.15)
    pen.shadow(210, p.ink)
    pen.rect(-104, -136, 208, 136, metal, radius=16)
    pen.rect(-104, -100, 208, 78, skin)
    pen.rect(60, -136, 44, 136, see_through(p.ink, 0.12), radius=16)
    pen.rect(-78, -150, 42, 16, p.dark(metal, 0.3), radius=5)
    pen.rect(48, -148, 34, 14, p.dark(metal, 0.3), radius=5)
    pen.rect(-30, -128, 46, 24, p.ink, radius=5)
    pen.rect(-24, -124, 26, 12, p.pale(p.second, 0.4), radius=3)
    pen.ellipse(76, -118, 8, fill=p.first if skin != p.first else p.third)
    for radius, fill in ((62, p.dark(metal, 0.15)), (54, p.ink), (44, mix(p.ink, p.second, 0.35)), (28, p.ink)):
        pen.ellipse(4, -62, radius, fill=fill)
    pen.polygon(arc(4, -62, 38, 38, 190, 260) + arc(4, -62, 28, 28, 260, 190), see_through(p.cream, 0.55))
    pen.ellipse(16, -50, 7, fill=see_through(p.light, 0.6))


def film(pen: Pen, p: Palette, rng: Random) -> None:
    """A roll of film with its leader out."""
    colour, pen = rng.choice(p.accents()), pen.to(-38, 0)
    pen.shadow(80, p.ink)
    pen.polygon([(30, -12), (118, -6), (118, -82), (30, -88)], p.dark(p.wood, 0.55))
    for n in range(5):
        pen.rect(44 + n * 15, -19, 8, 7, p.cream, radius=2)
        pen.rect(44 + n * 15, -82, 8, 7, p.cream, radius=2)
    pen.vessel([(38, 0), (38, 96)], colour, shade=p.ink, curved=False)
    pen.turned([(42, 0), (42, 9)], p.ink, curved=False)
    pen.turned([(42, 90), (42, 99)], p.ink, curved=False)
    pen.turned([(15, 99), (15, 113)], p.ink, curved=False)
    pen.turned([(38, 30), (38, 56)], p.cream, curved=False)


def prints(pen: Pen, p: Palette, rng: Random) -> None:
    """Instant photos leaning on each other, each a tiny landscape."""
    pen.shadow(170, p.ink)
    for x, turn in ((-38, -9), (34, 7)):
        at = pen.to(x, -4, turn=turn)
        at.rect(-56, -140, 112, 138, p.dark(p.cream, 0.1), radius=3)
        at.rect(-56, -141, 110, 136, p.cream, radius=3)
        sky, hill = rng.choice(((p.sky, p.leaf), (p.third, p.first), (p.second, p.ink), (p.horizon, p.second)))
        at.rect(-47, -132, 93, 94, sky)
        at.ellipse(rng.uniform(-24, 24), -102, 13, fill=p.light)
        at.polygon([(-47, -38), (-47, -66), (-20, -86), (6, -58), (24, -74), (46, -54), (46, -38)], hill)


def yarn(pen: Pen, p: Palette, rng: Random) -> None:
    """A ball of wool with two needles."""
    wool = rng.choice((*p.accents(), p.leaf))
    pen.shadow(130, p.ink)
    for x, tip in ((-14, -92), (22, 84)):
        pen.line([(x, -60), (tip, -196)], 6, p.wood)
        pen.ellipse(tip, -198, 8, fill=p.cream)
    pen.ellipse(0, -66, 68, fill=wool)
    pen.polygon(arc(0, -66, 68, 68, -60, 120) + arc(-22, -74, 68, 68, 110, -50), see_through(p.ink, 0.14))
    for n in range(5):
        pen.curve(
            [(-60 + n * 9, -40 - n * 14), (-10 + n * 8, -96 + n * 3), (52 - n * 3, -92 + n * 17)], 3.5, p.pale(wool)
        )
    for n in range(3):
        pen.curve([(-40 + n * 16, -16), (-20 + n * 18, -44), (30 + n * 9, -40 + n * 4)], 3.5, p.dark(wool, 0.22))
    pen.curve([(40, -10), (90, -2), (120, -8), (140, 0)], 4, wool)


def sweater(pen: Pen, p: Palette, rng: Random) -> None:
    """A jumper hung out flat, with a band of pattern."""
    wool, pattern = rng.sample((*p.accents(), p.cream), 2)
    pen.shadow(150, p.ink, 0.16)
    for side in (-1, 1):
        arm = [(side * 56, -198), (side * 104, -150), (side * 132, -44), (side * 96, -34), (side * 68, -120)]
        pen.polygon(arm, p.dark(wool, 0.1 if side < 0 else 0.22))
        pen.polygon([(side * 132, -44), (side * 130, -28), (side * 96, -18), (side * 96, -34)], p.dark(wool, 0.35))
    pen.polygon([(-72, -16), (-74, -150), (-58, -200), (58, -200), (74, -150), (72, -16)], wool)
    pen.polygon([(34, -16), (36, -150), (30, -200), (58, -200), (74, -150), (72, -16)], see_through(p.ink, 0.12))
    pen.rect(-72, -20, 144, 18, p.dark(wool, 0.3), radius=4)
    pen.polygon(arc(0, -202, 34, 20, 0, 180), p.dark(wool, 0.4))
    pen.rect(-73, -138, 147, 38, see_through(pattern, 0.9))
    for n in range(7):
        x = -63 + n * 21
        pen.polygon([(x, -134), (x + 9, -119), (x, -104), (x - 9, -119)], wool)


def beanie(pen: Pen, p: Palette, rng: Random) -> None:
    """A woolly hat with a bobble."""
    wool, band = rng.sample((*p.accents(), p.cream), 2)
    pen.shadow(140, p.ink)
    pen.ellipse(0, -146, 27, fill=band)
    pen.turned([(68, 20), (72, 50), (52, 112), (10, 136)], wool)
    for n in range(-2, 3):
        pen.curve([(n * 26, -40), (n * 24, -84), (n * 8, -132)], 4, see_through(p.ink, 0.14))
    pen.rect(-78, -46, 156, 46, band, radius=14)
    for n in range(11):
        pen.line([(-66 + n * 13.2, -39), (-66 + n * 13.2, -7)], 4, see_through(p.ink, 0.13))


CERAMICS = (
    Thing(vase, 140, 210),
    Thing(bowls, 160, 140),
    Thing(jug, 170, 180),
    Thing(plate, 180, 185),
    Thing(vase, 140, 210),
)
BOOKS = (Thing(book_row, 230, 200), Thing(book_pile, 210, 150), Thing(open_book, 260, 75))
CAMERAS = (Thing(camera, 220, 150), Thing(film, 150, 115), Thing(prints, 210, 150), Thing(camera, 220, 150))
KNITWEAR = (Thing(yarn, 190, 200), Thing(sweater, 260, 205), Thing(beanie, 160, 175), Thing(yarn, 190, 200))
