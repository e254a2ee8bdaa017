"""What the API says and reads about posts and pictures."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from django.conf import settings
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, WithJsonSchema

from core.api import In, Out
from core.pictures import public_url
from core.text import FilledLine, OneLine, PlainText
from posts.models import CommentPolicy, Media, MediaStatus, Post, PostKind, PostProduct, PostStatus
from posts.products import MAX_URL, Product, currency, web_address
from posts.services.contents import Content
from stores.schemas import StoreCard

LIMITS = settings.LIMITS
ID_BOUND = 2**53

AltText = Annotated[OneLine, StringConstraints(max_length=LIMITS.alt_text_chars)]
Title = Annotated[OneLine, StringConstraints(max_length=LIMITS.post_title_chars)]
Text = Annotated[PlainText, StringConstraints(max_length=LIMITS.post_text_chars)]
ProductTitle = Annotated[FilledLine, StringConstraints(max_length=200)]
WebAddress = Annotated[str, StringConstraints(max_length=MAX_URL), AfterValidator(web_address)]
Currency = Annotated[str, StringConstraints(min_length=3, max_length=3), AfterValidator(currency)]
# A string in the schema, so that no client's floats touch it; a JSON number is read all the same.
Price = Annotated[
    Decimal,
    Field(ge=0, max_digits=12, decimal_places=2),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$", "examples": ["24.00"]}),
]


def _unique(ids: list[int]) -> list[int]:
    if len(set(ids)) != len(ids):
        raise ValueError("must not name a picture twice")
    return ids


MediaId = Annotated[int, Field(ge=1, lt=ID_BOUND)]
MediaIds = Annotated[list[MediaId], Field(max_length=LIMITS.media_per_post), AfterValidator(_unique)]


class UploadIn(In):
    """What goes with an uploaded file."""

    alt: AltText = ""


class MediaPatch(In):
    """What may be changed about a picture."""

    alt: AltText


class VariantOut(Out):
    """One file of a picture."""

    url: str
    width: int
    height: int
    format: Literal["webp", "jpeg"]


class MediaOut(Out):
    """A picture. Size, blurhash and variants are there once it is ready; reason when it was rejected."""

    id: int
    kind: Literal["image"] = "image"
    status: MediaStatus
    reason: str | None
    alt: str
    width: int | None
    height: int | None
    blurhash: str | None
    variants: list[VariantOut]

    @staticmethod
    def of(media: Media) -> MediaOut:
        """A picture as its row says."""
        picture = media.picture or {}
        return MediaOut(
            id=media.id,
            status=MediaStatus(media.status),
            reason=media.reason or None,
            alt=media.alt,
            width=picture.get("width"),
            height=picture.get("height"),
            blurhash=picture.get("blurhash"),
            variants=[
                VariantOut(url=public_url(v["name"]), width=v["width"], height=v["height"], format=v["format"])
                for v in picture.get("variants", [])
            ],
        )


class ProductIn(In):
    """A product to show with a post."""

    title: ProductTitle
    url: WebAddress = Field(description="http or https")
    price: Price
    currency: Currency = Field(description="ISO 4217")
    image: WebAddress | None = Field(default=None, description="http or https")

    def product(self) -> Product:
        """The product as services take it."""
        return Product(self.title, self.url, self.price, self.currency, self.image or "")


class ProductOut(Out):
    """A product as a post shows it."""

    title: str
    url: str
    price: Price
    currency: str
    image: str | None

    @staticmethod
    def of(product: PostProduct) -> ProductOut:
        """A product as its row says."""
        return ProductOut(
            title=product.title,
            url=product.url,
            price=product.price,
            currency=product.currency,
            image=product.image or None,
        )


Products = Annotated[list[ProductIn], Field(max_length=LIMITS.products_per_post)]


class PostPatch(In):
    """What may be changed about a post; what is left out stays, lists are replaced as a whole."""

    kind: PostKind | None = None
    title: Title | None = None
    text: Text | None = None
    comment_policy: CommentPolicy | None = None
    media_ids: MediaIds | None = Field(default=None, description="pictures of this store, in order")
    products: Products | None = None
    status: Literal["draft", "scheduled", "published"] | None = None
    publish_at: AwareDatetime | None = Field(default=None, description="with status scheduled")

    def content(self) -> Content:
        """What goes into the post."""
        return Content(
            kind=self.kind,
            title=self.title,
            text=self.text,
            comment_policy=self.comment_policy,
            media_ids=self.media_ids,
            products=None if self.products is None else [product.product() for product in self.products],
        )

    def wanted_status(self) -> PostStatus | None:
        """Where the post is to be moved."""
        return PostStatus(self.status) if self.status else None


class PostIn(PostPatch):
    """A new post. It needs a title, a text or a picture."""

    def wanted_status(self) -> PostStatus:
        """A draft unless said otherwise."""
        return PostStatus(self.status or "draft")


class FanOutOut(Out):
    """How far a published post has come: followers it is for, those done, inboxes that took it, when all were done.

    With mode `pull` nothing is written: every follower has it at once, when they read.
    """

    mode: Literal["push", "pull"]
    followers: int
    covered: int
    reached: int
    done_at: AwareDatetime | None


class PostOut(Out):
    """A post: a card without counts and viewer, and more. What only staff may know is null for others."""

    id: int
    feed_id: int | None
    kind: PostKind
    title: str
    text: str
    status: PostStatus
    publish_at: AwareDatetime | None
    publish_problem: str | None = Field(description="why a scheduled post became a draft: a problem's code")
    published_at: AwareDatetime | None
    edited_at: AwareDatetime | None
    pinned: bool
    store: StoreCard
    media: list[MediaOut]
    products: list[ProductOut]
    comment_policy: CommentPolicy
    version: int
    fan_out: FanOutOut | None

    @staticmethod
    def of(post: Post, *, staff: bool) -> PostOut:
        """A complete post (posts.selectors.complete_posts) for the store's staff, or for anybody."""
        return PostOut(
            id=post.id,
            feed_id=post.feed_id,
            kind=PostKind(post.kind),
            title=post.title,
            text=post.text,
            status=PostStatus(post.status),
            publish_at=post.publish_at if staff else None,
            publish_problem=(post.publish_problem or None) if staff else None,
            published_at=post.published_at,
            edited_at=post.edited_at,
            pinned=post.pinned_at is not None,
            store=StoreCard.of(post.store),
            media=[MediaOut.of(place.media) for place in post.media_places.all()],
            products=[ProductOut.of(product) for product in post.products.all()],
            comment_policy=CommentPolicy(post.comment_policy),
            version=post.version,
            fan_out=_fan_out(post) if staff and post.published_at else None,
        )


def _fan_out(post: Post) -> FanOutOut:
    return FanOutOut(
        mode="pull" if post.pulled else "push",
        followers=post.followers,
        covered=post.covered,
        reached=post.reached,
        done_at=post.fanned_out_at,
    )
