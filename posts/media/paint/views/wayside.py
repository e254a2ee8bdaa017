"""Where one lingers: under a tree, on the road, by a lake, in the harbour."""

from math import cos, pi, sin
from random import Random

from posts.media.paint.canvas import Pen, mix, see_through
from posts.media.paint.landscape import house, mountains, ridge, sky, tree
from posts.media.paint.palette import Palette
from posts.media.paint.things import food, goods, growing, wheels
from posts.media.paint.views.ground import far, meadow


def reading_tree(pen: Pen, p: Palette, rng: Random) -> None:
    """A great tree on a hill with a bench, books, and lanterns in its branches."""
    far(pen, p, rng)
    meadow(pen, p, rng, 600)
    for n in range(4):
        house(pen.to(rng.uniform(20, 380) if n % 2 else rng.uniform(900, 1180), 606, 0.8), p, rng)
    meadow(pen, p, rng, 700, shade=0.2)
    x = rng.choice((400, 780))
    trunk = pen.to(x, 760)
    trunk.ribbon([(0, 20), (-8, -160), (10, -360)], [92, 46, 20], p.dark(p.wood, 0.25))
    trunk.ribbon([(0, -190), (-80, -280), (-140, -330)], [30, 20, 8], p.dark(p.wood, 0.25))
    trunk.ribbon([(0, -170), (90, -260), (150, -300)], [30, 20, 8], p.dark(p.wood, 0.25))
    for dx, dy, radius in ((-180, -340, 130), (170, -330, 135), (-80, -440, 140), (90, -450, 140), (0, -350, 150)):
        trunk.ellipse(dx, dy, radius, radius * 0.86, fill=mix(p.leaf, p.second, 0.2))
        trunk.ellipse(dx - 20, dy - 24, radius * 0.76, radius * 0.62, fill=p.pale(p.leaf, 0.1))
    for _ in range(26):
        angle, reach = rng.uniform(0, 2 * pi), rng.uniform(0, 1) ** 0.5
        growing.frond(
            trunk.to(cos(angle) * 230 * reach, -390 + sin(angle) * 130 * reach, 0.5, rng.uniform(-60, 60)),
            p.pale(p.leaf, 0.3),
            p,
            length=50,
            width=26,
        )
    for dx in (-170, 60, 190):
        trunk.line([(dx, -290), (dx, -214)], 2.5, p.ink)
        trunk.glow(dx, -196, 70, p.light, 0.7 if p.night else 0.3)
        trunk.ellipse(dx, -196, 18, 24, fill=p.light)
    bench = pen.to(1200 - x, 800)
    for dx in (-120, 104):
        bench.rect(dx, -70, 16, 70, p.dark(p.wood, 0.4))
    bench.rect(-150, -82, 300, 18, p.wood, radius=5)
    goods.book_pile(bench.to(-70, -82, 0.66), p, rng)
    goods.open_book(bench.to(66, -84, 0.5), p, rng)
    goods.book_row(pen.to(x + 10, 800, 0.72), p, rng)


def country_road(pen: Pen, p: Palette, rng: Random) -> None:
    """A road that winds to the hills, a bicycle leaning at its side."""
    far(pen, p, rng)
    meadow(pen, p, rng, 570)
    for n in range(7):
        tree(pen.to(60 + n * 180 + rng.uniform(-40, 40), 590 + n % 3 * 10, rng.uniform(0.7, 1.2)), p, rng)
    house(pen.to(rng.choice((180, 1020)), 612, 0.9), p, rng)
    sign = rng.choice((-1, 1))
    road = [(600 - sign * 60, 560), (600 + sign * 90, 610), (600 - sign * 110, 690), (600 + sign * 30, 800), (600, 960)]
    pen.ribbon(road, [10, 40, 90, 190, 420], p.pale(p.wood, 0.62) if not p.night else p.pale(p.wood, 0.15))
    for _ in range(46):
        x, y = rng.uniform(0, 1200), rng.uniform(640, 900)
        if abs(x - 600) > 260:
            size = (y - 560) / 600
            pen.line([(x, y), (x, y - 40 * size)], 2, p.dark(p.leaf, 0.25))
            pen.ellipse(x, y - 44 * size, 13 * size, fill=rng.choice((p.cream, p.first, p.third)))
    wheels.bicycle(pen.to(600, 850, 1.75, mirrored=rng.random() < 0.5), p, rng)


