"""PNG: walk all chunks (PNG specification, third edition, sections 5 and 11)."""

from collections.abc import Iterator
from typing import Final

from posts.media.sniff.verdict import Limits, reject

MAGIC: Final = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS: Final = 20_000
DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by colour type
NEEDED: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"IDAT", b"IEND"})


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk up to IEND as (type, start, end), length and checksum included. Raises MediaRejected."""
    at = len(MAGIC)
    for _ in range(MAX_CHUNKS):
        if at + 12 > len(data):
            reject("truncated", "no IEND")
        kind = data[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if not kind.isalpha():
            reject("corrupt", f"chunk type {kind!r}")
        if end > len(data):
            reject("truncated", f"{kind!r} passes the end")
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end
    reject("corrupt", f"more than {MAX_CHUNKS} chunks")


def read_size(data: bytes, limits: Limits) -> tuple[int, int]:
    """Width and height in pixels. Raises MediaRejected; any APNG control chunk makes the file `animated`."""
    size = _header(data)
    if size[0] * size[1] > limits.max_pixels:
        return size  # refused by the caller; nothing after this matters
    pixels = False
    for kind, start, _ in chunks(data):
        if kind == b"acTL":
            reject("animated", "APNG")
        if kind == b"IHDR" and start != len(MAGIC):
            reject("corrupt", "two headers")
        pixels = pixels or kind == b"IDAT"
    if not pixels:
        reject("corrupt", "no IDAT")
    return size


def _header(data: bytes) -> tuple[int, int]:
    start = len(MAGIC)
    if len(data) < start + 25:
        reject("truncated", "ends in its header")
    if data[start : start + 8] != b"\0\0\0\x0dIHDR":
        reject("corrupt", "does not start with IHDR")
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    depth, colour, compression, filtering, interlace = data[24:29]
    if depth not in DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        reject("corrupt", "impossible IHDR")
    return width, height


def for_decoder(data: bytes) -> tuple[bytes, bytes]:
    """The picture without what a decoder need not see, and its Exif block (empty when there is none).

    Texts, times and unknown chunks are left out, so that no decoder inflates them.
    """
    kept, exif = [MAGIC], b""
    for kind, start, end in chunks(data):
        if kind in NEEDED:
            kept.append(data[start:end])
        elif kind == b"eXIf":
            exif = data[start + 8 : end - 4]
    return b"".join(kept), exif
