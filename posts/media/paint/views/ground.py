"""What the views have in common: the far distance and the grass underfoot."""

from random import Random

from posts.media.paint.canvas import Pen, mix
from posts.media.paint.landscape import mountains, sky
from posts.media.paint.palette import Palette


def far(pen: Pen, p: Palette, rng: Random, *, ground: float = 560) -> None:
    """Sky and mountains down to the line at `ground`, and their foot below it."""
    sky(pen, p, rng, 0, 0, 1200, ground)
    mountains(pen, p, rng, (-100, 1400, ground), layers=3)
    pen.rect(0, ground - 1, 1200, 200, mix(p.horizon, p.leaf, 0.7))


def meadow(pen: Pen, p: Palette, rng: Random, top: float, *, shade: float = 0.0) -> None:
    """A rolling field down to the lower edge."""
    green = mix(p.dark(p.leaf, 0.25 if p.night else 0.0), p.third, 0.3 - shade)
    lift = rng.uniform(20, 60)
    edge = [(-400.0, top + 30), (150, top - lift), (600, top + 24), (1000, top - lift * 0.6), (1600, top + 20)]
    pen.blob([*edge, (1900, 1500), (-700, 1500)], green)
