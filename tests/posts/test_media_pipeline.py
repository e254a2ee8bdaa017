"""What is stored of a picture: upright, in its true colours, in every width, and nothing but pixels."""

import io
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import blurhash
import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat, PngImagePlugin

from posts.media.pipeline import Processed, Variant, process, variant_widths
from posts.media.sniff import Limits, MediaRejected, heic

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = Path(os.environ.get("BACKYARD_SHARED_DATA", ROOT.parent / "shared" / "data")) / "photos"
SCENE = [f"orientation-landscape-{n}.jpg" for n in (1, 3, 6, 8)]
SHARED = ["gps-dscn0010.jpg", "gps-dscn0021.jpg", "iphone-photo.heic", *SCENE]
RED, GREEN, BLUE, YELLOW = (200, 30, 30), (20, 160, 60), (30, 60, 200), (230, 200, 40)
TO_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quarters(size: tuple[int, int] = (360, 240)) -> Image.Image:
    """Four colours, one in each corner: red, green above; blue, yellow below."""
    small = Image.new("RGB", (2, 2))
    small.putdata([RED, GREEN, BLUE, YELLOW])
    return small.resize(size, Image.Resampling.NEAREST)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(variant: Variant) -> Image.Image:
    image = Image.open(io.BytesIO(variant.data))
    assert image.format == variant.format.upper()
    assert image.size == (variant.width, variant.height)
    return image


def shared(name: str) -> bytes:
    if not (PHOTOS / name).exists():
        pytest.skip(f"no sample photo {name}")
    return (PHOTOS / name).read_bytes()


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, ...], by: int = 12) -> bool:
    found = image.getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(a - b) <= by for a, b in zip(found, colour, strict=True))


def is_upright(image: Image.Image) -> bool:
    right, low = image.width * 3 // 4, image.height * 3 // 4
    left, high = image.width // 4, image.height // 4
    rgb = image.convert("RGB")
    corners = {(left, high): RED, (right, high): GREEN, (left, low): BLUE, (right, low): YELLOW}
    return all(near(rgb, place, colour) for place, colour in corners.items())


