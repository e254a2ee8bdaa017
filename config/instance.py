"""What this installation is and allows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from core.api import Out, Router

router = Router(tags=["instance"], auth=None)


class LanguageOut(Out):
    """A language that pages and messages come in."""

    code: str
    name: str


class InstanceOut(Out):
    """Name, version, languages and every limit."""

    name: str
    version: str
    languages: list[LanguageOut]
    limits: dict[str, int | str]


@router.get("/instance", response=InstanceOut, operation_id="get_instance")
def get_instance(request: HttpRequest) -> InstanceOut:
    """Name, version, every limit, languages."""
    return InstanceOut(
        name=settings.INSTANCE_NAME,
        version=settings.VERSION,
        languages=[LanguageOut(code=code, name=str(name)) for code, name in settings.LANGUAGES],
        limits=settings.LIMITS.published(),
    )
