"""Pictures over HTTP and through the worker: real photos come out clean, and what is refused leaves nothing."""

from __future__ import annotations

import dataclasses
import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageChops, ImageStat
from procrastinate.contrib.django.models import ProcrastinateJob

from core import clock
from posts import tasks
from posts.models import Media
from stores.models import Store
from tests.people import Person, problem, run_jobs
from tests.posts.conftest import (
    deferred,
    drawing,
    encoded,
    hollow_png,
    media,
    png,
    ready_picture,
    send_picture,
    shared_photo,
    stored_files,
    upload,
)

TRACES = (b"Exif", b"EXIF", b"http://ns.adobe.com", b"<x:xmpmeta", b"Photoshop", b"Nikon", b"NIKON", b"Apple")


def fetched(person: Person, picture: dict[str, Any], form: str, width: int) -> bytes:
    """The bytes of a variant as shoppers get them."""
    url = next(v["url"] for v in picture["variants"] if (v["format"], v["width"]) == (form, width))
    answer = person.http.get(url)
    assert answer.status_code == 200, url
    return answer.content


def exif_with_gps() -> bytes:
    """What a camera writes beside the picture."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Nikon", 6
    exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 28.0, 2.8), 3: "E", 4: (11.0, 53.0, 6.4)})
    return exif.tobytes()


def assert_clean(data: bytes) -> Image.Image:
    """Nothing but pixels; the picture."""
    assert not [trace for trace in TRACES if trace in data]
    image = Image.open(io.BytesIO(data))
    assert dict(image.getexif()) == {}
    return image.convert("RGB")


def deferred_uploads() -> list[str]:
    """The storage names of uploads that wait for their job."""
    return list(Media.objects.exclude(upload="").values_list("upload", flat=True))


def stored_names(root: str) -> list[str]:
    """The files below one of the storage's folders."""
    base = settings.MEDIA_ROOT
    return [str(path.relative_to(base)) for path in stored_files() if path.relative_to(base).parts[0] == root]


def sent_photo(person: Person, name: str) -> int:
    """Uploads a real photo, which waits for its job untouched; its id."""
    original = shared_photo(name)
    sent = send_picture(person, "/stores/teahouse/media", original, name=name, alt="A photo")
    assert (sent.status_code, sent.json()["status"], sent.json()["variants"]) == (202, "processing", [])
    assert default_storage.open(deferred_uploads()[-1]).read() == original
    media_id: int = sent.json()["id"]
    return media_id


def assert_served_clean(reader: Person, picture: dict[str, Any]) -> None:
    """Every width in both formats, nothing but pixels in any."""
    assert (picture["status"], picture["reason"], picture["alt"]) == ("ready", None, "A photo")
    assert len(picture["blurhash"]) == 28
    widths = sorted({w for w in (320, 640, 1080, 1600) if w <= picture["width"]} | {min(picture["width"], 1600)})
    for form in ("webp", "jpeg"):
        assert [v["width"] for v in picture["variants"] if v["format"] == form] == widths
        for width in widths:
            assert assert_clean(fetched(reader, picture, form, width)).width == width


@pytest.mark.parametrize("name", ["gps-dscn0010.jpg", "gps-dscn0021.jpg", "iphone-photo.heic"])
def test_a_real_photo_comes_out_clean_in_every_width(alice: Person, store: Store, anonymous: Person, name: str) -> None:
    media_id = sent_photo(alice, name)
    run_jobs()
    picture = media(alice, media_id)
    assert_served_clean(anonymous, picture)
    assert stored_names("uploads") == []
    assert len(stored_names("media")) == len(picture["variants"])


def test_one_scene_photographed_four_ways_comes_out_as_one_picture(
    alice: Person, store: Store, anonymous: Person
) -> None:
    ids = [sent_photo(alice, f"orientation-landscape-{turned}.jpg") for turned in (1, 3, 6, 8)]
    run_jobs()
    pictures = [media(alice, media_id) for media_id in ids]
    for picture in pictures:
        assert_served_clean(anonymous, picture)
        assert picture["width"] > picture["height"]
    first, *others = [assert_clean(fetched(anonymous, picture, "webp", 320)) for picture in pictures]
    for other in others:
        assert other.size == first.size
        assert sum(ImageStat.Stat(ImageChops.difference(first, other)).mean) < 12


