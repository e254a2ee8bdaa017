"""What this installation is and allows."""

from __future__ import annotations

from dataclasses import fields

from django.conf import settings
from django.http import HttpRequest
from pydantic import create_model

from core.api import Out, Router

router = Router(tags=["instance"], auth=None)


class LanguageOut(Out):
    """A language that pages and messages come in."""

    code: str
    name: str


LimitsOut = create_model(  # type: ignore[call-overload]  # the fields are known only at run time
    "LimitsOut",
    __base__=Out,
    __doc__="Every limit of this installation: sizes in bytes, texts in characters, rates as count/period.",
    **{field.name: (type(getattr(settings.LIMITS, field.name)), ...) for field in fields(settings.LIMITS)},
)


class InstanceOut(Out):
    """Name, version, languages and every limit."""

    name: str
    version: str
    languages: list[LanguageOut]
    limits: LimitsOut


@router.get("/instance", response=InstanceOut, operation_id="get_instance")
def get_instance(request: HttpRequest) -> InstanceOut:
    """Name, version, every limit, languages."""
    return InstanceOut(
        name=settings.INSTANCE_NAME,
        version=settings.VERSION,
        languages=[LanguageOut(code=code, name=str(name)) for code, name in settings.LANGUAGES],
        limits=LimitsOut(**settings.LIMITS.published()),
    )
