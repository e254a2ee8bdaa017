"""The night market: a noodle stall under strings of lanterns."""

from math import pi, sin
from random import Random

from posts.media.paint.canvas import Colour, Pen, arc, mix, see_through
from posts.media.paint.landscape import sky
from posts.media.paint.palette import Palette
from posts.media.paint.things import food


def night_market(pen: Pen, p: Palette, rng: Random) -> None:
    """Towers behind, a stall in the middle, lanterns above."""
    sky(pen, p, rng, 0, 0, 1200, 800)
    for n in range(7):
        _tower(pen.to(-60 + n * 190, rng.uniform(150, 330)), p, rng, shade=0.25 + n % 2 * 0.1)
    pen.gradient(0, 760, 1200, 140, p.dark(p.wall, 0.3), p.dark(p.wall, 0.5))
    roof, other = rng.sample((p.first, p.second, p.third), 2)
    _stall(pen, p, rng, roof)
    for y, count in ((60, 8), (170, 7)):
        for n in range(count):
            sag = 46 * sin(pi * n / (count - 1))
            _lantern(pen.to(60 + n * 1080 / (count - 1), y + sag, 0.9), p, rng.choice((roof, other)))
    for x in (330, 600, 870):
        pen.rect(x - 50, 742, 100, 18, p.first, radius=8)
        for dx in (-34, 26):
            pen.rect(x + dx, 760, 8, 92, p.dark(p.wood, 0.45))


def _tower(pen: Pen, p: Palette, rng: Random, *, shade: float) -> None:
    """A block of flats, some of its windows lit."""
    pen.rect(0, 0, 184, 800, p.dark(mix(p.second, p.wall, 0.5), shade))
    for place in range(18):
        if rng.random() < 0.6:
            lit = see_through(p.light, 0.85 if p.night else 0.45)
            pen.rect(24 + place % 3 * 50, 34 + place // 3 * 76, 30, 42, lit, radius=3)


def _stall(pen: Pen, p: Palette, rng: Random, roof: Colour) -> None:
    for x in (240, 940):
        pen.rect(x, 330, 20, 460, p.dark(p.wood, 0.3))
    pen.rect(250, 380, 700, 250, p.dark(mix(p.wood, p.light, 0.35), 0.08))
    pen.glow(600, 500, 330, p.light, 0.6)
    for n in range(4):
        pen.rect(330 + n * 146, 396, 104, 92, p.cream if n % 2 else p.pale(p.third, 0.2), radius=4)
        pen.rect(352 + n * 146, 420, 60, 7, see_through(p.ink, 0.45))
        pen.rect(352 + n * 146, 442, 44, 7, see_through(p.ink, 0.45))
    for thing, x in ((food.NOODLES[1], 350), (food.NOODLES[0], 600), (food.NOODLES[1], 850)):
        thing.draw(pen.to(x, 632, 0.95), p, rng)
    pen.rect(220, 628, 760, 28, p.pale(p.wood, 0.15), radius=5)
    pen.rect(240, 656, 720, 150, p.dark(p.wood, 0.15))
    for x in range(262, 950, 64):
        pen.rect(x, 662, 5, 140, see_through(p.ink, 0.2))
    for n in range(10):
        x = 190 + n * 82
        stripe = roof if n % 2 else p.cream
        pen.polygon([(x + 26, 262), (x + 108, 262), (x + 82, 360), (x, 360)], stripe)
        pen.ellipse(x + 41, 360, 41, 20, fill=stripe)


def _lantern(pen: Pen, p: Palette, colour: Colour) -> None:
    pen.line([(0, -60), (0, 0)], 2.5, p.ink)
    pen.glow(0, 36, 90, p.light, 0.55 if p.night else 0.3)
    pen.ellipse(0, 36, 40, 35, fill=colour)
    for rx in (26, 10):
        pen.line(arc(0, 36, rx, 34, 90, 270), 2, see_through(p.light, 0.6))
        pen.line(arc(0, 36, rx, 34, -90, 90), 2, see_through(p.light, 0.6))
    pen.rect(-16, -2, 32, 9, p.third, radius=3)
    pen.rect(-16, 66, 32, 9, p.third, radius=3)
    pen.line([(0, 75), (0, 98)], 4, p.third)
