"""Tea and coffee: pots, cups, tins, and what makes them."""

from random import Random

from posts.media.paint.canvas import Pen, arc, mix, see_through
from posts.media.paint.palette import Palette
from posts.media.paint.things.thing import Thing, steam


def teapot(pen: Pen, p: Palette, rng: Random) -> None:
    """A round pot with a bamboo handle or a handle behind."""
    glaze = rng.choice((p.first, p.second, p.cream, p.dark(p.wood, 0.25)))
    shade = p.dark(glaze, 0.35)
    pen.shadow(210, p.ink)
    pen.ribbon([(70, -58), (112, -70), (126, -118), (150, -128)], [44, 30, 17, 15], shade)
    if rng.random() < 0.5:
        pen.curve([(-66, -128), (-58, -205), (0, -232), (58, -205), (66, -128)], 11, p.wood)
        pen.curve([(-60, -150), (-54, -200), (0, -222)], 3, p.pale(p.wood))
    else:
        pen.curve([(-76, -112), (-132, -122), (-136, -66), (-80, -42)], 15, shade)
    body = [(52, 0), (60, 6), (92, 46), (88, 92), (52, 126), (40, 132)]
    pen.vessel(body, glaze, shade=p.ink)
    pen.vessel([(44, 128), (42, 138), (20, 150), (8, 152)], p.dark(glaze, 0.12), shade=p.ink)
    pen.ellipse(0, -158, 11, fill=shade)
    band = p.pale(p.third) if glaze != p.cream else p.first
    pen.turned([(88, 56), (91, 64)], see_through(band, 0.8), curved=False)
    pen.turned([(91, 70), (90, 74)], see_through(band, 0.8), curved=False)


def teacup(pen: Pen, p: Palette, rng: Random) -> None:
    """A small handleless cup on a saucer, full and warm."""
    glaze = rng.choice((p.cream, p.second, p.third))
    pen.shadow(120, p.ink)
    pen.ellipse(0, -5, 62, 9, fill=p.dark(p.cream, 0.18))
    pen.ellipse(0, -8, 60, 8, fill=p.cream)
    pen.vessel([(22, 8), (26, 12), (44, 38), (48, 72)], glaze, shade=p.ink)
    pen.turned([(47, 58), (48, 65)], see_through(p.first, 0.75), curved=False)
    pen.ellipse(0, -72, 48, 11, fill=p.pale(glaze, 0.6))
    pen.ellipse(0, -70, 42, 8, fill=mix(p.third, p.wood, 0.35))
    steam(pen.to(0, -84), p, rng, height=100)


def tin(pen: Pen, p: Palette, rng: Random) -> None:
    """A canister with a label and a leaf on it."""
    colour, label = rng.sample((p.first, p.second, p.leaf, p.third), 2)
    height = rng.choice((120, 150, 175))
    pen.shadow(110, p.ink)
    pen.vessel([(50, 0), (50, height)], colour, shade=p.ink, curved=False)
    pen.vessel([(52, height - 8), (52, height + 12)], p.dark(colour, 0.25), shade=p.ink, curved=False)
    pen.ellipse(0, -height - 12, 52, 8, fill=p.pale(colour, 0.25))
    pen.rect(-32, -height * 0.74, 64, height * 0.5, p.cream, radius=6)
    leaf(pen.to(0, -height * 0.34, 0.9), label, p)


def leaf(pen: Pen, colour: tuple[int, int, int], p: Palette) -> None:
    """One small leaf with its rib, pointing up."""
    pen.blob([(0, 0), (13, -14), (9, -34), (0, -46), (-9, -34), (-13, -14)], colour)
    pen.line([(0, 2), (0, -34)], 2, p.pale(colour, 0.5))


def coffee_cup(pen: Pen, p: Palette, rng: Random) -> None:
    """A wide cup with a handle, from slightly above."""
    glaze = rng.choice((p.cream, p.first, p.second))
    pen.shadow(180, p.ink)
    pen.ellipse(0, -6, 92, 15, fill=p.dark(p.cream, 0.2))
    pen.ellipse(0, -10, 90, 14, fill=p.pale(glaze, 0.6))
    pen.curve([(58, -76), (96, -82), (94, -44), (52, -32)], 11, p.dark(glaze, 0.2))
    pen.vessel([(30, 10), (36, 14), (60, 46), (66, 92)], glaze, shade=p.ink)
    pen.ellipse(0, -92, 66, 17, fill=p.pale(glaze, 0.5))
    pen.ellipse(0, -90, 58, 13, fill=mix(p.wood, p.ink, 0.45))
    pen.ellipse(0, -90, 34, 8, fill=p.pale(p.wood, 0.55))
    pen.ellipse(0, -88, 18, 4, fill=mix(p.wood, p.ink, 0.3))
    steam(pen.to(0, -106), p, rng)


