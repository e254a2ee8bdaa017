"""The API's words about stores, a file per noun. What other apps show of a store and of a person is here."""

from stores.schemas.cards import PersonCard, PictureOut, PictureVariant, StoreCard

__all__ = ["PersonCard", "PictureOut", "PictureVariant", "StoreCard"]
