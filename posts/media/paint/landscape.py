"""What lies outside: sky, sun, mountains, trees, houses. Seen through windows and from hilltops."""

from math import pi, sin
from random import Random

from posts.media.paint.canvas import Colour, Pen, mix, see_through
from posts.media.paint.palette import Palette


def sky(pen: Pen, p: Palette, rng: Random, x: float, y: float, width: float, height: float) -> None:
    """Air, a sun or a moon, clouds or stars, within a rectangle."""
    pen.gradient(x, y, width, height, p.sky, p.horizon)
    sun_x, sun_y = x + width * rng.uniform(0.22, 0.78), y + height * rng.uniform(0.2, 0.42)
    radius = min(width, height) * rng.uniform(0.08, 0.12)
    if p.night:
        for _ in range(round(width * height / 9000)):
            pen.ellipse(
                x + rng.random() * width, y + rng.random() * height * 0.7, rng.uniform(1, 2.6), fill=(*p.cream, 190)
            )
        pen.ellipse(sun_x, sun_y, radius * 1.9, fill=see_through(p.light, 0.1))
        pen.ellipse(sun_x, sun_y, radius, fill=p.light)
        pen.ellipse(sun_x - radius * 0.3, sun_y + radius * 0.2, radius * 0.22, fill=see_through(p.sky, 0.18))
        pen.ellipse(sun_x + radius * 0.34, sun_y - radius * 0.3, radius * 0.14, fill=see_through(p.sky, 0.18))
        return
    for grow, strength in ((2.6, 0.16), (1.8, 0.25), (1, 1)):
        pen.ellipse(sun_x, sun_y, radius * grow, fill=see_through(p.light, strength))
    for _ in range(3):
        at = pen.to(
            x + width * rng.uniform(0.12, 0.88),
            y + height * rng.uniform(0.12, 0.5),
            width / 1200 * rng.uniform(0.6, 1.1),
        )
        cloud(at, p)


def cloud(pen: Pen, p: Palette) -> None:
    """A flat-bottomed cloud about 200 units wide."""
    white = mix(mix(p.cream, (255, 255, 255), 0.4), p.horizon, 0.12)
    pen.rect(-100, -40, 200, 40, white, radius=20)
    for x, y, radius in ((-52, -38, 32), (-8, -50, 42), (44, -36, 30)):
        pen.ellipse(x, y, radius, fill=white)


def mountains(pen: Pen, p: Palette, rng: Random, box: tuple[float, float, float], *, layers: int = 3) -> None:
    """Ranges within (left, width, height of the ground line), paler the farther away."""
    left, width, ground = box
    for layer in range(layers):
        nearness = (layer + 1) / layers
        height = width * (0.30 - 0.07 * layer)
        colour = mix(p.horizon, mix(p.second, p.leaf, nearness), 0.28 + 0.42 * nearness)
        ridge(pen, colour, rng, (left, width, ground), height * rng.uniform(0.85, 1.1), peaks=2 + layer)


def ridge(pen: Pen, colour: Colour, rng: Random, box: tuple[float, float, float], height: float, *, peaks: int) -> None:
    """One soft range of hills, filled down to the ground line."""
    left, width, ground = box
    a, b = rng.uniform(0, 2 * pi), rng.uniform(0, 2 * pi)
    points = [(left, ground)]
    for n in range(33):
        t = n / 32
        wave = 0.58 + 0.30 * sin(a + t * peaks * pi) + 0.14 * sin(b + t * peaks * 2.7 * pi)
        points.append((left + width * t, ground - height * wave))
    pen.polygon([*points, (left + width, ground)], colour)


def tree(pen: Pen, p: Palette, rng: Random, *, kind: str | None = None) -> None:
    """A tree about 150 units high: round, pointed, or a cypress."""
    kind = kind or rng.choice(("round", "pointed", "cypress"))
    green = mix(p.leaf, rng.choice((p.second, p.ink, p.third)), rng.uniform(0.05, 0.25))
    pen.rect(-5, -44, 10, 44, p.dark(p.wood, 0.35))
    if kind == "round":
        pen.ellipse(0, -92, 46, 54, fill=green)
        pen.ellipse(12, -84, 32, 44, fill=see_through(p.ink, 0.12))
        pen.ellipse(-16, -112, 13, 15, fill=see_through(p.cream, 0.18))
    elif kind == "pointed":
        for n in range(3):
            pen.polygon(
                [(-46 + n * 9, -30 - n * 38), (0, -100 - n * 32), (46 - n * 9, -30 - n * 38)],
                p.dark(green, 0.12 - n * 0.05),
            )
    else:
        pen.blob([(-20, -24), (-18, -90), (0, -176), (18, -90), (20, -24), (0, -14)], green)
        pen.blob([(4, -20), (8, -90), (2, -166), (18, -90), (19, -26)], see_through(p.ink, 0.15))


def house(pen: Pen, p: Palette, rng: Random, *, width: float = 130, height: float = 90) -> None:
    """A small house with a pitched roof and lit or blue windows."""
    wall = p.pale(rng.choice((p.cream, p.third, p.wall)), 0.3) if not p.night else p.dark(p.second, 0.35)
    roof, glass = rng.choice((p.first, p.wood, p.second)), p.light if p.night else p.dark(p.second, 0.1)
    half = width / 2
    pen.rect(half * 0.3, -height - 60, 20, 60, p.dark(roof, 0.2))
    pen.rect(-half, -height, width, height, wall)
    pen.rect(half * 0.4, -height, half * 0.6, height, see_through(p.ink, 0.12))
    pen.polygon(
        [(-half - 14, -height), (-half * 0.5, -height - 52), (half * 0.5, -height - 52), (half + 14, -height)], roof
    )
    for x in (-half * 0.62, half * 0.2):
        pen.rect(x, -height * 0.72, 26, 28, glass, radius=3)
    pen.rect(-half * 0.12 - 6, -46, 24, 46, p.dark(p.wood, 0.3), radius=3)


def scenery(pen: Pen, p: Palette, rng: Random, box: tuple[float, float, float, float]) -> None:
    """A whole small view for a window: sky above, and hills, roofs or trees at the foot of the box."""
    x, y, width, height = box
    sky(pen, p, rng, x, y, width, height)
    ground = y + height
    match rng.randrange(3):
        case 0:
            mountains(pen, p, rng, (x, width, ground), layers=3)
        case 1:
            ridge(pen, mix(p.horizon, p.second, 0.4), rng, (x, width, ground), height * 0.36, peaks=2)
            for n in range(4):
                house(pen.to(x + width * (0.14 + n * 0.24), ground + 2, width / 1000 * rng.uniform(1.3, 1.9)), p, rng)
        case _:
            ridge(pen, mix(p.horizon, p.leaf, 0.5), rng, (x, width, ground), height * 0.3, peaks=2)
            for n in range(6):
                tree(pen.to(x + width * (0.08 + n * 0.17), ground + 2, width / 1000 * rng.uniform(1.4, 2.4)), p, rng)
