"""Where people work and meet: a kiln village, a glasshouse, a cafe."""

from random import Random

from posts.media.paint.canvas import Pen, arc, mix, see_through
from posts.media.paint.indoors import bunting
from posts.media.paint.landscape import house, tree
from posts.media.paint.palette import Palette
from posts.media.paint.things import drinks, goods, growing
from posts.media.paint.things.thing import steam
from posts.media.paint.views.ground import far, meadow


def kiln_village(pen: Pen, p: Palette, rng: Random) -> None:
    """Houses with smoking kilns, pots to dry on a plank."""
    far(pen, p, rng)
    meadow(pen, p, rng, 560)
    for x in (130, 420, 760, 1060):
        house(pen.to(x + rng.uniform(-30, 30), 640, rng.uniform(1.0, 1.4)), p, rng)
    kiln = pen.to(rng.uniform(560, 640), 660)
    kiln.blob([(-96, 0), (-86, -80), (0, -122), (86, -80), (96, 0)], p.dark(p.first, 0.12))
    kiln.rect(-18, -210, 36, 110, p.dark(p.first, 0.25))
    kiln.polygon(arc(0, 0, 32, 52, 180, 360), p.light)
    steam(kiln.to(0, -214, 1.8), p, rng)
    pen.gradient(0, 728, 1200, 172, p.wood, p.dark(p.wood, 0.3))
    pen.rect(0, 728, 1200, 10, p.pale(p.wood, 0.35))
    for n in range(6):
        thing = rng.choice(goods.CERAMICS)
        thing.draw(pen.to(110 + n * 196, 810 + n % 2 * 22, min(1.05, 200 / thing.height)), p, rng)


def glasshouse(pen: Pen, p: Palette, rng: Random) -> None:
    """Iron and glass, full of green."""
    far(pen, p, rng)
    meadow(pen, p, rng, 620)
    iron, glass = p.cream if not p.night else p.pale(p.second, 0.3), mix(p.sky, p.cream, 0.5 if not p.night else 0.15)
    roof = [(110, 340), (600, 130), (1090, 340)]
    pen.polygon([*roof, (1090, 780), (110, 780)], see_through(glass, 0.82))
    if p.night:
        pen.glow(600, 560, 430, p.light, 0.5)
    for n in range(13):
        size = rng.uniform(0.9, 1.25)
        thing = rng.choice(growing.PLANTS[:4])
        thing.draw(pen.to(214 + n % 7 * 126 + n // 7 * 66, 668 + n // 7 * 104, size), p, rng)
    for n in range(8):
        x = 110 + n * 140
        pen.line([(x, 780), (x, 340), (600 + (x - 600) * 0.2, 172)], 6, iron)
    for y, inset in ((340, 0), (236, 245), (560, 0)):
        pen.line([(110 + inset, y), (1090 - inset, y)], 5, iron)
    pen.line([*roof], 12, iron)
    for x in (110, 1090):
        pen.line([(x, 330), (x, 790)], 12, iron)
    pen.rect(80, 772, 1040, 26, p.dark(p.wood, 0.2), radius=6)
    pen.polygon([(240, 345), (330, 345), (200, 770), (130, 770), (130, 640)], (255, 255, 255, 34))
    pen.polygon([(860, 345), (900, 345), (780, 770), (740, 770)], (255, 255, 255, 30))
    growing.watering_can(pen.to(rng.choice((200, 960)), 852, 0.9), p, rng)


def terrace(pen: Pen, p: Palette, rng: Random) -> None:
    """A cafe table over the valley, a parasol above it."""
    far(pen, p, rng)
    meadow(pen, p, rng, 580)
    for n in range(6):
        pick = house if n % 3 == 1 else tree
        pick(pen.to(60 + n * 215, 620, rng.uniform(0.75, 1.05)), p, rng)
    pen.gradient(0, 742, 1200, 158, p.pale(p.wall, 0.2), p.dark(p.wall, 0.16))
    pen.rect(-400, 690, 2000, 16, p.dark(p.wood, 0.3))
    for x in range(-390, 1600, 46):
        pen.rect(x, 700, 8, 60, p.dark(p.wood, 0.3))
    cloth, x = rng.choice(p.accents()), rng.choice((420, 780))
    pen.rect(x - 7, 170, 14, 600, p.dark(p.wood, 0.2))
    for n in range(6):
        left, right = x - 330 + n * 110, x - 330 + (n + 1) * 110
        pen.polygon([(x, 100), (left, 262), (right, 262)], cloth if n % 2 else p.cream)
        pen.ellipse((left + right) / 2, 262, 55, 18, fill=cloth if n % 2 else p.cream)
    pen.ellipse(x, 98, 12, fill=p.third)
    table = pen.to(x, 868)
    table.shadow(360, p.ink)
    table.line([(0, -180), (-70, 0)], 12, p.ink)
    table.line([(0, -180), (70, 0)], 12, p.ink)
    table.ellipse(0, -186, 250, 30, fill=p.dark(p.cream, 0.16))
    table.ellipse(0, -194, 250, 29, fill=p.cream)
    for thing, dx in zip(rng.sample(drinks.COFFEE[:4], 3), (-140, 6, 146), strict=True):
        thing.draw(table.to(dx, -192, min(0.8, 165 / thing.height)), p, rng)
    growing.trailing(pen.to(1200 - x + (90 if x < 600 else -90), 868, 1.5), p, rng)
    bunting(pen, p, -60, 1260, -20)
