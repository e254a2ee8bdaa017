"""HEIC: walk the ISO boxes for the primary item's size (ISO/IEC 14496-12 and 23008-12)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from posts.media.sniff.verdict import Limits, reject

MAX_BOXES: Final = 5_000
MAX_ITEMS: Final = 2_000
STILL: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2"})
MOVING: Final = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})
OTHER_CODECS: Final = frozenset({b"avif", b"avis"})
METADATA_ITEMS: Final = frozenset({b"Exif", b"mime", b"uri "})


class Box(NamedTuple):
    """One box: its type, and `data[start:end]` is its body."""

    kind: bytes
    start: int
    end: int


class Items(NamedTuple):
    """What the meta box tells: the primary item, each item's type and size, and the tiles of each derived item."""

    primary: int
    kinds: dict[int, bytes]
    sizes: dict[int, tuple[int, int]]
    tiles: dict[int, list[int]]


def read_size(data: bytes, limits: Limits) -> tuple[int, int]:
    """Width and height in pixels of the primary picture before rotation. Raises MediaRejected.

    Other still pictures in the file (previews, depth, gain maps) are not counted as frames: they are never decoded.
    """
    top = list(_boxes(data, 0, len(data)))
    _check_brands(data, top[0])
    items = _items(data, _one(top, b"meta"))
    kind = items.kinds.get(items.primary)
    if kind not in (b"hvc1", b"grid"):
        reject("unsupported_type", f"primary item {kind!r}")
    if items.primary not in items.sizes:
        reject("corrupt", "no size for the primary item")
    _check_areas(items, limits)
    return items.sizes[items.primary]


def for_decoder(data: bytes) -> bytes:
    """The same file with its metadata items renamed to a type that no decoder reads, in place, so that offsets hold."""
    renamed = bytearray(data)
    meta = _one(list(_boxes(data, 0, len(data))), b"meta")
    for _, kind, at in _item_infos(data, _one(list(_boxes(data, meta.start + 4, meta.end)), b"iinf")):
        if kind in METADATA_ITEMS:
            renamed[at : at + 4] = b"void"
    return bytes(renamed)


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    at = start
    for _ in range(MAX_BOXES):
        if at + 8 > end:
            return
        size, body = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if at + size < body:
            reject("corrupt", f"box of {size} bytes at {at}")
        if at + size > end:
            reject("truncated", f"box at {at} passes the end")
        yield Box(data[at + 4 : at + 8], body, at + size)
        at += size
    reject("corrupt", f"more than {MAX_BOXES} boxes")


def _one(boxes: list[Box], kind: bytes) -> Box:
    """The only box of its type: with two of them, ours and the decoder's reading of the file could differ."""
    found = [box for box in boxes if box.kind == kind]
    if len(found) != 1:
        reject("corrupt", f"{len(found)} boxes {kind!r}")
    return found[0]


def _check_brands(data: bytes, ftyp: Box) -> None:
    major = data[ftyp.start : ftyp.start + 4]
    brands = {major, *(data[at : at + 4] for at in range(ftyp.start + 8, min(ftyp.end, ftyp.start + 264), 4))}
    if major in MOVING:
        reject("animated", f"brand {major!r}")
    if brands & OTHER_CODECS or not brands & STILL:
        reject("unsupported_type", f"brand {major!r}")


def _check_areas(items: Items, limits: Limits) -> None:
    """A decoder allocates what an item or a grid of tiles announces, so every one of them is held to the limit."""
    for width, height in items.sizes.values():
        if width * height > limits.max_pixels:
            reject("too_many_pixels", f"item of {width} x {height}")
    for item, tiles in items.tiles.items():
        if items.kinds.get(item) != b"grid":
            continue
        if any(items.kinds.get(tile) != b"hvc1" or tile not in items.sizes for tile in tiles):
            reject("corrupt", "a grid of something else than pictures")
        area = sum(items.sizes[tile][0] * items.sizes[tile][1] for tile in tiles)
        if area > 2 * limits.max_pixels:  # tiles at the right and lower edge may stick out
            reject("too_many_pixels", f"tiles of {area} pixels")


