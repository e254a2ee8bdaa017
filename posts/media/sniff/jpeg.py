"""JPEG: walk the marker segments up to the first scan (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from posts.media.sniff.verdict import Limits, reject

MAGIC: Final = b"\xff\xd8\xff"
MAX_STEPS: Final = 2_000
# Encoders write about ten scans; a file made of thousands keeps a decoder busy for hours, each scan visits every block.
MAX_SCANS: Final = 100

START_OF_SCAN: Final = 0xDA
DECODABLE_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive; all Huffman coded
OTHER_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - DECODABLE_FRAMES - {0xC4, 0xC8, 0xCC}
ALONE: Final = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a length
END_OF_IMAGE: Final = 0xD9
MARKER_AMONG_PIXELS: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # neither a stuffed byte nor a restart
APP0, APP1, APP2, APP14, APP15, COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE


class Segment(NamedTuple):
    """One marker segment: `data[start:end]` is all of it, `data[body:end]` what follows its length."""

    marker: int
    start: int
    body: int
    end: int


def segments(data: bytes) -> Iterator[Segment]:
    """Each segment from the first to the first start of scan, that one included. Raises MediaRejected."""
    at = 2
    for _ in range(MAX_STEPS):
        if at + 4 > len(data):
            reject("truncated", "ends before the first scan")
        if data[at] != 0xFF:
            reject("corrupt", f"no marker at {at}")
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in ALONE:
            at += 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker < 0xC0 or marker == END_OF_IMAGE or end < at + 4:
            reject("corrupt", f"marker {marker:#x} at {at}")
        if end > len(data):
            reject("truncated", f"segment {marker:#x} passes the end")
        yield Segment(marker, at, at + 4, end)
        if marker == START_OF_SCAN:
            return
        at = end
    reject("corrupt", f"more than {MAX_STEPS} markers")


def read_size(data: bytes, limits: Limits) -> tuple[int, int]:
    """Width and height in pixels as stored. Raises MediaRejected."""
    size: tuple[int, int] | None = None
    scan = len(data)
    for segment in segments(data):
        if segment.marker in OTHER_FRAMES:
            reject("unsupported_type", f"JPEG frame {segment.marker:#x}")
        if segment.marker in DECODABLE_FRAMES:
            if size:
                reject("corrupt", "two frames")
            size = _frame_size(data[segment.body : segment.end])
        scan = segment.end
    if size is None:
        reject("corrupt", "a scan without a frame")
    _check_scans(data, scan)
    return size


def _check_scans(data: bytes, at: int) -> None:
    """Follow the scans from the first one's pixels to the end of the image. Raises MediaRejected."""
    scans = 1
    for _ in range(MAX_STEPS):
        found = MARKER_AMONG_PIXELS.search(data, at)
        if found is None:
            reject("truncated", "no end of image")
        marker = data[found.start() + 1]
        if marker == END_OF_IMAGE:
            return
        scans += marker == START_OF_SCAN
        if scans > MAX_SCANS:
            break
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    reject("corrupt", f"more than {MAX_SCANS} scans or {MAX_STEPS} markers")


def _frame_size(frame: bytes) -> tuple[int, int]:
    if len(frame) < 6:
        reject("corrupt", "short frame header")
    if frame[0] != 8 or frame[5] not in (1, 3, 4):
        reject("unsupported_type", f"{frame[5]} components of {frame[0]} bits")
    return int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big")


def for_decoder(data: bytes) -> tuple[bytes, bytes]:
    """The picture without what a decoder need not see, and its Exif block (empty when there is none).

    Kept are the tables, the frame, the scans, and the segments that decide about colour: JFIF, ICC profile, Adobe.
    So no decoder parses GPS, previews or maker notes, which are private at best and hostile at worst.
    """
    kept, exif = [data[:2]], b""
    scan = len(data)
    for marker, start, body, end in segments(data):
        if marker == START_OF_SCAN:
            scan = start
        elif marker == APP1 and not exif and data.startswith(b"Exif\0\0", body):
            exif = data[body + 6 : end]
        elif _matters(data, marker, body):
            kept.append(data[start:end])
    kept.append(data[scan:])
    return b"".join(kept), exif


def _matters(data: bytes, marker: int, body: int) -> bool:
    if marker == APP2:
        return data.startswith(b"ICC_PROFILE\0", body)
    return marker in (APP0, APP14) or not (APP0 <= marker <= APP15 or marker == COMMENT)