def test_our_own_photo_comes_out_upright_and_without_gps(alice: Person, store: Store, anonymous: Person) -> None:
    stored_sideways = drawing(480, 640)  # red in the upper left corner, to be shown turned clockwise
    picture = media(alice, ready_picture(alice, data=encoded(stored_sideways, exif=exif_with_gps())))
    assert (picture["width"], picture["height"]) == (640, 480)
    image = assert_clean(fetched(anonymous, picture, "jpeg", 640))
    red, green, blue = image.getpixel((620, 20))  # type: ignore[misc]  # RGB has three
    assert red > 150 > 100 > green
    assert blue < 100


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_kinds_come_out_too(alice: Person, store: Store, kind: str) -> None:
    picture = media(alice, ready_picture(alice, data=encoded(drawing(700, 500).convert("RGBA"), kind)))
    assert [(v["width"], v["format"]) for v in picture["variants"]] == [
        (width, form) for width in (320, 640, 700) for form in ("webp", "jpeg")
    ]
    assert [v["height"] for v in picture["variants"]] == [229, 229, 457, 457, 500, 500]


# --- bad input ------------------------------------------------------------------------------------------------------


def thousand_frames() -> bytes:
    """A GIF that moves."""
    frames = [Image.new("L", (8, 8), n % 256) for n in range(1_000)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


JPEG = encoded(drawing())
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
REFUSED = {
    "196 megapixels": (png(14_000, 14_000, bytes(1_000)), "too_many_pixels"),
    "a thousand frames": (thousand_frames(), "unsupported_type"),
    "an SVG": (SVG, "unsupported_type"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "not_an_image"),
    "a page that begins like a GIF": (b"GIF89a/*" + SVG, "unsupported_type"),
    "a JPEG of three bytes": (b"\xff\xd8\xff", None),
    "half a JPEG": (encoded(drawing(640, 480))[:3_000], "truncated"),
    "nothing": (b"", "not_an_image"),
    "ten megabytes and a byte": (JPEG + bytes(10_000_001 - len(JPEG)), "too_large"),
}


def test_bad_pictures_are_refused_fast_and_leave_nothing(alice: Person, store: Store) -> None:
    for what, (data, reason) in REFUSED.items():
        began = time.monotonic()
        answer = send_picture(alice, "/stores/teahouse/media", data)
        assert time.monotonic() - began < 2, what
        assert problem(answer) == (422, "media_rejected"), what
        assert answer.json()["reason"] == reason or reason is None, (what, answer.json()["reason"])
        assert answer.json()["detail"].endswith("."), what
    assert (Media.objects.count(), stored_files(), deferred("posts.process_media")) == (0, [], [])
    assert upload(alice) > 0


def test_an_upload_far_over_the_limit_is_not_read(alice: Person, store: Store) -> None:
    answer = send_picture(alice, "/stores/teahouse/media", JPEG + bytes(10_200_000))
    assert problem(answer) == (413, "payload_too_large")
    assert (Media.objects.count(), stored_files()) == (0, [])


def test_forms_that_make_no_sense_are_refused(alice: Person, store: Store) -> None:
    path = "/stores/teahouse/media"
    for options in (
        {"json": {"file": "photo"}},
        {"data": {"alt": "no file"}},
        {"files": {"picture": ("photo.jpg", JPEG, "image/jpeg")}},
        {"files": {"file": ("photo.jpg", JPEG, "image/jpeg")}, "data": {"alt": "a" * 301}},
        {"files": {"file": ("photo.jpg", JPEG, "image/jpeg")}, "data": {"purpose": "store_avatar"}},
    ):
        assert problem(alice.call("POST", path, **options)) == (422, "invalid"), options.keys()
    two: Any = [("file", ("a.jpg", JPEG, "image/jpeg")), ("file", ("b.jpg", JPEG, "image/jpeg"))]
    unbound = {"Content-Type": "multipart/form-data"}
    for retry in ({}, {"Idempotency-Key": "k"}):
        assert problem(alice.post(path, files=two, headers=retry)) == (400, "bad_request")
        assert problem(alice.post(path, content=b"no form", headers=unbound | retry)) == (400, "bad_request")
    assert (Media.objects.count(), stored_files()) == (0, [])


def test_a_picture_that_turns_out_bad_says_why_on_its_status(alice: Person, store: Store) -> None:
    hollow = upload(alice, hollow_png())
    after = upload(alice)
    run_jobs()
    refused = media(alice, hollow)
    assert refused["status"] == "rejected"
    assert refused["reason"] in {"truncated", "corrupt"}
    assert (refused["variants"], refused["blurhash"], refused["width"]) == ([], None, None)
    assert media(alice, after)["status"] == "ready"
    assert stored_names("uploads") == []
    assert len(stored_names("media")) == 2


def test_a_photo_with_a_page_behind_it_is_written_anew_without_it(
    alice: Person, store: Store, anonymous: Person
) -> None:
    picture = media(alice, ready_picture(alice, data=JPEG + b"<script>alert(1)</script>PK\x03\x04"))
    for form in ("webp", "jpeg"):
        assert b"script" not in fetched(anonymous, picture, form, 64)


def test_a_picture_that_took_its_workers_life_is_given_up(alice: Person, store: Store) -> None:
    deadly, survivor = upload(alice), upload(alice)
    Media.objects.filter(id=deadly).update(lost_decodings=3)
    Media.objects.filter(id=survivor).update(lost_decodings=2)
    run_jobs()
    assert (media(alice, deadly)["status"], media(alice, deadly)["reason"]) == ("rejected", "too_demanding")
    assert (media(alice, survivor)["status"], Media.objects.get(id=survivor).lost_decodings) == ("ready", 2)


def test_an_upload_that_went_missing_is_said_to_be(alice: Person, store: Store) -> None:
    picture = upload(alice)
    default_storage.delete(Media.objects.get().upload)
    run_jobs()
    assert media(alice, picture)["reason"] == "upload_lost"


# --- once, and nothing left over --------------------------------------------------------------------------------------


def test_a_picture_is_processed_once_however_often_its_job_runs(alice: Person, store: Store) -> None:
    picture = ready_picture(alice)
    before = media(alice, picture)
    assert tasks.process_media(picture) is None
    assert tasks.process_media(picture + 1) is None
    assert media(alice, picture) == before
    assert len(stored_files()) == 2


def test_names_are_never_used_twice(alice: Person, store: Store) -> None:
    first, second = media(alice, ready_picture(alice)), media(alice, ready_picture(alice))
    names = stored_names("media")
    assert len(names) == len(set(names)) == 4
    assert not {v["url"] for v in first["variants"]} & {v["url"] for v in second["variants"]}
    assert {name.rsplit("/", 1)[1] for name in names} == {"64.webp", "64.jpg"}
    assert all(name.startswith(f"media/{clock.now():%Y/%m}/") for name in names)


def test_pictures_whose_job_was_lost_are_found(alice: Person, store: Store) -> None:
    old, new = upload(alice), upload(alice)
    ProcrastinateJob.objects.filter(task_name="posts.process_media").update(status="failed")
    Media.objects.filter(id=old).update(created_at=clock.now() - timedelta(minutes=11))
    assert (tasks.push_stuck_media(0), tasks.push_stuck_media(0)) == (1, 1)
    assert len(deferred("posts.process_media")) == 3
    run_jobs()
    assert (media(alice, old)["status"], media(alice, new)["status"]) == ("ready", "processing")


def test_uploads_that_nobody_waits_for_are_deleted(alice: Person, store: Store, monkeypatch: Any) -> None:
    assert tasks.forget_uploads(0) == 0
    upload(alice)
    default_storage.save("uploads/left-behind", ContentFile(b"half a photo"))
    ready_picture(alice)
    upload(alice)
    assert tasks.forget_uploads(0) == 0
    tomorrow = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert tasks.forget_uploads(0) == 1
    assert stored_names("uploads") == deferred_uploads()


def test_each_person_uploads_so_much_and_no_more(alice: Person, store: Store, bob: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "LIMITS", dataclasses.replace(settings.LIMITS, uploads_rate="2/minute"))
    for _ in range(2):
        upload(alice)
    refused = send_picture(alice, "/stores/teahouse/media", JPEG)
    assert problem(refused) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 0
    assert upload(bob) > 0
    assert Media.objects.count() == len(stored_files()) == 3


def test_uploads_at_once_all_arrive(alice: Person, store: Store) -> None:
    with ThreadPoolExecutor(6) as threads:
        ids = list(threads.map(lambda _: upload(alice), range(6)))
    run_jobs()
    assert {media(alice, media_id)["status"] for media_id in ids} == {"ready"}
