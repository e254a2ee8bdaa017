"""Bicycles and what a workshop needs for them."""

from math import cos, radians, sin
from random import Random

from posts.media.paint.canvas import Pen, arc, mix, see_through
from posts.media.paint.palette import Palette
from posts.media.paint.things.thing import Thing


def wheel(pen: Pen, p: Palette, radius: float, turn: float = 0) -> None:
    """A wheel around the origin."""
    pen.ellipse(0, 0, radius, fill=p.ink)
    pen.ellipse(0, 0, radius * 0.91, fill=mix(p.cream, p.ink, 0.2))
    pen.ellipse(0, 0, radius * 0.87, fill=p.pale(p.wall, 0.3))
    for n in range(16):
        angle = radians(turn + n * 22.5)
        tip = (cos(angle + 0.12) * radius * 0.88, sin(angle + 0.12) * radius * 0.88)
        pen.line([(cos(angle) * 7, sin(angle) * 7), tip], 1.6, see_through(p.ink, 0.6))
    pen.ellipse(0, 0, 9, fill=p.ink)


def bicycle(pen: Pen, p: Palette, rng: Random) -> None:
    """A town bicycle, perhaps with a basket of flowers."""
    frame, metal = rng.choice(p.accents()), mix(p.cream, p.ink, 0.35)
    pen.shadow(330, p.ink)
    back, front, pedals = (-112.0, -72.0), (118.0, -72.0), (-18.0, -72.0)
    seat, head = (-56.0, -178.0), (84.0, -182.0)
    for x, y in (back, front):
        wheel(pen.to(x, y), p, 72, rng.uniform(0, 22))
    pen.curve([(-176, -110), (-112, -152), (-50, -112)], 7, p.dark(frame, 0.3))
    pen.curve([(54, -112), (118, -152), (176, -112)], 7, p.dark(frame, 0.3))
    for start, end in ((back, pedals), (back, seat), (pedals, seat), (pedals, head), (seat, (80.0, -166.0))):
        pen.line([start, end], 9, frame)
    pen.curve([head, (92, -140), front], 9, frame)
    pen.line([seat, (-62, -196)], 7, metal)
    pen.blob([(-104, -198), (-88, -212), (-40, -206), (-30, -200), (-66, -192)], p.dark(p.wood, 0.45))
    pen.line([head, (78, -212)], 7, metal)
    pen.curve([(78, -212), (98, -226), (64, -238), (40, -230)], 7, metal)
    pen.line([(52, -234), (36, -228)], 10, p.dark(p.wood, 0.45))
    pen.ellipse(*pedals, 19, fill=p.ink)
    pen.ellipse(*pedals, 11, fill=metal)
    pen.line([pedals, (4, -46)], 6, metal)
    pen.rect(-8, -46, 28, 8, p.ink, radius=3)
    if rng.random() < 0.6:
        _basket(pen.to(128, -172), p)


def _basket(pen: Pen, p: Palette) -> None:
    for n, colour in enumerate((p.first, p.third, p.cream, p.first)):
        pen.ellipse(-26 + n * 18, -62 - n % 2 * 9, 13, fill=colour)
        pen.ellipse(-26 + n * 18, -62 - n % 2 * 9, 5, fill=p.third if colour != p.third else p.first)
    pen.polygon([(-30, 0), (-42, -54), (42, -54), (30, 0)], p.wood)
    for n in range(3):
        pen.line([(-38 + n * 2.5, -42 + n * 15), (38 - n * 2.5, -42 + n * 15)], 3, p.dark(p.wood, 0.25))
    pen.rect(-46, -60, 92, 10, p.dark(p.wood, 0.2), radius=5)


def spare_wheel(pen: Pen, p: Palette, rng: Random) -> None:
    """A wheel that leans on the wall."""
    pen.shadow(160, p.ink)
    wheel(pen.to(0, -96), p, 96, rng.uniform(0, 22))


def toolbox(pen: Pen, p: Palette, rng: Random) -> None:
    """An open box with spanners in it."""
    tin = rng.choice(p.accents())
    metal = mix(p.cream, p.ink, 0.3)
    pen.shadow(210, p.ink)
    for x, turn, length in ((-66, -12, 128), (-22, -1, 156), (26, 5, 134)):
        at = pen.to(x, -60, turn=turn)
        at.line([(0, 0), (0, -length + 30)], 13, metal)
        at.line(arc(0, -length + 14, 15, 17, -52, 232), 13, metal)
    pen.to(66, -60, turn=8).rect(-9, -110, 18, 60, p.third if tin != p.third else p.first, radius=8)
    pen.line([(64, -60), (68, -112)], 7, metal)
    pen.rect(-106, -88, 212, 88, tin, radius=8)
    pen.rect(46, -88, 60, 88, see_through(p.ink, 0.14), radius=8)
    pen.rect(-112, -96, 224, 18, p.dark(tin, 0.22), radius=5)
    pen.rect(-20, -62, 40, 22, p.pale(tin, 0.4), radius=4)


def pump(pen: Pen, p: Palette, rng: Random) -> None:
    """A floor pump with its hose."""
    colour = rng.choice(p.accents())
    pen.shadow(100, p.ink)
    pen.curve([(14, -16), (74, -30), (66, -130), (30, -104)], 5, p.ink)
    pen.rect(-46, -12, 92, 12, p.ink, radius=5)
    pen.rect(-14, -160, 28, 150, colour, radius=5)
    pen.rect(3, -160, 11, 150, see_through(p.ink, 0.18), radius=5)
    pen.line([(0, -160), (0, -214)], 7, mix(p.cream, p.ink, 0.35))
    pen.rect(-48, -228, 96, 16, p.wood, radius=8)
    pen.ellipse(0, -36, 19, fill=p.cream)
    pen.line([(0, -36), (8, -46)], 3, p.first)


def helmet(pen: Pen, p: Palette, rng: Random) -> None:
    """A helmet with air slots."""
    shell = rng.choice(p.accents())
    pen.shadow(150, p.ink)
    pen.curve([(-56, -34), (-30, 4), (30, 4), (40, -34)], 5, p.ink)
    pen.blob([(-92, -34), (-78, -92), (-6, -124), (66, -98), (92, -40), (30, -30)], shell)
    pen.blob([(20, -34), (50, -70), (60, -100), (92, -40)], see_through(p.ink, 0.16))
    for n in range(3):
        pen.ribbon([(-62 + n * 44, -50), (-48 + n * 42, -82), (-18 + n * 34, -104)], [5, 15, 3], p.ink)
    pen.rect(-94, -40, 188, 12, p.dark(shell, 0.35), radius=6)


BICYCLES = (
    Thing(bicycle, 380, 245),
    Thing(toolbox, 240, 190),
    Thing(spare_wheel, 200, 195),
    Thing(pump, 130, 230),
    Thing(helmet, 190, 125),
)