def assert_only_pixels(result: Processed) -> None:
    for variant in result.variants:
        for trace in (
            b"Exif",
            b"EXIF",
            b"http://ns.adobe.com",
            b"<x:xmpmeta",
            b"ICC_PROFILE",
            b"ICCP",
            b"Photoshop",
        ):
            assert trace not in variant.data
        image = opened(variant)
        assert dict(image.getexif()) == {}
        assert image.getexif().get_ifd(0x8825) == {}
        assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & image.info.keys()


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean distance per channel, 0 to 255."""
    assert one.size == other.size
    means = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean
    return sum(means) / len(means)


def camera_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Nikon", orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 28.0, 2.8), 3: "E", 4: (11.0, 53.0, 6.4)})
    return exif.tobytes()


@pytest.mark.parametrize("name", SHARED)
def test_every_sample_photo_comes_out_clean_in_every_width(name: str) -> None:
    result = process(shared(name))
    assert_only_pixels(result)
    expected = [width for width in (320, 640, 1080, 1600) if width <= result.width]
    assert [(v.width, v.format) for v in result.variants] == [(w, f) for w in expected for f in ("webp", "jpeg")]
    assert all(v.height == round(result.height * v.width / result.width) for v in result.variants)
    assert difference(*(opened(v) for v in result.variants[:2])) < 12
    assert blurhash.decode(result.blurhash, 32, 32).size == (32, 32)


@pytest.mark.parametrize("turned", [3, 6, 8])
def test_sample_photos_of_one_scene_come_out_as_one_picture(turned: int) -> None:
    # Each has its own number painted into the middle of the scene, so they are alike but not equal.
    straight = process(shared("orientation-landscape-1.jpg"))
    result = process(shared(f"orientation-landscape-{turned}.jpg"))
    assert (result.width, result.height) == (straight.width, straight.height) == (1800, 1200)
    one, other = opened(straight.variants[1]), opened(result.variants[1])
    assert difference(one, other) < 6
    assert all(difference(one, other.transpose(turn)) > 20 for turn in (TO_STORED[2], TO_STORED[3], TO_STORED[4]))


def test_the_iphone_photo_stands_upright() -> None:
    result = process(shared("iphone-photo.heic"))
    assert (result.width, result.height) == (2566, 3313)
    flower = opened(result.variants[0]).convert("RGB").resize((8, 10))
    violet = [place for place in ((2, 6), (2, 7)) if near(flower, place, (150, 100, 200), by=70)]
    assert violet  # in the lower left half; a quarter turn would put it elsewhere


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_lying_in_any_of_eight_ways_stand_up(kind: str, orientation: int) -> None:
    stored = quarters()
    if orientation in TO_STORED:
        stored = stored.transpose(TO_STORED[orientation])
    result = process(saved(stored, kind, exif=camera_exif(orientation), quality=95))
    assert (result.width, result.height) == (360, 240)
    assert [(v.width, v.height) for v in result.variants[::2]] == [(320, 213), (360, 240)]
    assert all(is_upright(opened(variant)) for variant in result.variants)
    assert_only_pixels(result)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_heic_is_turned_once(orientation: int) -> None:
    stored = quarters()
    if orientation in TO_STORED:
        stored = stored.transpose(TO_STORED[orientation])
    out = io.BytesIO()
    pillow_heif.from_pillow(stored).save(out, quality=90, exif=camera_exif(orientation))
    result = process(out.getvalue())
    assert (result.width, result.height) == (360, 240)
    assert is_upright(opened(result.variants[0]))
    assert_only_pixels(result)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_means_nothing_is_ignored(value: int) -> None:
    assert is_upright(opened(process(saved(quarters(), "JPEG", exif=camera_exif(value))).variants[0]))


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (1, [1]),
        (200, [200]),
        (320, [320]),
        (321, [320, 321]),
        (1200, [320, 640, 1080, 1200]),
        (1600, [320, 640, 1080, 1600]),
        (9000, [320, 640, 1080, 1600]),
    ],
)
def test_no_width_is_more_than_the_original(width: int, expected: list[int]) -> None:
    assert variant_widths(width) == expected


def test_variants_keep_the_shape_and_say_their_true_size() -> None:
    result = process(saved(quarters((2000, 1000)), "JPEG"), widths=(100, 500))
    assert [(v.width, v.height, v.format) for v in result.variants] == [
        (100, 50, "webp"), (100, 50, "jpeg"), (500, 250, "webp"), (500, 250, "jpeg"),
    ]  # fmt: skip
    assert (result.width, result.height) == (2000, 1000)
    assert all(opened(variant) for variant in result.variants)


@pytest.mark.parametrize("size", [(1, 1), (16_000, 1), (1, 16_000), (3, 700)])
def test_the_oddest_shapes_come_out(size: tuple[int, int]) -> None:
    result = process(saved(quarters(size), "PNG"))
    assert (result.width, result.height) == size
    assert all(opened(variant).load() for variant in result.variants)


def test_jpegs_are_progressive() -> None:
    assert opened(process(saved(quarters(), "PNG")).variants[1]).info.get("progressive") == 1


def test_the_same_upload_gives_the_same_bytes() -> None:
    upload = saved(quarters(), "JPEG", exif=camera_exif(6))
    assert process(upload) == process(upload)


def test_blurhash_keeps_the_colours_where_they_are() -> None:
    result = process(saved(quarters(), "PNG"))
    assert len(result.blurhash) == 28  # 4 x 3 components
    assert near(blurhash.decode(result.blurhash, 8, 8), (0, 7), BLUE, by=90)
    assert near(blurhash.decode(result.blurhash, 8, 8), (7, 0), GREEN, by=90)


def test_inks_become_colours() -> None:
    result = process(saved(quarters().convert("CMYK"), "JPEG", quality=95))
    assert is_upright(opened(result.variants[0]))


def test_sixteen_bits_of_grey_become_eight() -> None:
    ramp = Image.frombytes("I;16", (256, 1), b"".join(struct.pack("<H", n * 257) for n in range(256)))
    image = opened(process(saved(ramp.resize((256, 16)), "PNG")).variants[1]).convert("L")
    assert all(abs(int(image.getpixel((x, 8))) - x) <= 6 for x in range(4, 252))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA"])
def test_other_ways_to_store_colours_look_the_same(mode: str) -> None:
    image = opened(process(saved(quarters().convert(mode), "PNG")).variants[1])
    assert image.mode == "RGB"
    assert difference(image, quarters().convert(mode).convert("RGB").resize(image.size, Image.Resampling.LANCZOS)) < 12


def transparent(mode: str) -> Iterator[bytes]:
    """The left half a full colour, the right half see-through, as pixels with alpha and as a palette."""
    image = Image.new("RGBA", (400, 200), (*RED, 255))
    image.paste((0, 0, 0, 0), (200, 0, 400, 200))
    yield saved(image, "PNG") if mode == "alpha" else saved(image.quantize(4), "PNG")


@pytest.mark.parametrize("mode", ["alpha", "palette"])
def test_what_is_transparent_stays_so_in_webp_and_is_white_in_jpeg(mode: str) -> None:
    for upload in transparent(mode):
        webp, jpeg = (opened(variant) for variant in process(upload).variants[-2:])
        assert webp.mode == "RGBA"
        assert near(webp, (50, 100), (*RED, 255))
        assert near(webp.getchannel("A").convert("RGB"), (350, 100), (0, 0, 0), by=0)
        assert near(jpeg, (50, 100), RED)
        assert near(jpeg, (350, 100), (255, 255, 255), by=1)
        assert near(jpeg, (204, 100), (255, 255, 255), by=40)  # no dark fringe from hidden black


def test_alpha_that_hides_nothing_is_dropped() -> None:
    assert opened(process(saved(quarters().convert("RGBA"), "PNG")).variants[0]).mode == "RGB"


def test_colours_of_another_profile_become_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 5000)).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    assert is_upright(opened(process(saved(quarters(), "JPEG", icc_profile=srgb, quality=95)).variants[0]))
    for misfit in (lab, b"no profile", b""):
        assert is_upright(opened(process(saved(quarters(), "PNG", icc_profile=misfit)).variants[0]))
    red_is_blue = opened(process(saved(quarters(), "PNG", icc_profile=swapped)).variants[1])
    assert near(red_is_blue, (80, 60), RED[::-1], by=20)
    assert_only_pixels(process(saved(quarters(), "JPEG", icc_profile=swapped)))


def test_a_photo_with_a_gain_map_behind_it_is_one_picture() -> None:
    result = process(saved(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (90, 60))]))
    assert is_upright(opened(result.variants[0]))


def test_comments_and_previews_do_not_travel() -> None:
    upload = saved(quarters(), "JPEG", comment=b"made by Alice", exif=camera_exif(), xmp=b"<x:xmpmeta Alice>")
    assert b"Alice" in upload
    result = process(upload)
    assert_only_pixels(result)
    assert all(b"Alice" not in variant.data and b"Nikon" not in variant.data for variant in result.variants)


def test_no_decoder_gets_to_see_the_metadata_of_a_heic() -> None:
    out = io.BytesIO()
    pillow_heif.from_pillow(quarters()).save(out, exif=camera_exif(), xmp=b"<x:xmpmeta Alice>")
    assert pillow_heif.open_heif(out.getvalue()).info["exif"]
    seen = pillow_heif.open_heif(heic.for_decoder(out.getvalue())).info
    assert seen["exif"] is None
    assert not seen.get("xmp")


def test_refusals_of_the_header_hold_for_the_whole_pipeline() -> None:
    with pytest.raises(MediaRejected) as caught:
        process(saved(quarters(), "PNG"), limits=Limits(max_pixels=1000))
    assert caught.value.reason == "too_many_pixels"


MEASURE = """
import pathlib, re, sys, time
from posts.media.pipeline import process
data = open(sys.argv[1], "rb").read()
started = time.process_time()
process(data)
peak = re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
print(int(peak[1]) // 1024, time.process_time() - started)
"""


def cost(tmp_path: Path, data: bytes) -> tuple[int, float]:
    """Peak megabytes and processor seconds of a process of its own that handles one upload.

    The kernel's high-water mark is read, since getrusage counts what the process was forked from too.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("peak memory is read from /proc")
    (tmp_path / "upload").write_bytes(data)
    command = [sys.executable, "-W", "ignore", "-c", MEASURE, str(tmp_path / "upload")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)})
    megabytes, seconds = done.stdout.split()
    return int(megabytes), float(seconds)


