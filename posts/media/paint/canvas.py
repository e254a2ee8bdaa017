"""A pen that draws smooth flat shapes with soft edges, in coordinates of its own.

The sheet is 1200 x 900 units whatever the picture measures in pixels; other shapes of picture show its middle. All is
drawn twice as large and reduced at the end, which is what smooths the edges.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Self

from PIL import Image, ImageDraw

SHEET: Final = (1200, 900)
OVERSAMPLING: Final = 2
CURVE_STEPS: Final = 7

Colour = tuple[int, int, int]
Paint = tuple[int, int, int] | tuple[int, int, int, int]
Point = tuple[float, float]
Profile = Sequence[Point]  # half a width and a height above the ground, from the foot up


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a share, 0 to 1, of `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def see_through(colour: Colour, opacity: float) -> Paint:
    """The colour at an opacity from 0 to 1."""
    return (*colour, round(255 * opacity))


def smooth(points: Sequence[Point], *, closed: bool = True) -> tuple[Point, ...]:
    """A Catmull-Rom curve through all the points."""
    return _smooth(tuple(points), closed)


@lru_cache(maxsize=2048)  # leaves and petals come by the hundred, all of one form
def _smooth(points: tuple[Point, ...], closed: bool) -> tuple[Point, ...]:
    count = len(points)
    spans = count if closed else count - 1
    curve: list[Point] = [] if closed else [points[0]]
    for n in range(spans):
        if closed:
            p0, p1, p2, p3 = (points[(n + k) % count] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(n + k, 0), count - 1)] for k in (-1, 0, 1, 2))
        curve += [_between(p0, p1, p2, p3, step / CURVE_STEPS) for step in range(1, CURVE_STEPS + 1)]
    return tuple(curve)


def _between(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    a, b, c, d = -t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2
    return (
        (a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0]) / 2,
        (a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]) / 2,
    )


@lru_cache(maxsize=2048)
def arc(x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360) -> tuple[Point, ...]:
    """Points on an ellipse, by angle in degrees from the right, clockwise as y grows downwards."""
    steps = max(6, round(abs(end - start) / 7))
    angles = [math.radians(start + (end - start) * n / steps) for n in range(steps + 1)]
    return tuple((x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles)


@cache
def _radial_mask() -> Image.Image:
    """White in the middle, black at the rim and beyond."""
    return Image.radial_gradient("L").point([max(0, 255 - round(value * 1.02 * 256 / 181)) for value in range(256)])


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws on a sheet through an affine map, so that each thing is drawn around its own foot, y pointing down."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    xx: float
    xy: float
    x0: float
    yx: float
    yy: float
    y0: float

    def to(self, x: float, y: float, scale: float = 1, turn: float = 0, mirrored: bool = False) -> Self:
        """A pen whose origin lies at (x, y), scaled, turned by degrees clockwise, and perhaps mirrored."""
        cos, sin = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale
        flip = -1 if mirrored else 1
        x0, y0 = self._map(x, y)
        return type(self)(
            self.image,
            self.draw,
            (self.xx * cos + self.xy * sin) * flip,
            self.xy * cos - self.xx * sin,
            x0,
            (self.yx * cos + self.yy * sin) * flip,
            self.yy * cos - self.yx * sin,
            y0,
        )

    def _map(self, x: float, y: float) -> Point:
        return self.xx * x + self.xy * y + self.x0, self.yx * x + self.yy * y + self.y0

    def _size(self, length: float) -> float:
        return length * math.hypot(self.xx, self.yx)

    def polygon(self, points: Iterable[Point], fill: Paint) -> None:
        """Fill straight edges."""
        self.draw.polygon([self._map(x, y) for x, y in points], fill=fill)

    def blob(self, points: Sequence[Point], fill: Paint) -> None:
        """Fill a smooth closed curve through the points."""
        self.polygon(smooth(points), fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float | None = None, *, fill: Paint) -> None:
        """Fill an ellipse about (x, y); a circle when only one radius is given."""
        self.polygon(arc(x, y, rx, rx if ry is None else ry), fill)

    def rect(self, x: float, y: float, width: float, height: float, fill: Paint, radius: float = 0) -> None:
        """Fill a rectangle from its upper left corner, its corners rounded by `radius`."""
        right, low = x + width, y + height
        if not radius:
            self.polygon([(x, y), (right, y), (right, low), (x, low)], fill)
            return
        r = min(radius, width / 2, height / 2)
        corners = [(right - r, low - r, 0), (x + r, low - r, 90), (x + r, y + r, 180), (right - r, y + r, 270)]
        self.polygon([p for cx, cy, start in corners for p in arc(cx, cy, r, r, start, start + 90)], fill)

    def line(self, points: Sequence[Point], width: float, fill: Paint) -> None:
        """Draw a line with round ends, as thick as `width` units."""
        thick = max(1.0, self._size(width))
        mapped = [self._map(x, y) for x, y in points]
        self.draw.line(mapped, fill=fill, width=round(thick), joint="curve")
        for x, y in (mapped[0], mapped[-1]) if thick > 2 else ():
            self.draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)

    def curve(self, points: Sequence[Point], width: float, fill: Paint) -> None:
        """Draw a smooth line through the points."""
        self.line(smooth(points, closed=False), width, fill)

    def ribbon(self, points: Sequence[Point], widths: Sequence[float], fill: Paint) -> None:
        """Fill a band along a smooth line, its width changing from one end to the other."""
        spine = smooth(points, closed=False)
        left, right = [], []
        for n, (x, y) in enumerate(spine):
            (ax, ay), (bx, by) = spine[max(n - 1, 0)], spine[min(n + 1, len(spine) - 1)]
            length = math.hypot(bx - ax, by - ay) or 1
            place = n / (len(spine) - 1) * (len(widths) - 1)
            low = min(int(place), len(widths) - 2)
            half = (widths[low] + (widths[low + 1] - widths[low]) * (place - low)) / 2
            nx, ny = -(by - ay) / length * half, (bx - ax) / length * half
            left.append((x + nx, y + ny))
            right.append((x - nx, y - ny))
        self.polygon([*left, *reversed(right)], fill)

    def turned(self, profile: Profile, fill: Paint, *, start: float = -1, end: float = 1, curved: bool = True) -> None:
        """Fill a thing turned on a wheel, or the part of it between two shares (-1 to 1) of its half width."""
        rim = smooth(profile, closed=False) if curved else list(profile)
        self.polygon([*((w * start, -h) for w, h in rim), *((w * end, -h) for w, h in reversed(rim))], fill)

    def vessel(self, profile: Profile, fill: Colour, *, shade: Colour, curved: bool = True) -> None:
        """A turned thing with its shadow side on the right and a gleam on the left."""
        self.turned(profile, fill, curved=curved)
        self.turned(profile, see_through(shade, 0.28), start=0.42, curved=curved)
        self.turned(profile, see_through((255, 255, 255), 0.22), start=-0.8, end=-0.62, curved=curved)

    def gradient(self, x: float, y: float, width: float, height: float, top: Colour, bottom: Colour) -> None:
        """Fill an upright rectangle with colours that run from top to bottom."""
        (left, high), (right, low) = self._map(x, y), self._map(x + width, y + height)
        box = (round(left), round(high), round(right), round(low))
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        column = Image.new("RGB", (1, 64))
        column.putdata([mix(top, bottom, n / 63) for n in range(64)])
        tall = column.resize((1, box[3] - box[1]), Image.Resampling.BILINEAR)
        self.image.paste(tall.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.NEAREST), box[:2])

    def reflect(self, y: float, depth: float) -> None:
        """Mirror what lies above the line at `y`, as deep as this, below it over the whole width."""
        high, line = round(self._map(0, y - depth)[1]), round(self._map(0, y)[1])
        strip = self.image.crop((0, high, self.image.width, line))
        self.image.paste(strip.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, line))

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 0.6) -> None:
        """Light (or, in a dark colour, shadow) that fades with the distance from (x, y)."""
        cx, cy = self._map(x, y)
        side = max(2, round(self._size(radius) * 2))
        mask = _radial_mask().point([round(value * strength) for value in range(256)]).resize((side, side))
        self.image.paste(colour, (round(cx) - side // 2, round(cy) - side // 2), mask)

    def shadow(self, width: float, colour: Colour, strength: float = 0.3) -> None:
        """What a thing as wide as this casts on the ground it stands on."""
        self.ellipse(width * 0.1, 1, width * 0.62, width * 0.07, fill=see_through(colour, strength * 0.6))
        self.ellipse(width * 0.04, 0, width * 0.5, width * 0.04, fill=see_through(colour, strength))


def sheet(width: int, height: int, colour: Colour) -> Pen:
    """A pen on a fresh sheet for a picture of this many pixels."""
    image = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), colour)
    scale = max(image.width / SHEET[0], image.height / SHEET[1])
    left, high = (image.width - SHEET[0] * scale) / 2, (image.height - SHEET[1] * scale) / 2
    return Pen(image, ImageDraw.Draw(image, "RGBA"), scale, 0, left, 0, scale, high)


def finished(pen: Pen) -> Image.Image:
    """The picture at its own size."""
    return pen.image.reduce(OVERSAMPLING)
