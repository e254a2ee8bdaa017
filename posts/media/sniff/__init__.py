"""Look at the header of an upload, decode nothing, and say what it is or why it is not let in.

The kind comes from the bytes, never from a file's name or declared type. The walk over segments, chunks and boxes is
bounded in steps and copies nothing, so a hostile file costs milliseconds.

A file that is a picture and something else besides (HTML, ZIP or a script after the last byte of the picture, or in a
comment) is let in: only decoded pixels are ever written again and the upload is thrown away, so nothing of the payload
is kept or served. A file whose first bytes promise a picture that does not follow is refused as `corrupt`.
"""

from collections.abc import Callable
from typing import Final

from posts.media.sniff import heic, jpeg, png, webp
from posts.media.sniff.verdict import Header, Kind, Limits, MediaRejected, Reason, reject

__all__ = ["DEFAULT_LIMITS", "Header", "Kind", "Limits", "MediaRejected", "Reason", "inspect"]

DEFAULT_LIMITS: Final = Limits()

# Pictures and documents that people do send; named so that the refusal can say "another kind" instead of "no picture".
OTHER_KINDS: Final = (
    b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM", b"%PDF-", b"8BPS", b"\0\0\1\0",
    b"\xff\x0a", b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"P5\n", b"P6\n", b"qoif",
)  # fmt: skip

READERS: Final[dict[Kind, Callable[[bytes, Limits], tuple[int, int]]]] = {
    "jpeg": jpeg.read_size,
    "png": png.read_size,
    "webp": webp.read_size,
    "heic": heic.read_size,
}


def inspect(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    """Kind and stored size in pixels of a picture, from its header alone. Raises MediaRejected with a reason."""
    if len(data) > limits.max_bytes:
        reject("too_large", f"{len(data)} bytes")
    kind = _kind(data)
    width, height = READERS[kind](data, limits)
    if min(width, height) < limits.min_side:
        reject("too_small", f"{width} x {height}")
    if width * height > limits.max_pixels:
        reject("too_many_pixels", f"{width} x {height}")
    if max(width, height) > limits.max_side:
        reject("side_too_long", f"{width} x {height}")
    return Header(kind, width, height)


def _kind(data: bytes) -> Kind:
    if data.startswith(jpeg.MAGIC):
        return "jpeg"
    if data.startswith(png.MAGIC):
        return "png"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        return "heic"
    raise MediaRejected("unsupported_type" if data.startswith(OTHER_KINDS) or _is_svg(data) else "not_an_image")


def _is_svg(data: bytes) -> bool:
    start = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in start
