"""Bread and cake, noodles and dumplings, fish."""

from random import Random

from posts.media.paint.canvas import Pen, arc, mix, see_through
from posts.media.paint.palette import Palette
from posts.media.paint.things.thing import Thing, steam

CRUST = (201, 132, 66)
BROWN = (146, 84, 42)
CRUMB = (250, 226, 178)
PORCELAIN = (250, 248, 240)


def loaf(pen: Pen, p: Palette, rng: Random) -> None:
    """A round country loaf, scored and floured."""
    pen.shadow(200, p.ink)
    pen.vessel([(66, 0), (102, 26), (96, 72), (62, 112), (4, 124)], CRUST, shade=BROWN)
    for n in range(-1, 2):
        x = n * 44
        pen.ribbon([(x - 26, -48), (x - 4, -82), (x + 24, -100)], [2, 17, 2], CRUMB)
        pen.ribbon([(x - 22, -50), (x + 1, -80), (x + 26, -97)], [1, 6, 1], see_through(BROWN, 0.5))


def croissant(pen: Pen, p: Palette, rng: Random) -> None:
    """A crescent in five folds."""
    pen.shadow(180, p.ink)
    folds = [
        (-80, -18, 30, 22, -32),
        (-46, -44, 36, 36, -18),
        (0, -54, 40, 44, 0),
        (46, -44, 36, 36, 18),
        (80, -18, 30, 22, 32),
    ]
    for n, (x, y, rx, ry, turn) in enumerate(folds):
        at = pen.to(x, y, turn=turn)
        at.ellipse(0, 0, rx, ry, fill=BROWN)
        at.ellipse(-3, -3, rx - 4, ry - 4, fill=mix(CRUST, CRUMB, 0.15 + 0.07 * (n % 2)))
        at.polygon(
            arc(-4, -4, rx - 12, ry - 10, 180, 300) + arc(-4, -4, rx - 20, ry - 17, 300, 180), see_through(CRUMB, 0.8)
        )


def baguettes(pen: Pen, p: Palette, rng: Random) -> None:
    """Long loaves standing in a basket."""
    pen.shadow(140, p.ink)
    for x, turn, length in ((-30, -13, 205), (30, 12, 215), (0, -1, 235)):
        at = pen.to(x, -30, turn=turn)
        at.rect(-22, -length, 44, length, CRUST, radius=22)
        at.rect(6, -length, 16, length, see_through(BROWN, 0.4), radius=14)
        for n in range(4):
            y = -length + 26 + n * 34
            at.ribbon([(-14, y + 12), (0, y), (14, y - 8)], [2, 9, 2], CRUMB)
    basket = [(54, 0), (64, 60), (72, 112)]
    pen.vessel(basket, p.wood, shade=p.ink)
    for row in range(5):
        height = 14 + row * 21
        half = 55 + height * 0.14
        for n in range(-4, 5):
            pen.rect(n * half / 4.6 - 6 + (row % 2) * 6, -height, 11, 7, p.pale(p.wood, 0.35), radius=3)
    pen.rect(-76, -122, 152, 14, p.dark(p.wood, 0.25), radius=7)


def cake(pen: Pen, p: Palette, rng: Random) -> None:
    """A cake with icing and berries on a footed stand."""
    icing, berry = rng.choice(((p.cream, p.first), (p.pale(p.first, 0.45), p.first), (BROWN, p.cream)))
    pen.shadow(130, p.ink)
    pen.vessel([(46, 0), (14, 16), (11, 48), (30, 60)], p.pale(p.second, 0.5), shade=p.ink)
    pen.rect(-98, -72, 196, 13, p.pale(p.second, 0.6), radius=6)
    pen.rect(-76, -150, 152, 79, CRUMB, radius=6)
    pen.rect(-76, -116, 152, 9, berry)
    pen.rect(30, -150, 46, 79, see_through(BROWN, 0.2), radius=6)
    pen.rect(-82, -164, 164, 32, icing, radius=14)
    for n in range(7):
        pen.rect(-80 + n * 23, -146, 17, (26, 40, 20, 34)[n % 4], icing, radius=8)
    for n in range(5):
        pen.ellipse(-56 + n * 28, -172, 12, fill=berry)
        pen.ellipse(-60 + n * 28, -176, 3, fill=(255, 255, 255, 170))


