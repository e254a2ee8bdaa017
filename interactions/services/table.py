"""The products on a room's table, and the one that the host shows."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from core.problems import NotFound
from interactions.live import room as live_log
from interactions.live.events import ProductFeatured, ProductsChanged, RoomProductOut
from interactions.models import LiveRoom, RoomProduct
from interactions.services.access import hosted_room, person, require_not_ended
from interactions.services.room_log import tell
from posts.products import Product
from stores.selectors.stores import require_open


def lay_table(room: LiveRoom, products: Sequence[Product], *, known: Sequence[RoomProduct] = ()) -> list[RoomProduct]:
    """Rows for these products in this order. One that was there before, by its address, keeps its id and its light."""
    before = {product.url: product for product in reversed(known)}
    rows = []
    for position, product in enumerate(products):
        stays = before.pop(product.url, None)
        rows.append(
            RoomProduct(
                id=stays.pk if stays else None,
                room=room,
                position=position,
                title=product.title,
                url=product.url,
                price=product.price,
                currency=product.currency,
                image=product.image,
                featured=stays is not None and stays.featured,
            )
        )
    return rows


@transaction.atomic
def replace_products(*, user_id: int | None, room_id: int, products: Sequence[Product]) -> LiveRoom:
    """Lays the table anew and tells all in the room; the same products in the same order tell nobody.

    Raises NotFound, NotSignedIn, NotStaff, RoomHasEnded, StoreSuspended, StoreNotApproved, Unavailable.
    """
    room = _table_of(user_id, room_id)
    known = list(room.products.all())
    if [Product(p.title, p.url, p.price, p.currency, p.image) for p in known] == list(products):
        return room
    live_log.require_log()
    rows = lay_table(room, products, known=known)
    room.products.all().delete()
    RoomProduct.objects.bulk_create(rows)
    tell(room=room, event=ProductsChanged(products=[RoomProductOut.of(row) for row in rows]))
    return room


@transaction.atomic
def feature(*, user_id: int | None, room_id: int, product_id: int | None) -> int | None:
    """Shows one product of the table to all, in place of any other (None: none). Again tells nobody. That product.

    Raises NotFound (also for what is not on this table), and as replace_products.
    """
    room = _table_of(user_id, room_id)
    known = {product.pk: product for product in room.products.all()}
    if product_id is not None and product_id not in known:
        raise NotFound
    if [pk for pk, product in known.items() if product.featured] == ([] if product_id is None else [product_id]):
        return product_id
    live_log.require_log()
    room.products.filter(featured=True).update(featured=False)
    if product_id is not None:
        room.products.filter(id=product_id).update(featured=True)
    tell(room=room, event=ProductFeatured(product_id=product_id))
    return product_id


def _table_of(user_id: int | None, room_id: int) -> LiveRoom:
    room = hosted_room(user=person(user_id), room_id=room_id)
    require_open(room.store)
    require_not_ended(room)
    return room
