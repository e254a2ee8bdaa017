"""What is not let in, why, and that finding out costs next to nothing."""

import contextlib
import io
import struct
import time
import zipfile
import zlib

import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from posts.media.pipeline import Processed, process
from posts.media.sniff import Header, Limits, MediaRejected, inspect

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")


def drawing(mode: str = "RGB", size: tuple[int, int] = (90, 70)) -> Image.Image:
    """Something with edges and colours, so that a codec has work to do."""
    grey = Image.radial_gradient("L").resize(size)
    bands = [grey, grey.transpose(Image.Transpose.ROTATE_180), Image.linear_gradient("L").resize(size), grey]
    return Image.merge("RGBA", bands).convert(mode)


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (90, 70), **options: object) -> bytes:
    """A file of the given Pillow format."""
    out, image = io.BytesIO(), drawing(mode, size)
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(out, **options)
    else:
        image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, *extra: bytes, pixels: bytes = b"") -> bytes:
    """A grey PNG made by hand: any size may be announced, any chunk put in."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(pixels or bytes((width + 1) * height) if height < 100 else b""))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + chunk(b"IEND", b"")


def moving(kind: str, frames: int) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("L", (8, 8), n * 80 % 256) for n in range(frames)]
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:])
    return out.getvalue()


def reason_for(data: bytes, limits: Limits | None = None) -> str:
    """The reason that the header alone gives."""
    with pytest.raises(MediaRejected) as caught:
        inspect(data, limits or Limits())
    assert str(caught.value).endswith(".")
    return caught.value.reason


JPEG, PNG, WEBP, HEIC = encoded("JPEG"), encoded("PNG"), encoded("WEBP"), encoded("HEIF", quality=50)
WEBP_OF_16384_SQUARED = b"RIFF\x16\0\0\0WEBPVP8L\x05\0\0\0\x2f\xff\xff\xff\xff" + bytes(5)
VALID = [
    JPEG,
    encoded("JPEG", progressive=True),
    encoded("JPEG", "CMYK"),
    PNG,
    encoded("PNG", "RGBA"),
    WEBP,
    encoded("WEBP", "RGBA", lossless=True),
    HEIC,
    encoded("HEIF", "RGBA", quality=50),
]


@pytest.mark.parametrize(("data", "kind"), [(JPEG, "jpeg"), (PNG, "png"), (WEBP, "webp"), (HEIC, "heic")])
def test_the_header_tells_kind_and_size(data: bytes, kind: str) -> None:
    header = inspect(data)
    assert header.kind == kind
    if kind == "heic":
        assert (header.width, header.height) == pillow_heif.open_heif(data).size
    else:
        assert (header.width, header.height) == (90, 70)


def test_a_file_over_ten_megabytes_is_refused_before_it_is_read() -> None:
    assert reason_for(JPEG + bytes(10 * 1024 * 1024)) == "too_large"


def test_the_limits_are_the_callers() -> None:
    assert reason_for(JPEG, Limits(max_bytes=100)) == "too_large"
    assert reason_for(PNG, Limits(max_pixels=6299)) == "too_many_pixels"
    assert reason_for(WEBP, Limits(max_side=89)) == "side_too_long"
    assert reason_for(PNG, Limits(min_side=71)) == "too_small"
    assert inspect(PNG, Limits(max_pixels=6300, max_side=90, min_side=70)) == Header("png", 90, 70)


@pytest.mark.alone
def test_a_196_megapixel_png_is_refused_from_its_header() -> None:
    started = time.perf_counter()
    assert reason_for(png_of(14_000, 14_000)) == "too_many_pixels"
    assert time.perf_counter() - started < 0.05


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (png_of(25_000_001, 1), "too_many_pixels"),
        (png_of(20_000, 100), "side_too_long"),
        (png_of(0, 10), "too_small"),
        (WEBP_OF_16384_SQUARED, "too_many_pixels"),
        (JPEG.replace(struct.pack(">HH", 70, 90), b"\xff\xff\xff\xff"), "too_many_pixels"),
        (HEIC.replace(HEIC[HEIC.index(b"ispe") + 8 :][:8], b"\x00\x01\x00\x00" * 2), "too_many_pixels"),
    ],
    ids=["wide", "long", "empty", "webp", "jpeg", "heic"],
)  # fmt: skip
def test_absurd_sizes_are_refused(data: bytes, reason: str) -> None:
    assert reason_for(data) == reason


def test_moving_pictures_are_refused() -> None:
    assert reason_for(moving("PNG", 3)) == "animated"
    assert reason_for(moving("WEBP", 3)) == "animated"
    assert reason_for(HEIC.replace(b"ftypheic", b"ftyphevc", 1)) == "animated"
    assert reason_for(HEIC.replace(b"ftypheic", b"ftypmsf1", 1)) == "animated"


@pytest.mark.alone
def test_a_gif_of_a_thousand_frames_is_refused_at_once() -> None:
    gif = moving("GIF", 1000)
    started = time.perf_counter()
    assert reason_for(gif) == "unsupported_type"
    assert time.perf_counter() - started < 0.01


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "AVIF", "ICO", "PDF", "PPM", "JPEG2000"])
def test_other_kinds_of_pictures_are_named_as_such(kind: str) -> None:
    assert reason_for(encoded(kind)) == "unsupported_type"


@pytest.mark.parametrize(
    "text",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg></svg>',
        b"\n  <!-- photo.jpg -->\n<SVG></SVG>",
    ],
)
def test_an_svg_is_refused_whatever_its_name_is(text: bytes) -> None:
    assert reason_for(text) == "unsupported_type"


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"hello", b"<html><svg></html>", b"PK\x03\x04zip", bytes(100), JPEG[1:]]
)
def test_what_is_no_picture_is_called_no_picture(data: bytes) -> None:
    assert reason_for(data) == "not_an_image"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff<html><script>alert(1)</script></html>",
        PNG[:8] + JPEG,
        b"RIFF" + struct.pack("<I", len(JPEG) + 4) + b"WEBP" + JPEG,
        HEIC[:28] + struct.pack(">I4s", len(JPEG) + 8, b"mdat") + JPEG,
        JPEG[:2] + b"\xff\xe0\x00\x01" + JPEG[2:],
        PNG.replace(b"IDAT", b"I\0AT"),
    ],
    ids=["html", "png", "webp", "heic", "segment without length", "chunk with a bad name"],
)
def test_magic_bytes_alone_make_no_picture(data: bytes) -> None:
    assert reason_for(data) in {"corrupt", "truncated"}


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP, HEIC], ids=["jpeg", "png", "webp", "heic"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_file_that_ends_too_early_is_refused_by_its_header(data: bytes, share: float) -> None:
    assert reason_for(data[: int(len(data) * share)]) in {"truncated", "corrupt"}


def test_rare_jpeg_codings_are_refused() -> None:
    frame = JPEG.index(b"\xff\xc0")
    assert reason_for(JPEG[:frame] + b"\xff\xc3" + JPEG[frame + 2 :]) == "unsupported_type"
    assert reason_for(JPEG[: frame + 4] + b"\x0c" + JPEG[frame + 5 :]) == "unsupported_type"


def test_a_second_header_is_refused() -> None:
    frame = JPEG.index(b"\xff\xc0")
    assert reason_for(JPEG[:frame] + JPEG[frame : frame + 19] + JPEG[frame:]) == "corrupt"
    assert reason_for(png_of(8, 8, png_of(9, 9)[8:33])) == "corrupt"


def test_a_webp_whose_canvas_and_picture_differ_is_refused() -> None:
    extended = bytearray(encoded("WEBP", "RGBA"))
    assert extended[12:16] == b"VP8X"
    extended[24] += 1
    assert reason_for(bytes(extended)) == "corrupt"


@pytest.mark.parametrize(
    "data",
    [
        JPEG[:2] + b"\xff\xe5\x00\x02" * 2_000_000 + JPEG[2:],
        JPEG[:2] + b"\xff" * 9_000_000 + JPEG[2:],
        JPEG[:-2] + b"\xff\xda\x00\x02" * 2_000_000 + b"\xff\xd9",
        png_of(8, 8, chunk(b"teXt", b"") * 700_000),
        b"RIFF" + struct.pack("<I", 8_000_004) + b"WEBP" + b"JUNK\0\0\0\0" * 1_000_000,
        HEIC[:28] + b"\0\0\0\x08free" * 1_000_000,
    ],
    ids=["segments", "padding", "scans", "chunks", "riff chunks", "boxes"],
)
@pytest.mark.alone
def test_a_header_that_never_ends_is_refused_quickly(data: bytes) -> None:
    started = time.perf_counter()
    assert reason_for(data) == "corrupt"
    assert time.perf_counter() - started < 0.25


def test_a_grid_that_repeats_a_big_tile_is_refused() -> None:
    tiled = encoded("HEIF", size=(1024, 1024), tile_size=512, quality=30)
    assert inspect(tiled, Limits(max_pixels=1_048_576))
    size = struct.pack(">II", 512, 512)
    assert tiled.count(size) == 1
    assert reason_for(tiled.replace(size, struct.pack(">II", 4096, 4096))) == "too_many_pixels"


def test_a_payload_behind_the_picture_is_let_in_and_left_behind() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.html", "<script>alert('payload')</script>")
    hidden = archive.getvalue()
    for picture in VALID:
        clean = process(picture)
        if inspect(picture).kind == "heic":
            continue  # bytes after the last box are no box
        assert process(picture + hidden) == clean
        assert all(b"payload" not in v.data and b"PK\x03\x04" not in v.data for v in clean.variants)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_or_processed(data: bytes) -> None:
    for prefix in (b"", JPEG[:20], PNG[:33], WEBP[:30], HEIC[:40]):
        judge(prefix + data)


@given(
    picture=st.sampled_from(VALID),
    changes=st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from(["set", "cut", "double", "end"]), st.binary(max_size=4))
    ),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_picture_is_refused_or_processed(picture: bytes, changes: list[tuple[float, str, bytes]]) -> None:
    for place, change, new in changes:
        at = int(place * len(picture))
        match change:
            case "set":
                picture = picture[:at] + new + picture[at + len(new) :]
            case "cut":
                picture = picture[:at] + picture[at + len(new) :]
            case "double":
                picture = picture[:at] + picture[max(0, at - 8) :]
            case "end":
                picture = picture[: max(at, len(picture) // 2)]
    judge(picture)


def judge(data: bytes) -> None:
    """Anything but a result or a refusal fails the test."""
    with contextlib.suppress(MediaRejected):
        assert isinstance(process(data), Processed)