@pytest.mark.parametrize(
    ("kind", "mode", "most"),
    [("JPEG", "RGB", 300), ("PNG", "RGBA", 300), ("PNG", "P", 300), ("HEIF", "RGB", 300), ("WEBP", "RGB", 450)],
)
def test_25_megapixels_stay_within_bounds(tmp_path: Path, kind: str, mode: str, most: int) -> None:
    # libwebp keeps two canvases of its own beside the picture, hence more.
    photo = Image.linear_gradient("L").resize((5770, 4330)).convert(mode)
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(photo).save(out, quality=30)
    else:
        photo.save(out, kind, **({"progressive": True} if kind == "JPEG" else {"method": 0}))
    megabytes, seconds = cost(tmp_path, out.getvalue())
    assert megabytes < most
    assert seconds < 3


def test_metadata_made_to_explode_costs_nothing(tmp_path: Path) -> None:
    # Each of 2,700 Exif fields points at the same 32 kB, and each of nine blocks of text unpacks to 64 MB.
    fields = b"".join(struct.pack("<HHII", n + 1000, 7, 32_000, 33_000) for n in range(2_700))
    block = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2_700) + fields
    segment = b"\xff\xe1\xff\xff" + block.ljust(65_533, b"\0")
    jpeg = saved(quarters(), "JPEG")
    assert cost(tmp_path, jpeg[:2] + segment * 20 + jpeg[2:])[0] < 100
    texts = PngImagePlugin.PngInfo()
    for n in range(9):
        texts.add_text(f"k{n}", "x" * 64_000_000, zip=True)
    assert cost(tmp_path, saved(quarters(), "PNG", pnginfo=texts))[0] < 100