def _items(data: bytes, meta: Box) -> Items:
    parts = list(_boxes(data, meta.start + 4, meta.end))
    kinds = {item: kind for item, kind, _ in _item_infos(data, _one(parts, b"iinf"))}
    tiles: dict[int, list[int]] = {}
    for box in parts:
        if box.kind == b"iref":
            for item, parts_of_it in _derivations(data, box):
                tiles.setdefault(item, []).extend(parts_of_it)
    properties = list(_boxes(data, *_one(parts, b"iprp")[1:]))
    return Items(_primary(data, _one(parts, b"pitm")), kinds, _sizes(data, properties), tiles)


def _primary(data: bytes, box: Box) -> int:
    return _number(data, box.start + 4, 2 if _number(data, box.start, 1) == 0 else 4)


def _item_infos(data: bytes, box: Box) -> Iterator[tuple[int, bytes, int]]:
    """Each item as (id, type, offset of the type in the file)."""
    first = box.start + (6 if _number(data, box.start, 1) == 0 else 8)
    for count, entry in enumerate(_boxes(data, first, box.end)):
        if count >= MAX_ITEMS:
            reject("corrupt", f"more than {MAX_ITEMS} items")
        version = _number(data, entry.start, 1)
        if entry.kind != b"infe" or version < 2:
            continue
        width = 2 if version == 2 else 4
        at = entry.start + 4 + width + 2
        yield _number(data, entry.start + 4, width), data[at : at + 4], at


def _derivations(data: bytes, box: Box) -> Iterator[tuple[int, list[int]]]:
    """Each derived item with the items that it is made of."""
    width = 2 if _number(data, box.start, 1) == 0 else 4
    for entry in _boxes(data, box.start + 4, box.end):
        if entry.kind == b"dimg":
            count = _number(data, entry.start + width, 2)
            first = entry.start + width + 2
            if first + count * width > entry.end:
                reject("corrupt", "references pass the end of their box")
            yield (
                _number(data, entry.start, width),
                [_number(data, first + n * width, width) for n in range(count)],
            )


def _sizes(data: bytes, properties: list[Box]) -> dict[int, tuple[int, int]]:
    """The size of each item that has one: `ipma` ties items to the numbered properties in `ipco`."""
    listed = list(_boxes(data, *_one(properties, b"ipco")[1:]))
    spatial = {
        number: (_number(data, box.start + 4, 4), _number(data, box.start + 8, 4))
        for number, box in enumerate(listed, start=1)
        if box.kind == b"ispe" and box.end - box.start >= 12
    }
    sizes: dict[int, tuple[int, int]] = {}
    for box in properties:
        if box.kind == b"ipma":
            for item, number in _associations(data, box):
                if number in spatial and sizes.setdefault(item, spatial[number]) != spatial[number]:
                    reject("corrupt", "an item of two sizes")
    return sizes


def _associations(data: bytes, box: Box) -> Iterator[tuple[int, int]]:
    """Each tie as (item, number of a property)."""
    id_width = 2 if _number(data, box.start, 1) == 0 else 4
    wide = _number(data, box.start + 3, 1) & 1 == 1
    entries = _number(data, box.start + 4, 4)
    if entries > MAX_ITEMS:
        reject("corrupt", f"more than {MAX_ITEMS} items")
    at = box.start + 8
    for _ in range(entries):
        if at + id_width >= box.end:
            reject("corrupt", "associations pass the end of their box")
        item, count = _number(data, at, id_width), data[at + id_width]
        at += id_width + 1
        for _ in range(count):
            yield item, _number(data, at, 2) & 0x7FFF if wide else _number(data, at, 1) & 0x7F
            at += 2 if wide else 1


def _number(data: bytes, at: int, width: int) -> int:
    if at + width > len(data):
        reject("truncated", "ends inside a box")
    return int.from_bytes(data[at : at + width], "big")
