"""The drawn pictures: the size asked for, the same for the same seed, and pictures rather than noise or one colour."""

import io
import time
from itertools import pairwise

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from posts.media.paint import SCENES, avatar, picture, portrait
from posts.media.pipeline import process

EVERY_COMPOSITION = range(5)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    return image.convert("RGB")


def distance(one: bytes, other: bytes) -> float:
    """Mean difference per channel, 0 to 255."""
    means = ImageStat.Stat(ImageChops.difference(opened(one), opened(other))).mean
    return sum(means) / len(means)


def test_there_is_a_scene_for_every_trade() -> None:
    assert len(SCENES) == len(set(SCENES)) == 12
    assert {"tea", "ceramics", "bakery", "books", "plants", "noodles", "bicycles", "fish"} < set(SCENES)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("seed", EVERY_COMPOSITION)
def test_a_picture_has_shapes_and_colours(scene: str, seed: int) -> None:
    image = opened(picture(scene=scene, seed=seed, width=480, height=360))
    assert image.size == (480, 360)
    assert max(ImageStat.Stat(image).stddev) > 25
    edges = ImageStat.Stat(image.convert("L").filter(ImageFilter.FIND_EDGES)).mean[0]
    assert 4 < edges < 60  # flat areas with outlines: neither one colour nor noise
    assert len(set(image.resize((24, 18)).quantize(32).tobytes())) > 8


@pytest.mark.parametrize("size", [(1600, 1200), (800, 800), (300, 700), (900, 200)])
def test_a_picture_has_the_size_asked_for(size: tuple[int, int]) -> None:
    assert opened(picture(scene="tea", seed=1, width=size[0], height=size[1])).size == size


def test_the_same_seed_draws_the_same_picture() -> None:
    assert picture(scene="books", seed=7, width=320, height=240) == picture(
        scene="books", seed=7, width=320, height=240
    )
    assert avatar(scene="fish", seed=2, size=64) == avatar(scene="fish", seed=2, size=64)
    assert portrait(seed=5, size=64) == portrait(seed=5, size=64)


@pytest.mark.parametrize("scene", SCENES)
def test_neighbouring_seeds_draw_different_pictures(scene: str) -> None:
    drawn = [picture(scene=scene, seed=seed, width=160, height=120) for seed in range(15)]
    assert all(distance(one, other) > 10 for one, other in pairwise(drawn))
    assert len(set(drawn)) == 15
    assert all(distance(drawn[n], drawn[n + 5]) > 5 for n in range(10))  # the same kind of picture, drawn anew


def test_scenes_do_not_look_alike() -> None:
    drawn = [picture(scene=scene, seed=2, width=160, height=120) for scene in SCENES]
    assert all(distance(one, other) > 5 for n, one in enumerate(drawn) for other in drawn[:n])


def test_an_unknown_scene_is_an_error() -> None:
    with pytest.raises(ValueError, match="submarines"):
        picture(scene="submarines", seed=1)


@pytest.mark.parametrize("scene", SCENES)
def test_a_store_gets_a_sign(scene: str) -> None:
    signs = [avatar(scene=scene, seed=seed, size=128) for seed in range(6)]
    assert all(opened(sign).size == (128, 128) for sign in signs)
    assert len(set(signs)) == 6


def test_sixty_shoppers_have_sixty_faces() -> None:
    faces = [portrait(seed=seed, size=96) for seed in range(60)]
    assert opened(portrait(seed=1)).size == (256, 256)
    assert len(set(faces)) == 60


def test_drawing_is_quick() -> None:
    started = time.process_time()
    for seed, scene in enumerate(SCENES):
        picture(scene=scene, seed=seed, width=1200, height=900)
    assert (time.process_time() - started) / len(SCENES) < 0.25  # 0.07 s where nothing else runs


@pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")
def test_a_drawn_picture_passes_as_an_upload() -> None:
    result = process(picture(scene="flowers", seed=3))
    assert [variant.width for variant in result.variants[::2]] == [320, 640, 1080, 1600]
