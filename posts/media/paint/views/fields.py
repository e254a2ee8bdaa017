"""Where things grow: tea, wheat, flowers, wool."""

from math import cos, sin
from random import Random

from posts.media.paint.canvas import Pen, mix, see_through
from posts.media.paint.landscape import house, tree
from posts.media.paint.palette import Palette
from posts.media.paint.things import food, growing
from posts.media.paint.views.ground import far, meadow


def tea_hills(pen: Pen, p: Palette, rng: Random) -> None:
    """Terraces of clipped bushes, a small pavilion on the crest."""
    far(pen, p, rng)
    house(pen.to(rng.uniform(240, 940), 540, 1.1), p, rng)
    for _ in range(3):
        tree(pen.to(rng.uniform(60, 1140), 556, rng.uniform(0.8, 1.2)), p, rng)
    for row in range(9):
        y, size = 560 + row * row * 5.4 + row * 7, 13 + row * 5.5
        green = mix(p.dark(p.leaf, 0.3 if p.night else 0.06), p.third, 0.04 + row % 2 * 0.13)
        phase = row * 0.9
        pen.polygon(
            [
                (-60, y + size),
                *((x, y + 26 * sin(x / 230 + phase)) for x in range(-60, 1300, 40)),
                (1300, 1300),
                (-60, 1300),
            ],
            p.dark(green, 0.28),
        )
        for n in range(-1, round(1300 / size)):
            x = n * size * 1.25 + row % 2 * size * 0.6
            pen.ellipse(x, y + 26 * sin(x / 230 + phase) + size * 0.35, size * 0.8, size * 0.7, fill=green)
    picker = pen.to(rng.uniform(300, 900), 760)
    picker.blob([(-34, 40), (-30, -40), (0, -62), (30, -40), (34, 40)], p.first)
    picker.ellipse(0, -76, 24, fill=(236, 188, 150))
    picker.polygon([(-58, -78), (0, -122), (58, -78), (0, -70)], p.third)
    picker.rect(22, -36, 42, 52, p.wood, radius=8)


def wheat_field(pen: Pen, p: Palette, rng: Random) -> None:
    """A windmill above ripe wheat, bread on a cloth in front."""
    far(pen, p, rng)
    meadow(pen, p, rng, 560)
    windmill(pen.to(rng.choice((260, 900)), 600, 1.25), p, rng)
    for _ in range(3):
        tree(pen.to(rng.uniform(420, 760), 600, rng.uniform(0.7, 1.0)), p, rng, kind="round")
    wheat = mix(p.third, p.wood, 0.12)
    pen.polygon([(-400, 640), (1600, 612), (1600, 1300), (-400, 1300)], p.dark(wheat, 0.14))
    for n in range(150):
        x, y = (n * 53) % 1240 - 20, 636 + n * 0.75
        _ear(pen.to(x, y + 60, 0.55 + n * 0.0035, rng.uniform(-9, 9)), p.pale(wheat, n % 3 * 0.14), p)
    pen.blob([(130, 880), (300, 794), (900, 794), (1080, 880), (900, 960), (300, 960)], p.cream)
    for x in range(250, 980, 66):
        pen.line([(x, 806), (x - 40, 930)], 10, see_through(p.first, 0.5))
    row = rng.sample(food.BAKERY, 3)
    for thing, x in zip(row, (330, 600, 870), strict=True):
        thing.draw(pen.to(x, 858, min(1.25, 230 / thing.height)), p, rng)


def _ear(pen: Pen, colour: tuple[int, int, int], p: Palette) -> None:
    pen.line([(0, 0), (0, -96)], 4, p.dark(colour, 0.18))
    pen.blob([(-9, -92), (-11, -120), (0, -154), (11, -120), (9, -92)], colour)
    pen.line([(0, -96), (0, -148)], 2.5, p.dark(colour, 0.28))


def windmill(pen: Pen, p: Palette, rng: Random) -> None:
    """A tower with four sails."""
    pen.vessel([(62, 0), (40, 190)], p.cream if not p.night else p.dark(p.second, 0.2), shade=p.ink, curved=False)
    pen.turned([(48, 186), (34, 226), (4, 240)], p.first)
    pen.rect(-16, -54, 32, 54, p.dark(p.wood, 0.3), radius=12)
    pen.rect(-12, -134, 24, 28, p.light if p.night else p.dark(p.second, 0.1), radius=4)
    start = rng.uniform(0, 90)
    for n in range(4):
        sail = pen.to(0, -204, 1, start + n * 90)
        sail.line([(0, 0), (0, -160)], 6, p.dark(p.wood, 0.3))
        sail.rect(2, -158, 34, 124, see_through(p.pale(p.wall, 0.7), 0.92))
        for k in range(5):
            sail.line([(2, -156 + k * 30), (36, -156 + k * 30)], 2, p.wood)
    pen.ellipse(0, -204, 11, fill=p.dark(p.wood, 0.4))


