"""Plants in pots, cut flowers, and the leaves that other scenes borrow."""

from math import cos, radians, sin
from random import Random

from posts.media.paint.canvas import Colour, Pen, mix, see_through
from posts.media.paint.palette import Palette
from posts.media.paint.things.thing import Thing


def frond(pen: Pen, colour: Colour, p: Palette, *, length: float = 150, width: float = 40) -> None:
    """One long leaf, pointing up, its right half in the shade."""
    half, tip = width / 2, -length
    pen.blob(
        [
            (0, 0),
            (half, tip * 0.35),
            (half * 0.7, tip * 0.75),
            (0, tip),
            (-half * 0.7, tip * 0.75),
            (-half, tip * 0.35),
        ],
        colour,
    )
    pen.polygon([(0, 0), (half * 0.8, tip * 0.3), (half * 0.75, tip * 0.65), (0, tip)], see_through(p.ink, 0.13))
    pen.line([(0, 0), (0, tip * 0.86)], max(1.5, width * 0.05), p.pale(colour, 0.4))


def sprig(pen: Pen, colour: Colour, p: Palette, *, pairs: int = 5, length: float = 170) -> None:
    """A stem with pairs of small leaves, bending a little."""
    pen.curve([(0, 0), (4, -length * 0.5), (0, -length)], 4, p.dark(colour, 0.2))
    for n in range(pairs):
        y = -length * (0.22 + 0.72 * n / pairs)
        size = 1 - n * 0.09
        for side in (-1, 1):
            frond(pen.to(2, y, size, side * (58 - n * 5)), colour, p, length=52, width=24)
    frond(pen.to(0, -length + 6, 0.8), colour, p, length=52, width=24)


def pot(pen: Pen, p: Palette, rng: Random, *, size: float = 1) -> None:
    """A flower pot 80 units high, its rim at the top."""
    at, clay = pen.to(0, 0, size), rng.choice((p.first, p.cream, p.second, mix(p.first, p.wood, 0.5)))
    at.shadow(110, p.ink)
    at.vessel([(38, 0), (52, 74)], clay, shade=p.ink, curved=False)
    if rng.random() < 0.5:
        mark = p.third if clay != p.third else p.cream
        for n in range(-2, 3):
            at.polygon([(n * 17 - 8, -22), (n * 17, -40), (n * 17 + 8, -22)], see_through(mark, 0.85))
    at.rect(-58, -84, 116, 20, p.dark(clay, 0.14), radius=5)


def monstera(pen: Pen, p: Palette, rng: Random) -> None:
    """Big split leaves on long stems."""
    for turn, length, size in ((-52, 128, 0.85), (48, 120, 0.8), (-20, 165, 1.0), (24, 178, 0.95)):
        lean = turn + rng.uniform(-6, 6)
        green = p.pale(p.leaf, rng.uniform(0, 0.18))
        tip_x, tip_y = sin(radians(lean)) * length, -70 - cos(radians(lean)) * length * 0.8
        pen.curve([(0, -70), (tip_x * 0.4, tip_y * 0.55 - 30), (tip_x, tip_y)], 5, p.dark(p.leaf, 0.25))
        at = pen.to(tip_x, tip_y, size, lean * 1.25)
        at.blob([(0, 18), (46, 26), (58, -22), (30, -70), (0, -92), (-30, -70), (-58, -22), (-46, 26)], green)
        at.polygon([(0, 14), (48, 18), (54, -24), (28, -66), (0, -90)], see_through(p.ink, 0.12))
        at.line([(0, 10), (0, -80)], 3, p.pale(green, 0.4))
        for side in (-1, 1):
            for y in (-4, -34):
                at.line([(0, y + 12), (side * 38, y - 10)], 2.5, p.pale(green, 0.4))
                at.polygon([(side * 55, y - 13), (side * 24, y - 9), (side * 55, y - 3)], p.dark(green, 0.4))
    pot(pen, p, rng)


