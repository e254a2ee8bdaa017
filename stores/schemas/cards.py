"""How a store, a person and a picture look beside something else."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from accounts.models import User
from core.api import Out
from core.pictures import picture_url, public_url
from stores.models import Store


class StoreCard(Out):
    """A store beside something of its own: a post, a follow, a room."""

    handle: str
    name: str
    avatar: str | None
    verified: bool

    @staticmethod
    def of(store: Store) -> StoreCard:
        """The card of a store."""
        return StoreCard(
            handle=store.handle, name=store.name, avatar=picture_url(store.avatar), verified=store.verified
        )


class PersonCard(Out):
    """A person as others see them."""

    id: int
    name: str
    avatar: str | None

    @staticmethod
    def of(user: User) -> PersonCard:
        """The card of a person."""
        return PersonCard(id=user.pk, name=user.display_name, avatar=picture_url(user.avatar))


class PictureVariant(Out):
    """One file of a picture."""

    url: str
    width: int
    format: str = Field(description="webp or jpeg")


class PictureOut(Out):
    """A processed picture in its sizes."""

    width: int
    height: int
    blurhash: str | None
    variants: list[PictureVariant]

    @staticmethod
    def of(picture: dict[str, Any] | None) -> PictureOut | None:
        """The picture in core.pictures' stored form, or None."""
        if not picture:
            return None
        variants = [
            PictureVariant(url=public_url(v["name"]), width=v["width"], format=v["format"]) for v in picture["variants"]
        ]
        return PictureOut(
            width=picture["width"], height=picture["height"], blurhash=picture.get("blurhash"), variants=variants
        )
