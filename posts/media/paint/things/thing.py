"""What every drawn thing is: a function that draws it around its foot, and the room that it takes."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from posts.media.paint.canvas import Pen
from posts.media.paint.palette import Palette


class Thing(NamedTuple):
    """`draw` puts the thing's foot at the pen's origin; `width` and `height` are in the pen's units."""

    draw: Callable[[Pen, Palette, Random], None]
    width: float
    height: float


def steam(pen: Pen, p: Palette, rng: Random, *, height: float = 110) -> None:
    """Two or three wisps that rise from the origin."""
    for n in range(rng.choice((2, 3))):
        x, sway = (n - 1) * 24 + rng.uniform(-5, 5), rng.choice((-1, 1)) * rng.uniform(9, 15)
        top = height * rng.uniform(0.8, 1.15)
        spine = [(x, 0), (x + sway, -top * 0.3), (x - sway, -top * 0.65), (x + sway * 0.7, -top)]
        pen.ribbon(spine, [3, 11, 8, 1], (*p.cream, 120))