def snake_plant(pen: Pen, p: Palette, rng: Random) -> None:
    """Upright swords with pale edges."""
    for n, turn in enumerate((-24, 20, -11, 10, -1)):
        length, at = 118 + n * 18 + rng.uniform(-10, 10), pen.to((n % 3 - 1) * 14, -72, turn=turn)
        at.ribbon([(0, 0), (-3, -length * 0.5), (0, -length)], [24, 36, 2], p.pale(p.third, 0.1))
        at.ribbon(
            [(0, 0), (-3, -length * 0.5), (0, -length + 8)], [15, 25, 1], p.leaf if n % 2 else p.dark(p.leaf, 0.18)
        )
    pot(pen, p, rng)


def cactus(pen: Pen, p: Palette, rng: Random) -> None:
    """A column with arms and a flower."""
    green = p.leaf
    pen.rect(-84, -176, 30, 74, p.dark(green, 0.12), radius=15)
    pen.rect(-84, -124, 70, 28, p.dark(green, 0.12), radius=14)
    pen.rect(52, -206, 30, 84, p.dark(green, 0.12), radius=15)
    pen.rect(14, -146, 66, 28, p.dark(green, 0.12), radius=14)
    pen.rect(-36, -236, 72, 180, green, radius=36)
    pen.rect(8, -230, 26, 170, see_through(p.ink, 0.12), radius=18)
    for x in (-18, 0, 18):
        for y in range(-214, -86, 24):
            pen.line([(x - 3, y), (x + 3, y - 5)], 2, p.cream)
    for turn in (-50, 0, 50):
        frond(pen.to(0, -232, 1, turn), p.first, p, length=32, width=20)
    pot(pen, p, rng)


def trailing(pen: Pen, p: Palette, rng: Random) -> None:
    """A bushy plant whose leaves fall over the rim."""
    for n in range(22):
        turn = -112 + n * 10.6 + rng.uniform(-5, 5)
        frond(pen.to(0, -78, 1, turn), p.pale(p.leaf, rng.uniform(0, 0.35)), p, length=rng.uniform(62, 108), width=27)
    pot(pen, p, rng)


def watering_can(pen: Pen, p: Palette, rng: Random) -> None:
    """A can with a long spout."""
    tin = rng.choice((p.second, p.third, p.first))
    pen.shadow(160, p.ink)
    pen.ribbon([(44, -30), (96, -70), (134, -134)], [26, 15, 13], p.dark(tin, 0.2))
    pen.to(136, -136, turn=42).rect(-22, -14, 44, 16, p.dark(tin, 0.35), radius=5)
    pen.curve([(-52, -104), (-116, -110), (-108, -34), (-58, -22)], 10, p.dark(tin, 0.3))
    pen.curve([(-46, -116), (-20, -168), (30, -166), (48, -116)], 9, p.dark(tin, 0.3))
    pen.vessel([(64, 0), (56, 118)], tin, shade=p.ink, curved=False)
    pen.ellipse(0, -118, 56, 10, fill=p.dark(tin, 0.4))
    for height in (26, 34):
        pen.turned([(63.5 - height * 0.06, height), (63 - height * 0.06, height + 4)], p.pale(tin, 0.5), curved=False)


