"""A photo as a phone takes it: on its side, with the place where it was taken in its EXIF data."""

from __future__ import annotations

import struct

from posts.media import paint

WIDTH, HEIGHT = 1200, 900  # as the sensor lies; upright it is HEIGHT x WIDTH
TURN_RIGHT = 6

_SHORT, _LONG, _RATIONAL, _ASCII = 3, 4, 5, 2
# Degrees, minutes and seconds, north and east.
_PLACE = struct.pack("<6I", 29, 1, 16, 1, 282, 10) + struct.pack("<6I", 117, 1, 10, 1, 430, 10)


def sideways_with_gps(*, scene: str, seed: int) -> bytes:
    """A JPEG whose EXIF says orientation 6 and a place on the map (29.2745 N, 117.1786 E)."""
    picture = paint.picture(scene=scene, seed=seed, width=WIDTH, height=HEIGHT)
    return picture[:2] + _exif() + picture[2:]


def has_exif(picture: bytes) -> bool:
    """Whether a file carries EXIF data anywhere, or the numbers of the place."""
    return b"Exif\0\0" in picture or _PLACE in picture


def _exif() -> bytes:
    """An APP1 segment: TIFF header, a directory of two entries, the GPS directory, its numbers (EXIF 2.32, 4.6)."""
    after_ifd0 = 8 + 2 + 2 * 12 + 4
    numbers = after_ifd0 + 2 + 4 * 12 + 4
    ifd0 = _directory((0x0112, _SHORT, 1, TURN_RIGHT), (0x8825, _LONG, 1, after_ifd0))
    gps = _directory(
        (1, _ASCII, 2, ord("N")),
        (2, _RATIONAL, 3, numbers),
        (3, _ASCII, 2, ord("E")),
        (4, _RATIONAL, 3, numbers + 24),
    )
    tiff = b"II*\0" + struct.pack("<I", 8) + ifd0 + gps + _PLACE
    return b"\xff\xe1" + struct.pack(">H", 2 + 6 + len(tiff)) + b"Exif\0\0" + tiff


def _directory(*entries: tuple[int, int, int, int]) -> bytes:
    return struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + b"\0" * 4
