"""A tea house with its staff, a rival store, pictures to upload, and ways to look behind the API."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from posts.models import Media, Post
from stores.models import Role, Store
from tests.people import Person, run_jobs


def drawing(width: int = 64, height: int = 48) -> Image.Image:
    """A picture with a gradient and a corner, small enough to cost nothing."""
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    image.paste((200, 40, 40), (0, 0, width // 4, height // 4))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, pixels: bytes) -> bytes:
    """A grey PNG that announces any size and holds any pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def hollow_png() -> bytes:
    """A PNG whose header is fine and whose pixels are missing: only decoding shows it."""
    return png(300, 200, bytes(1_000))


def shared_photo(name: str) -> bytes:
    """A real photo from the folder of samples, which is no part of the project."""
    shared = os.environ.get("BACKYARD_SHARED_DATA")
    folder = Path(shared) if shared else Path(settings.BASE_DIR).parent / "shared" / "data"
    if not (folder / "photos" / name).exists():
        pytest.skip(f"no sample photo {name}")
    return (folder / "photos" / name).read_bytes()


def send_picture(person: Person, path: str, data: bytes, *, name: str = "photo.jpg", **fields: str) -> Any:
    """Uploads a file as a form; the answer."""
    return person.post(path, files={"file": (name, data, "image/jpeg")}, data=fields)


def upload(person: Person, data: bytes | None = None, *, handle: str = "teahouse", **fields: str) -> int:
    """Uploads a picture for posts and gives its id; it waits for the job."""
    answer = send_picture(person, f"/stores/{handle}/media", data or encoded(drawing()), **fields)
    assert answer.status_code == 202, answer.text
    media_id: int = answer.json()["id"]
    return media_id


def ready_picture(person: Person, **options: Any) -> int:
    """Uploads a picture, runs the job, gives its id."""
    media_id = upload(person, **options)
    run_jobs()
    return media_id


def media(person: Person, media_id: int) -> dict[str, Any]:
    """A picture as the API tells of it."""
    answer = person.get(f"/api/v1/media/{media_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def rejected_picture(store: Store) -> int:
    """A picture that turned out bad when it was decoded."""
    owner = store.staff.select_related("user").get(role=Role.OWNER).user
    return Media.objects.create(store=store, by=owner, status="rejected", reason="corrupt").id


def write(person: Person, *, handle: str = "teahouse", **fields: Any) -> dict[str, Any]:
    """A new post through the API, as its writer sees it."""
    answer = person.post(f"/stores/{handle}/posts", {"text": "Spring oolong is in."} | fields)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def row(post: dict[str, Any]) -> Post:
    """The row behind a post of the API."""
    return Post.objects.get(id=post["id"])


def deferred(name: str) -> list[dict[str, Any]]:
    """The arguments of every job of this name that was ever deferred and is still there."""
    return list(ProcrastinateJob.objects.filter(task_name=name).order_by("id").values_list("args", flat=True))


def stored_files() -> list[Path]:
    """Every file in the storage."""
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
