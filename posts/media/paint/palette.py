"""Colours that go together, one set for each hour and mood."""

from dataclasses import dataclass
from typing import Final

from posts.media.paint.canvas import Colour, mix


def _colour(code: str) -> Colour:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


@dataclass(frozen=True, slots=True)
class Palette:
    """Roles that colours play in every scene."""

    sky: Colour  # above
    horizon: Colour  # below
    wall: Colour
    wood: Colour
    ink: Colour  # the darkest, for lines and shadows
    cream: Colour  # the lightest, for paper and glaze
    first: Colour
    second: Colour
    third: Colour
    leaf: Colour
    light: Colour  # sun, moon and lamps
    night: bool = False

    def accents(self) -> tuple[Colour, Colour, Colour]:
        """The three colours that goods come in."""
        return self.first, self.second, self.third

    def dark(self, colour: Colour, share: float = 0.2) -> Colour:
        """A colour in the shade."""
        return mix(colour, self.ink, share)

    def pale(self, colour: Colour, share: float = 0.35) -> Colour:
        """A colour in the light."""
        return mix(colour, self.cream, share)


def _palette(codes: str, *, night: bool = False) -> Palette:
    sky, horizon, wall, wood, ink, cream, first, second, third, leaf, light = map(_colour, codes.split())
    return Palette(sky, horizon, wall, wood, ink, cream, first, second, third, leaf, light, night)


# sky, horizon, wall, wood, ink, cream, three accents, leaf, light
PALETTES: Final = {
    "morning": _palette("f9cfae fff1dc f4dcc4 c48a5c 43302b fff7ea d96c4f 7da890 efc373 5d8a66 ffe3a3"),
    "noon": _palette("a9dcdf eef9f2 d5ebe0 d3a06a 21403f fffaf0 e8694a 3b8a83 f2c457 4c9468 fff2b8"),
    "berry": _palette("f6bfb3 fde9dc f2d5d3 b67c62 3d2438 fff4ee c14b68 6e5580 f3ad66 56876f ffe0b0"),
    "olive": _palette("dfe6c4 fbf7df e8e2ca b98550 2b3320 fffbea b8662c 66733f dca25c 77904c fdeeb0"),
    "china": _palette("b9d6ea f4f9fc dce6ee b88a66 1d2c40 fdfdf8 2c5c8c 7ba6c8 e6b267 5b8f83 fff0c4"),
    "persimmon": _palette("f7b27c fdebcf f9ddc0 a9673f 38241d fff6e4 d5502a 2d6c70 f0b548 5f8550 ffe49a"),
    "dusk": _palette("4a4a7c f3a385 6a5f8c 8f5f57 251f3a fdeedd e9785b 5d8aa0 f4bd72 5a8076 ffd59a", night=True),
    "night": _palette("16203f 46577f 2f3d60 80563f 0e1428 fbeed6 f08a5a 62a79a f3cf86 4d7f6a ffd98c", night=True),
}