def ramen(pen: Pen, p: Palette, rng: Random) -> None:
    """A big bowl with noodles, an egg, greens, and sticks laid over."""
    bowl = rng.choice((p.first, p.second, p.dark(p.second, 0.4)))
    pen.shadow(200, p.ink)
    pen.vessel([(46, 0), (48, 12), (92, 52), (112, 106)], bowl, shade=p.ink)
    for n in range(-3, 4):
        pen.ellipse(n * 27, -88, 9, fill=see_through(p.cream, 0.85))
        pen.ellipse(n * 27, -88, 5, fill=bowl)
    pen.ellipse(0, -106, 112, 27, fill=p.pale(bowl, 0.55))
    pen.ellipse(0, -104, 100, 21, fill=mix(p.third, BROWN, 0.45))
    for n in range(6):
        pen.curve([(-74 + n * 10, -100), (-42 + n * 12, -114), (-6 + n * 10, -96), (30 + n * 7, -108)], 5, CRUMB)
    pen.ellipse(40, -110, 27, 14, fill=PORCELAIN)
    pen.ellipse(42, -110, 14, 8, fill=(240, 160, 50))
    for x in (-66, -50, -36):
        pen.ribbon([(x, -100), (x + 4, -116), (x + 16, -130)], [13, 15, 4], p.leaf)
    for x in (0, 9):
        pen.line([(-20 + x, -122), (128 + x, -176 + x)], 6, p.dark(p.wood, 0.35))
    steam(pen.to(-10, -140), p, rng, height=120)


def steamer(pen: Pen, p: Palette, rng: Random) -> None:
    """Bamboo baskets, the upper one open with dumplings."""
    cane = mix(CRUMB, BROWN, 0.3)
    pen.shadow(190, p.ink)
    for n in range(2):
        y = -n * 52
        pen.rect(-94, y - 50, 188, 48, cane, radius=8)
        pen.rect(30, y - 50, 64, 48, see_through(p.ink, 0.13), radius=8)
        pen.rect(-97, y - 52, 194, 10, p.dark(cane, 0.2), radius=5)
        pen.rect(-97, y - 14, 194, 9, p.dark(cane, 0.2), radius=5)
        for x in range(-80, 90, 20):
            pen.line([(x, y - 40), (x, y - 16)], 2, see_through(p.ink, 0.18))
    for x, y in ((-54, -112), (0, -116), (54, -112)):
        pen.blob([(x - 34, y + 10), (x - 24, y - 16), (x, y - 30), (x + 24, y - 16), (x + 34, y + 10)], PORCELAIN)
        for k in (-10, 0, 10):
            pen.curve([(x, y - 28), (x + k * 0.9, y - 16), (x + k * 1.7, y - 4)], 2.5, p.dark(p.cream, 0.25))
    pen.rect(-97, -108, 194, 12, p.dark(cane, 0.2), radius=5)
    steam(pen.to(0, -150), p, rng, height=100)


def sauce(pen: Pen, p: Palette, rng: Random) -> None:
    """A little bottle with a red cap."""
    pen.shadow(70, p.ink)
    pen.vessel([(34, 0), (36, 20), (32, 60), (14, 96), (13, 122)], mix(BROWN, p.ink, 0.55), shade=p.ink)
    pen.turned([(16, 118), (17, 140)], p.first, curved=False)
    pen.turned([(34.5, 24), (33, 58)], p.cream, curved=False)
    pen.ellipse(0, -41, 11, fill=p.first)


def fish(pen: Pen, p: Palette, rng: Random) -> None:
    """A fish on an oval plate, with lemon."""
    skin = rng.choice((p.second, p.first, mix(p.second, p.cream, 0.4)))
    pen.shadow(250, p.ink)
    pen.ellipse(0, -10, 136, 19, fill=p.dark(p.cream, 0.15))
    pen.ellipse(0, -14, 134, 18, fill=p.cream)
    swimmer(pen.to(-4, -46), p, skin)
    for x in (82, 100):
        pen.ellipse(x, -24, 17, fill=p.third)
        pen.ellipse(x, -24, 13, fill=p.pale(p.third, 0.6))
        pen.line([(x - 10, -24), (x + 10, -24)], 2, p.third)
        pen.line([(x, -34), (x, -14)], 2, p.third)