def flower_field(pen: Pen, p: Palette, rng: Random) -> None:
    """Stripes of flowers that run to the horizon."""
    far(pen, p, rng)
    windmill(pen.to(rng.choice((230, 960)), 566, 0.8), p, rng)
    for _ in range(4):
        tree(pen.to(rng.uniform(340, 860), 564, rng.uniform(0.5, 0.8)), p, rng)
    pen.rect(-400, 556, 2000, 800, p.dark(p.leaf, 0.12))
    colours = [*p.accents(), p.cream]
    rng.shuffle(colours)
    for n in range(-12, 12):
        left, right = 600 + n * 30, 600 + n * 30 + 21
        fan = 8.6
        pen.polygon(
            [(left, 558), (right, 558), (600 + (right - 600) * fan, 1000), (600 + (left - 600) * fan, 1000)],
            colours[n % 4],
        )
    for row in range(10):
        y, size = 575 + row * row * 3.1, 0.07 + row * 0.045
        grow = 1 + (y - 558) / 442 * 7.6
        for n in range(-12, 12):
            x = 600 + (n * 30 + 10.5) * grow
            if -40 < x < 1240:
                pen.ellipse(x, y, 62 * size, 30 * size, fill=p.pale(colours[n % 4], 0.3))
    for n in range(9):
        x = 50 + n * 140 + rng.uniform(-25, 25)
        top = 730 + abs(n - 4) * -16 + rng.uniform(-25, 25)
        pen.curve([(x, 930), (x + 8, (930 + top) / 2), (x, top)], 7, p.dark(p.leaf, 0.25))
        growing.frond(pen.to(x, 900, 1, rng.choice((-30, 30))), p.dark(p.leaf, 0.1), p, length=120, width=38)
        growing.bloom(pen.to(x, top, rng.uniform(1.4, 1.9)), colours[n % 4], p, rng)


def sheep_hills(pen: Pen, p: Palette, rng: Random) -> None:
    """Sheep on the hills, one of them in a scarf."""
    far(pen, p, rng)
    for n, y in enumerate((560, 650, 750)):
        meadow(pen, p, rng, y, shade=0.1 * n)
        for _ in range(3 - n):
            tree(pen.to(rng.uniform(40, 1160), y + 14, 0.8 + n * 0.2), p, rng)
        for k in range(4 - n):
            x = 140 + k * (1000 / (4 - n)) + rng.uniform(-60, 90)
            sheep(
                pen.to(x, y + 58 + rng.uniform(0, 20), 0.55 + n * 0.42, mirrored=rng.random() < 0.5),
                p,
                rng,
                scarf=n == 2,
            )
    for x in range(-40, 1300, 96):
        pen.rect(x, 852, 14, 90, p.wood, radius=4)
    for y in (868, 896):
        pen.rect(-60, y, 1400, 9, p.dark(p.wood, 0.12), radius=4)


def sheep(pen: Pen, p: Palette, rng: Random, *, scarf: bool) -> None:
    """One sheep, looking left."""
    wool = mix(p.cream, (255, 255, 255), 0.3)
    for x in (-46, -22, 30, 52):
        pen.rect(x, -46, 11, 48, p.ink, radius=4)
    pen.ellipse(0, -78, 84, 50, fill=p.dark(wool, 0.1))
    for n in range(11):
        pen.ellipse(78 * cos(n * 0.571), -82 + 44 * sin(n * 0.571), 25, fill=wool)
    pen.ellipse(0, -84, 76, 44, fill=wool)
    pen.blob([(-112, -66), (-128, -96), (-104, -122), (-72, -112), (-78, -72)], p.ink)
    pen.ellipse(-80, -122, 27, 19, fill=wool)
    pen.to(-66, -104, 1, 24).ellipse(8, 0, 20, 8, fill=p.ink)
    pen.ellipse(-106, -98, 5, fill=p.cream)
    if scarf:
        colour = rng.choice(p.accents())
        pen.to(-76, -66, 1, -28).rect(-26, -12, 56, 22, colour, radius=10)
        pen.to(-58, -56, 1, 8).rect(-12, 0, 22, 54, p.dark(colour, 0.12), radius=4)
