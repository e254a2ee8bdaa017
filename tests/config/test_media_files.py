"""Pictures from the local folder: the processed ones, and nothing else."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.people import Person


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("media/2026/01/a/320.webp", 200),
        ("uploads/secret", 404),
        ("media/../uploads/secret", 404),
        ("media/%2e%2e/uploads/secret", 404),
        ("media/2026", 404),
    ],
)
def test_only_processed_pictures_are_served(anonymous: Person, name: str, status: int) -> None:
    default_storage.save("media/2026/01/a/320.webp", ContentFile(b"picture"))
    default_storage.save("uploads/secret", ContentFile(b"as it was sent"))
    answer = anonymous.get(f"/media/{name}")
    assert answer.status_code == status
    assert b"as it was sent" not in answer.content