def moka(pen: Pen, p: Palette, rng: Random) -> None:
    """An eight-sided stove-top pot."""
    metal = mix(p.cream, p.ink, rng.choice((0.22, 0.3)))
    pen.shadow(130, p.ink)
    pen.curve([(44, -186), (88, -184), (92, -112), (78, -100)], 13, p.dark(p.first, 0.55))
    pen.vessel([(60, 0), (58, 8), (40, 92)], metal, shade=p.ink, curved=False)
    pen.polygon([(-44, -182), (-66, -196), (-40, -160)], p.dark(metal, 0.12))
    pen.vessel([(40, 98), (54, 190)], p.pale(metal, 0.3), shade=p.ink, curved=False)
    pen.turned([(44, 90), (44, 102)], p.dark(metal, 0.5), curved=False)
    pen.vessel([(54, 190), (12, 214)], metal, shade=p.ink, curved=False)
    pen.ellipse(0, -221, 10, fill=p.dark(p.first, 0.55))
    for x in (-16, 16):
        pen.line([(x * 1.2, -104), (x * 1.5, -186)], 2, see_through(p.ink, 0.25))


def grinder(pen: Pen, p: Palette, rng: Random) -> None:
    """A hand mill: wooden box, brass bowl, crank."""
    box = rng.choice((p.wood, p.second, p.first))
    pen.shadow(140, p.ink)
    pen.rect(-62, -98, 124, 98, box, radius=5)
    pen.rect(22, -98, 40, 98, see_through(p.ink, 0.16), radius=5)
    pen.rect(-70, -12, 140, 14, p.dark(box, 0.3), radius=4)
    pen.rect(-68, -108, 136, 14, p.dark(box, 0.3), radius=4)
    pen.rect(-38, -66, 76, 42, p.pale(box, 0.25), radius=4)
    pen.ellipse(0, -45, 8, fill=p.third)
    pen.vessel([(20, 108), (56, 150), (54, 158)], p.third, shade=p.ink)
    pen.ellipse(0, -158, 54, 10, fill=p.dark(p.third, 0.4))
    pen.line([(0, -158), (0, -188), (84, -200)], 8, p.ink)
    pen.ellipse(88, -214, 13, 16, fill=p.first)


def dripper(pen: Pen, p: Palette, rng: Random) -> None:
    """A glass jug with a cone of coffee on top."""
    glass, coffee = mix(p.cream, p.second, 0.25), mix(p.wood, p.ink, 0.5)
    pen.shadow(140, p.ink)
    pen.curve([(50, -96), (92, -92), (84, -34), (56, -28)], 9, p.wood)
    jug = [(58, 0), (68, 18), (56, 76), (40, 118)]
    pen.turned(jug, see_through(glass, 0.85))
    pen.turned([(57, 3), (67, 18), (62, 52)], coffee)
    pen.turned(jug, (255, 255, 255, 70), start=-0.8, end=-0.6)
    glaze = rng.choice((p.cream, p.first, p.second))
    pen.vessel([(22, 112), (26, 120), (66, 188)], glaze, shade=p.ink, curved=False)
    pen.turned([(60, 112), (60, 120)], p.dark(glaze, 0.2), curved=False)
    pen.ellipse(0, -188, 66, 13, fill=p.pale(p.wood, 0.7))
    pen.ellipse(0, -187, 54, 9, fill=coffee)
    steam(pen.to(0, -196), p, rng, height=80)


def bean_bag(pen: Pen, p: Palette, rng: Random) -> None:
    """A paper bag with a folded top, a label, and a bean on it."""
    paper, label = rng.choice((p.pale(p.wood, 0.45), p.first, p.second)), rng.choice((p.cream, p.third))
    pen.shadow(120, p.ink)
    pen.polygon([(-58, 0), (-54, -150), (54, -150), (58, 0)], paper)
    pen.polygon([(28, 0), (26, -150), (54, -150), (58, 0)], see_through(p.ink, 0.15))
    pen.polygon([(-56, -146), (-50, -180), (50, -180), (56, -146)], p.dark(paper, 0.16))
    pen.rect(-50, -184, 100, 12, p.third if label == p.cream else p.cream, radius=4)
    pen.rect(-36, -118, 72, 76, label, radius=8)
    pen.polygon(arc(0, -80, 17, 25), mix(p.wood, p.ink, 0.45))
    pen.curve([(2, -103), (-6, -86), (6, -72), (-2, -57)], 3, p.pale(p.wood, 0.6))


TEA = (Thing(teapot, 230, 235), Thing(teacup, 130, 90), Thing(tin, 110, 190), Thing(teacup, 130, 90))
COFFEE = (
    Thing(coffee_cup, 190, 110),
    Thing(moka, 160, 230),
    Thing(grinder, 180, 230),
    Thing(dripper, 150, 200),
    Thing(bean_bag, 120, 185),
)
