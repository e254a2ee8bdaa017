"""The shop seen from the street, and the shop's goods as a poster."""

from collections.abc import Sequence
from random import Random

from posts.media.paint.canvas import Pen, mix, see_through
from posts.media.paint.indoors import lamp, line_up
from posts.media.paint.landscape import sky
from posts.media.paint.palette import Palette
from posts.media.paint.things.growing import frond, snake_plant, sprig, trailing
from posts.media.paint.things.thing import Thing


def shopfront(pen: Pen, p: Palette, rng: Random, things: Sequence[Thing]) -> None:
    """A facade with awning, window display, door and sign."""
    sky(pen, p, rng, 0, -40, 1200, 420)
    facade, trim = rng.sample((p.first, p.second, p.third, p.cream), 2)
    if p.night:
        facade = mix(facade, p.ink, 0.35)
    for x, width, top in ((0, 60, 70), (1140, 60, 130)):
        pen.rect(x, top, width, 900, p.dark(p.pale(p.wall, 0.1), 0.14))
    pen.rect(60, 96, 1080, 760, facade)
    pen.rect(40, 74, 1120, 30, p.dark(facade, 0.25), radius=4)
    _sign(pen, p, trim, things[0], rng)
    door_left = rng.random() < 0.5
    _display(pen.to(420 if door_left else 100, 372), p, rng, things)
    _door(pen.to(130 if door_left else 852, 372), p, trim)
    _awning(pen, p, trim, rng)
    pen.gradient(0, 824, 1200, 76, p.pale(p.dark(p.wall, 0.1), 0.2), p.dark(p.wall, 0.22))
    pen.rect(0, 820, 1200, 12, p.pale(p.wall, 0.6) if not p.night else p.dark(p.wall, 0.3))
    for x in range(70, 1300, 150):
        pen.line([(x, 832), (x - 60, 980)], 2.5, see_through(p.ink, 0.1))
    if p.night:
        pen.glow(600, 840, 420, p.light, 0.28)
    for place in (80, 395) if door_left else (810, 1120):
        rng.choice((snake_plant, trailing))(pen.to(place, 846, 0.72), p, rng)
    _stool(pen.to(880 if door_left else 330, 872), p, rng, rng.choice(things))


def _stool(pen: Pen, p: Palette, rng: Random, thing: Thing) -> None:
    """Something on a bench outside the door, or on the ground where it is big."""
    if thing.width > 300:
        thing.draw(pen.to(0, 0, 0.9), p, rng)
        return
    pen.shadow(190, p.ink)
    for x in (-76, 62):
        pen.rect(x, -74, 14, 74, p.dark(p.wood, 0.35))
    pen.rect(-100, -84, 200, 16, p.wood, radius=4)
    thing.draw(pen.to(0, -84, min(0.85, 150 / thing.height, 190 / thing.width)), p, rng)


def _sign(pen: Pen, p: Palette, trim: tuple[int, int, int], emblem: Thing, rng: Random) -> None:
    pen.rect(100, 124, 1000, 116, p.dark(trim, 0.15), radius=10)
    pen.rect(108, 130, 984, 102, trim, radius=8)
    paint = p.ink if sum(trim) > 420 else p.cream
    for side in (-1, 1):
        pen.line([(600 + side * 96, 181), (600 + side * 430, 181)], 5, paint)
        for n in range(3):
            x = 600 + side * (150 + n * 120)
            pen.polygon([(x - 14, 181), (x, 164), (x + 14, 181), (x, 198)], paint)
    pen.ellipse(600, 181, 76, fill=p.dark(trim, 0.3))
    pen.ellipse(600, 181, 69, fill=p.cream)
    size = min(88 / emblem.height, 108 / emblem.width)
    emblem.draw(pen.to(600, 181 + emblem.height * size * 0.46, size), p, rng)


def _display(pen: Pen, p: Palette, rng: Random, things: Sequence[Thing]) -> None:
    """A window 680 wide and 372 high with goods on its sill."""
    pen.rect(-12, -6, 704, 392, p.dark(p.wood, 0.3), radius=6)
    inside = mix(p.light, p.wood, 0.18) if p.night else mix(p.wall, p.second, 0.22)
    pen.gradient(0, 0, 680, 372, p.pale(inside, 0.35), inside)
    for x in (170, 510):
        lamp(pen.to(x, 0, 0.5), p, p.first, drop=190)
    pen.rect(0, 346, 680, 26, p.wood)
    row: list[tuple[Thing, float]] = []
    used = 0.0
    while used < 520:
        thing = rng.choice(things)
        size = min(1.05, 210 / thing.height, 260 / thing.width)
        row.append((thing, size))
        used += thing.width * size + 14
    line_up(pen.to(340, 350), p, rng, row, room=650, gap=14)
    pen.polygon([(40, 0), (150, 0), (20, 372), (0, 372), (0, 130)], (255, 255, 255, 26))
    pen.polygon([(190, 0), (230, 0), (90, 372), (50, 372)], (255, 255, 255, 26))
    pen.rect(336, 0, 8, 372, p.dark(p.wood, 0.3))
    pen.rect(-20, 372, 720, 22, p.dark(p.wood, 0.15), radius=4)


