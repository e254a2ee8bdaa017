"""WebP: walk the RIFF chunks and read the size out of the bitstream (RFC 9649)."""

from collections.abc import Iterator
from typing import Final

from posts.media.sniff.verdict import Limits, reject

MAX_CHUNKS: Final = 1_000
ANIMATION_FLAG: Final = 0x02


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk as (type, start of its body, end of its body). Raises MediaRejected."""
    end_of_file = 8 + int.from_bytes(data[4:8], "little")
    if end_of_file > len(data):
        reject("truncated", "shorter than its RIFF header says")
    at = 12
    for _ in range(MAX_CHUNKS):
        if at + 8 > end_of_file:
            return
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if end > end_of_file:
            reject("truncated", f"{data[at : at + 4]!r} passes the end")
        yield data[at : at + 4], at + 8, end
        at = end + end % 2
    reject("corrupt", f"more than {MAX_CHUNKS} chunks")


def read_size(data: bytes, limits: Limits) -> tuple[int, int]:
    """Width and height in pixels. Raises MediaRejected."""
    canvas: tuple[int, int] | None = None
    picture: tuple[int, int] | None = None
    for kind, start, end in chunks(data):
        body = data[start : min(end, start + 10)]
        if kind == b"VP8X" and canvas is None:
            canvas = _canvas_size(body)
        elif kind in (b"ANIM", b"ANMF"):
            reject("animated", "WebP animation")
        elif kind in (b"VP8 ", b"VP8L") and picture is None:
            picture = _lossy_size(body) if kind == b"VP8 " else _lossless_size(body)
    if picture is None:
        reject("corrupt", "no picture in it")
    if canvas is not None and canvas != picture:
        reject("corrupt", f"canvas {canvas}, picture {picture}")
    return picture


def _canvas_size(body: bytes) -> tuple[int, int]:
    if len(body) < 10:
        reject("corrupt", "short VP8X")
    if body[0] & ANIMATION_FLAG:
        reject("animated", "WebP animation")
    return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1


def _lossy_size(body: bytes) -> tuple[int, int]:
    if len(body) < 10 or body[3:6] != b"\x9d\x01\x2a":
        reject("corrupt", "no VP8 frame")
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _lossless_size(body: bytes) -> tuple[int, int]:
    if len(body) < 5 or body[0] != 0x2F:
        reject("corrupt", "no VP8L frame")
    bits = int.from_bytes(body[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