def swimmer(pen: Pen, p: Palette, skin: tuple[int, int, int]) -> None:
    """A fish around the origin, its head on the left."""
    pen.polygon([(74, 0), (122, -34), (112, 0), (122, 34)], p.dark(skin, 0.25))
    pen.blob([(-24, -30), (10, -52), (44, -26)], p.dark(skin, 0.25))
    pen.blob([(-112, 4), (-70, -30), (0, -38), (60, -16), (84, 0), (60, 16), (0, 32), (-70, 28)], skin)
    pen.blob([(-108, 8), (-60, 12), (20, 8), (78, 4), (56, 17), (0, 32), (-70, 28)], see_through(p.cream, 0.55))
    for row in range(3):
        for n in range(4):
            x, y = -26 + n * 22 + row % 2 * 11, -18 + row * 14
            pen.curve([(x, y - 6), (x + 6, y), (x, y + 6)], 2.5, see_through(p.ink, 0.3))
    pen.curve([(-58, -26), (-48, 0), (-58, 22)], 3.5, p.dark(skin, 0.35))
    pen.ellipse(-82, -8, 9, fill=p.cream)
    pen.ellipse(-84, -8, 5, fill=p.ink)


def crate(pen: Pen, p: Palette, rng: Random) -> None:
    """A wooden crate of ice with fish heads up."""
    pen.shadow(220, p.ink)
    for n, x in enumerate((-66, 0, 62)):
        skin = (p.second, p.first, mix(p.second, p.cream, 0.35))[(n + rng.randrange(3)) % 3]
        swimmer(pen.to(x, -112, 0.86, 68 + n * 11), p, skin)
    for x in range(-92, 100, 26):
        pen.blob([(x - 20, -66), (x - 12, -98 + x % 3 * 7), (x + 10, -96), (x + 22, -66)], mix(p.sky, PORCELAIN, 0.75))
    for n in range(3):
        pen.rect(-112, -78 + n * 27, 224, 24, p.wood if n % 2 else p.pale(p.wood, 0.18), radius=3)
    for x in (-104, 86):
        pen.rect(x, -82, 18, 82, p.dark(p.wood, 0.22), radius=3)


def crab(pen: Pen, p: Palette, rng: Random) -> None:
    """A crab, waving."""
    shell = p.first
    pen.shadow(170, p.ink)
    for side in (-1, 1):
        for n in range(3):
            pen.curve(
                [(side * 40, -36 + n * 8), (side * (84 + n * 6), -48 + n * 18), (side * (92 + n * 2), -10 + n * 5)],
                8,
                p.dark(shell, 0.2),
            )
        pen.curve([(side * 50, -52), (side * 92, -80), (side * 84, -108)], 12, shell)
        pen.line(arc(side * 84, -128, 17, 18, -48, 228), 17, shell)
        pen.line([(side * 20, -76), (side * 24, -100)], 6, shell)
        pen.ellipse(side * 24, -104, 10, fill=p.cream)
        pen.ellipse(side * 24, -105, 5, fill=p.ink)
    pen.blob([(-72, -46), (-40, -82), (40, -82), (72, -46), (44, -12), (-44, -12)], shell)
    pen.blob([(-58, -52), (-30, -74), (24, -76), (-10, -62)], see_through(p.cream, 0.3))
    pen.curve([(-18, -36), (0, -28), (18, -36)], 4, p.dark(shell, 0.45))


BAKERY = (Thing(loaf, 220, 120), Thing(baguettes, 170, 240), Thing(cake, 200, 185), Thing(croissant, 210, 95))
NOODLES = (Thing(ramen, 240, 150), Thing(steamer, 200, 150), Thing(sauce, 80, 140))
FISH = (Thing(crate, 240, 200), Thing(fish, 280, 90), Thing(crab, 220, 150))