def bloom(pen: Pen, colour: Colour, p: Palette, rng: Random) -> None:
    """One flower about 70 units wide, of one of four kinds, around the origin."""
    kind = rng.randrange(4)
    if kind == 0:  # daisy
        for n in range(12):
            frond(pen.to(0, 0, 1, n * 30), p.pale(colour, 0.55), p, length=37, width=15)
        pen.ellipse(0, 0, 13, fill=p.third)
    elif kind == 1:  # tulip
        pen.blob([(-26, -18), (0, 24), (26, -18), (22, -44), (0, -30), (-22, -44)], p.dark(colour, 0.12))
        pen.blob([(-15, -8), (0, 24), (15, -8), (0, -48)], colour)
    elif kind == 2:  # peony
        for radius, shade in ((36, 0.14), (29, 0.0), (21, 0.2), (12, 0.4)):
            for n in range(8):
                angle = radians(n * 45 + radius * 3)
                fill = p.dark(colour, shade) if radius == 36 else p.pale(colour, shade)
                pen.ellipse(cos(angle) * radius * 0.55, sin(angle) * radius * 0.55, radius * 0.5, fill=fill)
    else:  # poppy
        for turn in range(0, 360, 72):
            pen.to(0, 0, 1, turn).ellipse(0, -19, 20, 19, fill=p.dark(colour, 0.1 * (turn // 72 % 2)))
        pen.ellipse(0, 0, 11, fill=p.ink)
        pen.ellipse(0, 0, 5, fill=p.third)


def bouquet(pen: Pen, p: Palette, rng: Random) -> None:
    """Many flowers in a vase."""
    stems = [(-84, -196), (84, -190), (-44, -236), (46, -240), (0, -262), (-62, -156), (64, -152), (0, -198)]
    for n in range(9):
        frond(pen.to(0, -120, 1, -88 + n * 22), p.pale(p.leaf, rng.uniform(0, 0.3)), p, length=120, width=32)
    for x, y in stems:
        pen.curve([(0, -96), (x * 0.5, (y - 96) / 2), (x, y)], 4, p.dark(p.leaf, 0.2))
    colours = [*p.accents(), p.cream]
    for x, y in stems:
        bloom(pen.to(x, y, rng.uniform(0.85, 1.15), rng.uniform(-15, 15)), rng.choice(colours), p, rng)
    pen.shadow(120, p.ink)
    glass = rng.choice((p.pale(p.second, 0.3), p.cream, p.third))
    pen.vessel([(40, 0), (56, 30), (54, 70), (34, 108), (40, 126)], glass, shade=p.ink)


def stem_in_bottle(pen: Pen, p: Palette, rng: Random) -> None:
    """One flower in a small bottle."""
    lean = rng.uniform(-22, 22)
    pen.curve([(0, -60), (lean * 0.3, -130), (lean, -196)], 4, p.dark(p.leaf, 0.15))
    frond(pen.to(lean * 0.2, -120, 1, 48), p.leaf, p, length=66, width=26)
    bloom(pen.to(lean, -202, 1.15, lean * 0.6), rng.choice(p.accents()), p, rng)
    pen.shadow(70, p.ink)
    pen.vessel([(32, 0), (36, 18), (32, 52), (12, 78), (13, 104)], mix(p.second, p.cream, 0.35), shade=p.ink)


def bucket(pen: Pen, p: Palette, rng: Random) -> None:
    """A zinc bucket full of one kind of flower."""
    colour, state = rng.choice(p.accents()), rng.getstate()
    for n in range(11):
        frond(pen.to(0, -90, 1, -70 + n * 14), p.leaf, p, length=100, width=24)
    for row, count in enumerate((5, 4, 3)):
        for n in range(count):
            x, y = (n - (count - 1) / 2) * 42, -142 - row * 38
            pen.curve([(x * 0.4, -90), (x, y)], 3, p.dark(p.leaf, 0.2))
            rng.setstate(state)
            bloom(pen.to(x, y, 0.9), p.pale(colour, 0.12 * ((n + row) % 3)), p, rng)
    zinc = mix(p.cream, p.ink, 0.25)
    pen.shadow(140, p.ink)
    pen.vessel([(50, 0), (70, 108)], zinc, shade=p.ink, curved=False)
    for height in (28, 84):
        pen.turned([(50 + height * 0.185, height), (51 + height * 0.185, height + 5)], p.dark(zinc, 0.3), curved=False)
    pen.rect(-74, -114, 148, 10, p.dark(zinc, 0.2), radius=5)


PLANTS = (
    Thing(monstera, 220, 290),
    Thing(snake_plant, 150, 260),
    Thing(cactus, 180, 250),
    Thing(trailing, 210, 180),
    Thing(watering_can, 270, 170),
)
FLOWERS = (Thing(bouquet, 260, 300), Thing(stem_in_bottle, 110, 240), Thing(bucket, 210, 270))