def _door(pen: Pen, p: Palette, trim: tuple[int, int, int]) -> None:
    """A door 230 wide, glazed above."""
    glass = p.light if p.night else mix(p.second, p.cream, 0.5)
    pen.rect(-12, -6, 242, 460, p.dark(p.wood, 0.35), radius=6)
    pen.rect(0, 4, 218, 450, trim, radius=4)
    pen.rect(28, 34, 162, 230, p.dark(trim, 0.3), radius=80)
    pen.rect(36, 42, 146, 214, glass, radius=72)
    pen.polygon([(70, 60), (110, 50), (60, 230), (40, 220)], (255, 255, 255, 60))
    pen.rect(28, 300, 162, 116, p.dark(trim, 0.14), radius=6)
    pen.ellipse(192, 286, 10, fill=p.third if trim != p.third else p.ink)


def _awning(pen: Pen, p: Palette, trim: tuple[int, int, int], rng: Random) -> None:
    other = p.cream if trim != p.cream else p.first
    pen.polygon([(70, 400), (1130, 400), (1130, 424), (70, 424)], see_through(p.ink, 0.16))
    count = 14
    width = 1080 / count
    for n in range(count):
        colour = other if n % 2 else p.dark(trim, 0.08)
        top, low = 84 + n * (1032 / count), 60 + n * width
        pen.polygon([(top, 262), (top + 1032 / count, 262), (low + width, 384), (low, 384)], colour)
        pen.ellipse(low + width / 2, 384, width / 2, 24, fill=colour)
        pen.ellipse(low + width / 2, 392, width / 2, 16, fill=see_through(p.ink, 0.08))
    pen.rect(70, 252, 1060, 14, p.dark(p.wood, 0.3), radius=6)


def poster(pen: Pen, p: Palette, rng: Random, things: Sequence[Thing]) -> None:
    """One thing, large, before a disc of light, with leaves around it."""
    ground = rng.choice((p.first, p.second, p.third)) if not p.night else p.wall
    back = p.pale(ground, 0.5) if not p.night else ground
    pen.gradient(0, 0, 1200, 900, back, p.dark(back, 0.06) if p.night else p.pale(ground, 0.3))
    hero = rng.choice(things)
    size = min(440 / hero.height, 560 / hero.width, 2.9)
    middle = 800 - max(260.0, min(370.0, hero.height * size * 0.8))
    disc = p.light if not p.night else mix(p.light, p.first, 0.35)
    pen.ellipse(600, middle, 350, fill=see_through(disc, 0.35))
    pen.ellipse(600, middle, 300, fill=disc)
    for _ in range(16):
        x, y = rng.uniform(40, 1160), rng.uniform(40, 620)
        if abs(x - 600) > 330:
            _spark(pen.to(x, y, rng.uniform(0.6, 1.3)), p)
    for side in (-1, 1):
        foot = pen.to(600 + side * 330, 800)
        sprig(foot.to(0, 0, 2.1, side * 16), p.leaf, p, pairs=5)
        sprig(foot.to(side * 60, 0, 1.5, side * 38), p.pale(p.leaf, 0.25), p, pairs=5)
        for n in range(2):
            frond(
                foot.to(side * 20, 0, 1, side * (62 + n * 17)), p.dark(p.leaf, 0.12 + n * 0.1), p, length=250, width=70
            )
    pen.ellipse(600, 806, 470, 66, fill=p.dark(back, 0.16))
    pen.ellipse(600, 800, 470, 62, fill=p.wood)
    for side in (-1, 1):
        friend = rng.choice(things)
        small = min(190 / friend.height, 200 / friend.width)
        friend.draw(pen.to(600 + side * (hero.width * size / 2 + friend.width * small * 0.36 + 14), 806, small), p, rng)
    hero.draw(pen.to(600, 820, size), p, rng)
    for inset in (26, 38):
        edge = [
            (inset, inset),
            (1200 - inset, inset),
            (1200 - inset, 900 - inset),
            (inset, 900 - inset),
            (inset, inset),
        ]
        pen.line(edge, 4 if inset == 26 else 2, see_through(p.cream, 0.9))


def _spark(pen: Pen, p: Palette) -> None:
    pen.polygon([(0, -16), (4, -4), (16, 0), (4, 4), (0, 16), (-4, 4), (-16, 0), (-4, -4)], see_through(p.cream, 0.85))
