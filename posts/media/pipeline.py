"""From an upload to the files that are served: upright, in sRGB, without metadata, in every width.

Only pixels travel from the upload to the result; the same upload gives the same bytes every time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

import blurhash
from PIL import Image

from posts.media import decode
from posts.media.sniff import DEFAULT_LIMITS, Limits, inspect

WIDTHS: Final = (320, 640, 1080, 1600)
WEBP_QUALITY: Final = 80
JPEG_QUALITY: Final = 82
BLURHASH_SIDE: Final = 64
WHITE: Final = (255, 255, 255)

Format = Literal["webp", "jpeg"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One file to serve: size in pixels, format, bytes."""

    width: int
    height: int
    format: Format
    data: bytes


@dataclass(frozen=True, slots=True)
class Processed:
    """A picture written anew: size in pixels of the upright original, its BlurHash, its files from narrow to wide."""

    width: int
    height: int
    blurhash: str
    variants: list[Variant]


def process(data: bytes, *, limits: Limits = DEFAULT_LIMITS, widths: Sequence[int] = WIDTHS) -> Processed:
    """Decode an upload and write it anew as WebP and JPEG at each width. Raises MediaRejected.

    Takes up to about 3 s and 300 MB for 25 megapixels, so it belongs in a worker.
    """
    header = inspect(data, limits)
    picture = decode.upright(data, header, max_width=max(widths))
    variants = []
    for width in variant_widths(picture.width, widths):
        variants += _variants(_at_width(picture, width))
    return Processed(picture.width, picture.height, _blurhash(picture.image), variants)


def variant_widths(width: int, steps: Sequence[int] = WIDTHS) -> list[int]:
    """The widths to write for a picture this wide: never upscaled, and its own width where that is no step."""
    return sorted({step for step in steps if step <= width} | {min(width, max(steps))})


def _at_width(picture: decode.Upright, width: int) -> Image.Image:
    if picture.image.width == width:
        return picture.image
    return picture.image.resize(decode.scaled((picture.width, picture.height), width), Image.Resampling.LANCZOS)


def _variants(image: Image.Image) -> list[Variant]:
    webp, jpeg = BytesIO(), BytesIO()
    image.save(webp, "WEBP", quality=WEBP_QUALITY, method=4)
    _on_white(image).save(jpeg, "JPEG", quality=JPEG_QUALITY, progressive=True, optimize=True)
    return [
        Variant(image.width, image.height, "webp", webp.getvalue()),
        Variant(image.width, image.height, "jpeg", jpeg.getvalue()),
    ]


def _on_white(image: Image.Image) -> Image.Image:
    """JPEG knows no transparency; store pages are white."""
    if image.mode != "RGBA":
        return image
    flat = Image.new("RGB", image.size, WHITE)
    flat.paste(image, mask=image)
    return flat


def _blurhash(image: Image.Image) -> str:
    """BlurHash of 4 x 3 components (blurha.sh); from a thumbnail, since it keeps twelve colours of the picture."""
    thumbnail = _on_white(image)
    thumbnail = thumbnail.resize(
        (min(image.width, BLURHASH_SIDE), min(image.height, BLURHASH_SIDE)), Image.Resampling.LANCZOS
    )
    return str(blurhash.encode(thumbnail, x_components=4, y_components=3))
