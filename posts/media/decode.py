"""Decode an upload into one small upright sRGB picture without metadata.

The big picture lives shortly: it is reduced to what the widest variant needs before colours are converted or anything
is rotated, so that 25 megapixels cost memory once. Pillow is told which format to expect and never guesses; HEIC goes
to pillow-heif directly, so nothing is registered globally and AVIF stays shut.
"""

from io import BytesIO
from typing import Final, NamedTuple

import pillow_heif
from PIL import Image, ImageCms

from posts.media.exif import orientation
from posts.media.sniff import Header, MediaRejected, Reason, heic, jpeg, png

MAX_PROFILE_BYTES: Final = 4 * 1024 * 1024  # press profiles for CMYK have up to 3 MB
BAND_ROWS: Final = 256
UPRIGHT: Final = 1
TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS: Final = frozenset({5, 6, 7, 8})

Size = tuple[int, int]


class Upright(NamedTuple):
    """The picture to write variants from (RGB or RGBA, no metadata), and the upright size of the original in pixels."""

    image: Image.Image
    width: int
    height: int


class _Source(NamedTuple):
    image: Image.Image
    turn: int  # Exif orientation still to be applied
    size: Size  # of the original as stored; the image may be smaller, where a decoder can reduce as it reads


def scaled(size: Size, width: int) -> Size:
    """`size` brought to `width`, its shape kept, at least one pixel high."""
    return width, max(1, round(size[1] * width / size[0]))


def upright(data: bytes, header: Header, *, max_width: int) -> Upright:
    """Decode what `header` describes, at most `max_width` pixels wide. Raises MediaRejected.

    MemoryError passes: it tells of this machine, not of the picture, and the job may try again.
    """
    try:
        return _upright(data, header, max_width)
    except (MediaRejected, MemoryError):
        raise
    except Exception as error:  # decoders raise whatever they like; all of it means that the file is bad
        reason: Reason = "truncated" if "truncated" in str(error).lower() else "corrupt"
        raise MediaRejected(reason, repr(error)) from error


def _upright(data: bytes, header: Header, max_width: int) -> Upright:
    source = _open(data, header, max_width)
    profile = source.image.info.get("icc_profile")
    target = _stored_target(source.size, source.turn, max_width)
    picture = _to_srgb(_reduced(source.image, target), profile)
    if source.turn in TURNS:
        picture = picture.transpose(TURNS[source.turn])
    picture.info = {}
    width, height = reversed(source.size) if source.turn in SIDEWAYS else source.size
    return Upright(picture, width, height)


def _stored_target(size: Size, turn: int, max_width: int) -> Size:
    """What to reduce the picture to before it is turned."""
    if turn not in SIDEWAYS:
        return scaled(size, min(size[0], max_width))
    height, width = scaled((size[1], size[0]), min(size[1], max_width))
    return width, height


def _open(data: bytes, header: Header, max_width: int) -> _Source:
    match header.kind:
        case "jpeg":
            return _open_jpeg(data, header, max_width)
        case "png":
            kept, exif = png.for_decoder(data)
            image = _load(_announced(kept, "PNG", header))
            return _Source(image, orientation(exif), image.size)
        case "webp":
            image = _load(_announced(data, "WEBP", header))
            return _Source(image, orientation(image.info.get("exif", b"")), image.size)
        case "heic":
            image = _open_heic(data)
            return _Source(image, UPRIGHT, image.size)  # libheif has applied the file's own rotation


def _announced(data: bytes, plugin: str, header: Header) -> Image.Image:
    """Open without decoding, and insist that the decoder sees the size that was held against the limits."""
    image = Image.open(BytesIO(data), formats=[plugin])
    if image.size != (header.width, header.height) or getattr(image, "n_frames", 1) != 1:
        raise MediaRejected("corrupt", f"announced {header}, found {image.size}")
    return image


def _load(image: Image.Image) -> Image.Image:
    image.load()
    return image


def _open_jpeg(data: bytes, header: Header, max_width: int) -> _Source:
    kept, exif = jpeg.for_decoder(data)
    image = _announced(kept, "JPEG", header)
    size, turn = image.size, orientation(exif)
    image.draft(None, _stored_target(size, turn, max_width))  # decodes at 1/2, 1/4 or 1/8 where that is enough
    return _Source(_load(image), turn, size)


def _open_heic(data: bytes) -> Image.Image:
    file = pillow_heif.open_heif(heic.for_decoder(data), convert_hdr_to_8bit=True)
    image: Image.Image = file[file.primary_index].to_pillow()
    return image


def _reduced(image: Image.Image, target: Size) -> Image.Image:
    """The picture at `target` size as L, RGB, RGBA or CMYK, by Lanczos.

    The filter is separable, so it runs over bands of rows first and then down the narrow result: only a band is ever
    held in full width in the form that a filter needs (eight bits, true colours, multiplied by their alpha).
    """
    narrow: Image.Image | None = None
    for top in range(0, image.height, BAND_ROWS):
        bottom = min(top + BAND_ROWS, image.height)
        band = _eight_bit(image.crop((0, top, image.width, bottom)))
        band = band.resize((target[0], bottom - top), Image.Resampling.LANCZOS)
        if narrow is None:
            narrow = Image.new(band.mode, (target[0], image.height))
        narrow.paste(band, (0, top))
    assert narrow is not None
    return narrow.resize(target, Image.Resampling.LANCZOS)


def _eight_bit(image: Image.Image) -> Image.Image:
    """The same picture as L, RGB, RGBA or CMYK, whose pixels can be averaged."""
    if image.mode == "I;16":
        return image.point(lambda value: value * (1 / 256)).convert("L")  # convert alone would clip
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB; RGBA where something is really transparent. A profile that does not fit the picture is ignored."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha else image
    converted = _through_profile(colours, profile) or colours.convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        converted.putalpha(alpha)
    return converted


def _through_profile(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    if not profile or len(profile) > MAX_PROFILE_BYTES:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
