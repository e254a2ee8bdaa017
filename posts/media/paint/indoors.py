"""Rooms for the goods: a table by the window, shelves on a wall."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from posts.media.paint.canvas import Pen, mix, see_through
from posts.media.paint.landscape import scenery
from posts.media.paint.palette import Palette
from posts.media.paint.things.growing import frond, trailing
from posts.media.paint.things.thing import Thing


def table(pen: Pen, p: Palette, rng: Random, things: Sequence[Thing]) -> None:
    """A still life on a table, a window behind it."""
    pen.gradient(0, 0, 1200, 600, p.pale(p.wall, 0.35), p.dark(p.wall, 0.05))
    window_left = rng.random() < 0.5
    x = rng.uniform(90, 150) if window_left else rng.uniform(620, 690)
    window(pen, p, rng, (x, 70, rng.uniform(400, 470), 430))
    _company(pen.to(900 if window_left else 300, 0), p, rng)
    pen.gradient(0, 600, 1200, 300, p.pale(p.wood, 0.12), p.dark(p.wood, 0.22))
    pen.rect(0, 596, 1200, 8, p.pale(p.wood, 0.4))
    for y in (668, 752, 850):
        pen.rect(0, y, 1200, 2.5, see_through(p.ink, 0.12))
    if rng.random() < 0.55:
        _cloth(pen, p, rng)
    if not p.night:
        shift = -1 if window_left else 1
        left, right = (x + 60, x + 330)
        pen.polygon(
            [(left, 604), (right, 604), (right - shift * 230, 1200), (left - shift * 230, 1200)],
            see_through(p.light, 0.17),
        )
    arrange(pen, p, rng, things)
    if rng.random() < 0.5:
        _foreground(pen, p, rng)


def arrange(pen: Pen, p: Palette, rng: Random, things: Sequence[Thing]) -> None:
    """One big thing and its company, side by side, the nearer drawn over the farther."""
    kinds = rng.sample(things, len(things))
    hero, others = kinds[0], [*kinds[1:], *kinds, *kinds[1:]][:4]
    size = min(1.9, 400 / hero.height, 620 / hero.width)
    row = [(thing, min(1.25, 260 / thing.height, 250 / thing.width) * rng.uniform(0.92, 1.05)) for thing in others]
    row.insert(rng.choice((1, 2, 2, 3)), (hero, size))
    while sum(thing.width * scale for thing, scale in row) > 1150:
        row.remove(min((item for item in row if item[0] is not hero), key=lambda item: item[1], default=row[0]))
    gap = max(-10.0, min(60.0, (1080 - sum(thing.width * scale for thing, scale in row)) / len(row)))
    at = (1200 - sum(thing.width * scale + gap for thing, scale in row) + gap) / 2
    placed = []
    for thing, scale in row:
        depth = 745 if scale == size else rng.choice((668, 690, 790, 815))
        placed.append((depth, at + thing.width * scale / 2, thing, scale))
        at += thing.width * scale + gap
    for depth, x, thing, scale in sorted(placed, key=lambda place: place[0]):
        thing.draw(pen.to(x, depth, scale), p, rng)


def window(pen: Pen, p: Palette, rng: Random, box: tuple[float, float, float, float]) -> None:
    """A window with a view, its frame, a sill, and sometimes curtains."""
    x, y, width, height = box
    frame = p.cream if not p.night else p.dark(p.wood, 0.15)
    pen.rect(x - 20, y - 20, width + 40, height + 40, p.dark(frame, 0.15), radius=6)
    scenery(pen, p, rng, box)
    # Views end where the window does: what they drew beyond it is covered by the frame and the wall's own colour.
    pen.rect(x - 20, y - 20, 22, height + 40, frame)
    pen.rect(x + width - 2, y - 20, 22, height + 40, frame)
    pen.rect(x - 20, y - 20, width + 40, 22, frame)
    pen.rect(x + width / 2 - 6, y, 12, height, frame)
    pen.rect(x, y + height * 0.42, width, 10, frame)
    pen.rect(x - 40, y + height - 2, width + 80, 26, frame, radius=4)
    pen.rect(x - 40, y + height + 16, width + 80, 9, p.dark(frame, 0.2), radius=4)
    if rng.random() < 0.5:
        cloth = rng.choice(p.accents())
        for side in (-1, 1):
            edge = x - 46 if side < 0 else x + width + 46
            inner = edge - side * 118
            pen.polygon(
                [
                    (edge, y - 40),
                    (inner, y - 40),
                    (edge - side * 82, y + height * 0.5),
                    (edge - side * 30, y + height * 0.86),
                    (edge, y + height * 0.86),
                ],
                see_through(cloth, 0.92),
            )
            for n in range(3):
                pen.line(
                    [(edge - side * (24 + n * 30), y - 36), (edge - side * (14 + n * 14), y + height * 0.8)],
                    3,
                    see_through(p.ink, 0.14),
                )
        pen.rect(x - 62, y - 50, width + 124, 12, p.dark(p.wood, 0.2), radius=6)


def _company(pen: Pen, p: Palette, rng: Random) -> None:
    """What hangs on the wall beside the window."""
    match rng.randrange(4):
        case 0:
            lamp(pen.to(0, -300), p, rng.choice(p.accents()), drop=rng.uniform(520, 570))
        case 1:
            for x, y, width, height in ((-150, 110, 150, 190), (24, 160, 130, 130)):
                _picture(pen.to(x, y), p, rng, width, height)
        case 2:
            pen.rect(-200, 330, 400, 16, p.wood, radius=4)
            pen.rect(-200, 346, 400, 8, see_through(p.ink, 0.14))
            for x in (-130, 0, 120):
                rng.choice((_small_jar, _small_books, _small_plant))(pen.to(x, 330), p, rng)
        case _:
            bunting(pen, p, -320, 320, 120)


def lamp(pen: Pen, p: Palette, shade: tuple[int, int, int], *, drop: float) -> None:
    """A pendant lamp on a cord this long."""
    pen.line([(0, 0), (0, drop - 60)], 4, p.ink)
    pen.glow(0, drop + 20, 210, p.light, 0.75 if p.night else 0.4)
    pen.ellipse(0, drop + 4, 22, fill=p.light)
    pen.turned([(96, -drop), (86, -drop + 34), (34, -drop + 72), (12, -drop + 84)], shade)
    pen.turned([(96, -drop), (86, -drop + 34), (34, -drop + 72)], see_through(p.ink, 0.16), start=0.35)
    pen.rect(-98, drop - 4, 196, 8, p.dark(shade, 0.25), radius=4)


def bunting(pen: Pen, p: Palette, left: float, right: float, y: float) -> None:
    """Little flags on a sagging string."""
    count = max(5, round((right - left) / 75))
    spots = [(left + (right - left) * n / count, y + 70 * (1 - (2 * n / count - 1) ** 2)) for n in range(count + 1)]
    pen.curve(spots, 3, p.ink)
    colours = (*p.accents(), p.cream)
    for n, ((x0, y0), (x1, y1)) in enumerate(pairwise(spots)):
        pen.polygon([(x0 + 8, y0), (x1 - 8, y1), ((x0 + x1) / 2, (y0 + y1) / 2 + 58)], colours[n % 4])


def _picture(pen: Pen, p: Palette, rng: Random, width: float, height: float) -> None:
    pen.rect(5, 8, width, height, see_through(p.ink, 0.15))
    pen.rect(0, 0, width, height, p.wood)
    pen.rect(10, 10, width - 20, height - 20, p.cream)
    if rng.random() < 0.5:
        pen.ellipse(width / 2, height * 0.42, width * 0.22, fill=p.first)
        pen.polygon(
            [
                (20, height - 20),
                (width * 0.42, height * 0.5),
                (width * 0.62, height * 0.7),
                (width * 0.76, height * 0.56),
                (width - 20, height - 20),
            ],
            p.second,
        )
    else:
        for turn in (-27, 27, 0):
            frond(pen.to(width / 2, height - 26, 0.8, turn), p.leaf, p, length=height * 0.72, width=34)


def _small_jar(pen: Pen, p: Palette, rng: Random) -> None:
    pen.vessel([(28, 0), (36, 30), (30, 62), (20, 74)], rng.choice(p.accents()), shade=p.ink)


def _small_books(pen: Pen, p: Palette, rng: Random) -> None:
    for n, colour in enumerate(p.accents()):
        pen.rect(-36 + n * 25, -70 - n % 2 * 18, 23, 70 + n % 2 * 18, colour, radius=3)


def _small_plant(pen: Pen, p: Palette, rng: Random) -> None:
    trailing(pen.to(0, 0, 0.62), p, rng)


def _cloth(pen: Pen, p: Palette, rng: Random) -> None:
    """A runner across the table, striped or checked."""
    colour = rng.choice((p.cream, p.pale(p.first, 0.3), p.pale(p.second, 0.3)))
    line = p.first if colour == p.cream else p.cream
    left, right = rng.uniform(60, 140), rng.uniform(1060, 1140)
    pen.polygon([(left + 60, 640), (right - 60, 640), (right + 60, 1200), (left - 60, 1200)], see_through(colour, 0.94))
    if rng.random() < 0.5:
        for n in range(1, 12):
            t = n / 12
            pen.line(
                [(left + 60 + (right - left - 120) * t, 640), (left - 60 + (right - left + 120) * t, 1200)],
                7,
                see_through(line, 0.35),
            )
    for y in (662, 676, 720, 790, 880, 990):
        pen.polygon([(left + 50, y), (right - 50, y), (right - 50, y + 6), (left + 50, y + 6)], see_through(line, 0.35))


def _foreground(pen: Pen, p: Palette, rng: Random) -> None:
    """Leaves close to the eye, in a corner."""
    side, green = rng.choice((-1, 1)), p.dark(p.leaf, 0.45)
    foot = pen.to(-30 if side < 0 else 1230, 960)
    for n in range(4):
        frond(foot.to(0, 0, 1, -side * (12 + n * 21)), mix(green, p.leaf, n * 0.16), p, length=300 - n * 26, width=78)


def shelves(pen: Pen, p: Palette, rng: Random, things: Sequence[Thing]) -> None:
    """Goods in rows on a boarded wall."""
    wall = rng.choice((p.wall, p.pale(p.second, 0.45), p.pale(p.first, 0.6))) if not p.night else p.wall
    pen.gradient(0, 0, 1200, 900, p.pale(wall, 0.25), p.dark(wall, 0.1))
    for x in range(10, 1200, 62):
        pen.rect(x, 0, 2.5, 900, see_through(p.ink, 0.07))
    for n, y in ((2, 838), (1, 572), (0, 312)):  # from below, so that steam stays behind the shelf above it
        pen.rect(40, y + 18, 1120, 26, see_through(p.ink, 0.13))
        for x in (170, 1030):
            pen.polygon([(x - 9, y + 8), (x + 9, y + 8), (x + 9, y + 70), (x - 4, y + 62)], p.dark(p.wood, 0.35))
        _stock(pen, p, rng, things, y, tall=225 if n else 205)
        pen.rect(30, y, 1140, 20, p.pale(p.wood, 0.15), radius=4)
        pen.rect(30, y + 12, 1140, 8, p.dark(p.wood, 0.2), radius=4)
    if rng.random() < 0.5:
        bunting(pen, p, -60, 1260, -26)
    else:
        for x in (290, 910):
            lamp(pen.to(x, -300), p, rng.choice(p.accents()), drop=372)


def _stock(pen: Pen, p: Palette, rng: Random, things: Sequence[Thing], y: float, *, tall: float) -> None:
    """One shelf, filled from left to right; a plant now and then so that it does not look like a warehouse."""
    row: list[tuple[Thing, float]] = []
    used, plant = 0.0, Thing(trailing, 210, 180)
    while used < 960:
        thing = plant if rng.random() < 0.1 else rng.choice(things)
        if row and thing is row[-1][0] and rng.random() < 0.6:
            continue
        size = min(1.15, tall / thing.height, 300 / thing.width) * rng.uniform(0.9, 1)
        row.append((thing, size))
        used += thing.width * size + 22
    line_up(pen.to(600, y + 2), p, rng, row, room=1060, gap=22)


def line_up(pen: Pen, p: Palette, rng: Random, row: Sequence[tuple[Thing, float]], *, room: float, gap: float) -> None:
    """Things side by side, each at its scale, centred on the origin, smaller where the room is short."""
    needed = sum(thing.width * size + gap for thing, size in row) - gap
    fit = min(1.0, room / needed)
    x = -needed * fit / 2
    for thing, size in row:
        thing.draw(pen.to(x + thing.width * size * fit / 2, 0, size * fit), p, rng)
        x += (thing.width * size + gap) * fit
