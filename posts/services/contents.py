"""What a post holds: texts, pictures in order, products in order. The caller holds the post's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.problems import NotFound
from posts.models import CommentPolicy, Media, MediaPurpose, MediaStatus, Post, PostKind, PostMedia, PostProduct
from posts.problems import EmptyPost, MediaNotReady, PictureRefused
from posts.products import Product


@dataclass(frozen=True, slots=True)
class Content:
    """What to put into a post; None leaves a part as it is. `media_ids` and `products` are the whole list, in order."""

    kind: PostKind | None = None
    title: str | None = None
    text: str | None = None
    comment_policy: CommentPolicy | None = None
    media_ids: Sequence[int] | None = None
    products: Sequence[Product] | None = None


def fill(post: Post, content: Content) -> tuple[bool, bool]:
    """Puts content into a post that has an id; texts stay unsaved. Whether what people read changed, and anything else.

    Raises NotFound for pictures that are not the store's own, PictureRefused for rejected ones.
    """
    read = _set(post, kind=content.kind, title=content.title, text=content.text)
    policy = _set(post, comment_policy=content.comment_policy)
    pictures = content.media_ids is not None and _place_media(post, content.media_ids)
    products = content.products is not None and _place_products(post, content.products)
    return read or pictures or products, read or policy or pictures or products


def _set(post: Post, **values: str | None) -> bool:
    changed = {name: value for name, value in values.items() if value is not None and getattr(post, name) != value}
    for name, value in changed.items():
        setattr(post, name, value)
    return bool(changed)


def _place_media(post: Post, media_ids: Sequence[int]) -> bool:
    if list(post.media_places.values_list("media_id", flat=True)) == list(media_ids):
        return False
    usable = Media.objects.filter(store_id=post.store_id, purpose=MediaPurpose.POST, id__in=media_ids).in_bulk()
    strange = [place for place, media_id in enumerate(media_ids) if media_id not in usable]
    if strange:
        message = "is not a picture of this store"
        raise NotFound(
            errors=[{"field": f"media_ids.{place}", "code": "not_found", "message": message} for place in strange]
        )
    for media in usable.values():
        _refuse_rejected(media)
    post.media_places.all().delete()
    PostMedia.objects.bulk_create(
        PostMedia(post=post, media_id=media_id, position=place) for place, media_id in enumerate(media_ids)
    )
    return True


def _place_products(post: Post, products: Sequence[Product]) -> bool:
    present = [Product(p.title, p.url, p.price, p.currency, p.image) for p in post.products.all()]
    if present == list(products):
        return False
    post.products.all().delete()
    PostProduct.objects.bulk_create(
        PostProduct(
            post=post,
            position=place,
            title=product.title,
            url=product.url,
            price=product.price,
            currency=product.currency,
            image=product.image,
        )
        for place, product in enumerate(products)
    )
    return True


def _refuse_rejected(media: Media) -> None:
    if media.status == MediaStatus.REJECTED:
        raise PictureRefused(f"The picture {media.id} was rejected.", reason=media.reason, media_id=media.id)


def require_something(post: Post) -> None:
    """Raises EmptyPost."""
    if not (post.title or post.text or post.media_places.exists()):
        raise EmptyPost


def require_showable(post: Post) -> None:
    """Raises EmptyPost, PictureRefused or MediaNotReady: everything that a shopper would see must be there."""
    require_something(post)
    for place in post.media_places.select_related("media"):
        _refuse_rejected(place.media)
        if place.media.status != MediaStatus.READY:
            raise MediaNotReady(media_id=place.media_id)