def lake(pen: Pen, p: Palette, rng: Random) -> None:
    """Mountains and their mirror image, a camera on a tripod."""
    sky(pen, p, rng, 0, 0, 1200, 562)
    mountains(pen, p, rng, (-100, 1400, 560), layers=3)
    for n in range(11):
        tree(pen.to(20 + n * 116 + rng.uniform(-20, 20), 566, rng.uniform(0.5, 0.95)), p, rng, kind="pointed")
    pen.reflect(560, 250)
    pen.rect(-400, 560, 2000, 700, see_through(mix(p.second, p.sky, 0.5), 0.42))
    for _ in range(26):
        x, y = rng.uniform(0, 1200), rng.uniform(580, 800)
        pen.line([(x, y), (x + rng.uniform(40, 150), y)], 3, see_through(p.cream, 0.3))
    meadow(pen, p, rng, 800, shade=0.2)
    stand = pen.to(rng.choice((350, 840)), 850, 1.12)
    for x in (-110, 0, 110):
        stand.line([(0, -300), (x, 10)], 11, p.dark(p.wood, 0.4))
    stand.rect(-28, -318, 56, 26, p.ink, radius=5)
    goods.camera(stand.to(0, -316, 1.05), p, rng)
    for _ in range(9):
        x = rng.uniform(0, 1200)
        growing.frond(
            pen.to(x, 920, 1, rng.uniform(-26, 26)), p.dark(p.leaf, 0.3), p, length=rng.uniform(70, 130), width=18
        )


def harbour(pen: Pen, p: Palette, rng: Random) -> None:
    """Boats, a lighthouse, the morning's catch on the quay."""
    sky(pen, p, rng, 0, 0, 1200, 524)
    ridge(pen, mix(p.horizon, p.second, 0.35), rng, (-100, 1400, 520), 130, peaks=2)
    sea = mix(p.second, p.sky, 0.35)
    pen.gradient(0, 520, 1200, 380, p.pale(sea, 0.3), p.dark(sea, 0.2))
    for _ in range(40):
        x, y = rng.uniform(-20, 1200), rng.uniform(536, 740)
        pen.line([(x, y), (x + rng.uniform(30, 100), y)], 3, see_through(p.cream, 0.35))
    side = rng.choice((160, 1040))
    _lighthouse(pen.to(side, 560), p)
    for n, x in enumerate((1200 - side, 600, 760 if side < 600 else 420)):
        _boat(
            pen.to(x + rng.uniform(-40, 40), 610 + n * 34, 0.8 + n * 0.2, mirrored=rng.random() < 0.5),
            p,
            p.accents()[n],
        )
    pen.gradient(0, 764, 1200, 136, p.pale(p.wood, 0.12), p.dark(p.wood, 0.25))
    for x in range(-390, 1600, 110):
        pen.line([(x, 768), (x - 50, 960)], 3, see_through(p.ink, 0.15))
    for thing, x in ((food.FISH[0], 260), (food.FISH[2], 590), (food.FISH[0], 930)):
        thing.draw(pen.to(x + rng.uniform(-30, 30), 850, 1.05), p, rng)
    for _ in range(3):
        x, y = rng.uniform(200, 1000), rng.uniform(120, 330)
        pen.curve([(x - 34, y - 12), (x - 14, y - 18), (x, y), (x + 14, y - 18), (x + 34, y - 12)], 5, p.cream)


def _lighthouse(pen: Pen, p: Palette) -> None:
    pen.blob([(-120, 10), (-90, -30), (0, -44), (96, -26), (130, 10)], p.dark(p.wood, 0.35))
    pen.vessel([(48, 30), (30, 290)], p.cream, shade=p.ink, curved=False)
    for low in (70, 170):
        pen.turned([(48 - (low - 30) * 0.07, low), (44.6 - (low - 30) * 0.07, low + 50)], p.first, curved=False)
    pen.glow(0, -318, 150 if p.night else 80, p.light, 0.8 if p.night else 0.4)
    pen.rect(-22, -336, 44, 46, p.light)
    pen.rect(-40, -296, 80, 10, p.ink, radius=4)
    pen.polygon([(-30, -334), (0, -372), (30, -334)], p.first)


def _boat(pen: Pen, p: Palette, colour: tuple[int, int, int]) -> None:
    pen.ellipse(0, 4, 110, 10, fill=see_through(p.ink, 0.15))
    pen.line([(0, -30), (0, -210)], 6, p.dark(p.wood, 0.35))
    pen.polygon([(8, -204), (8, -56), (96, -56)], p.cream)
    pen.polygon([(-8, -180), (-8, -56), (-70, -56)], colour if colour != p.second else p.third)
    pen.polygon([(-104, -40), (110, -40), (74, 4), (-74, 4)], colour)
    pen.rect(-104, -46, 214, 12, p.cream, radius=4)
