"""Routes of stores themselves: apply, find, read, edit."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from ninja import Query

from accounts.auth import maybe_signed_in, signed_in, the_user, user_or_none
from accounts.models import User
from core import cursors
from core.api import Page, Router, Status, json_answer, link_next, problems, to_json
from stores.models import Store
from stores.schemas.stores import StoreEdit, StoreIn, StoreOut, StoreQuery
from stores.selectors import stores as selectors
from stores.services import stores as services

router = Router(tags=["stores"], auth=signed_in)
CURSOR = "stores"


def _seen(store: Store, user: User | None) -> StoreOut:
    return StoreOut.of(store, selectors.viewed_by(user, [store]).get(store.pk))


def _tagged(request: HttpRequest, store: Store, out: StoreOut) -> HttpResponse:
    """The store with a weak tag, or for its staff with a strong one that begins with the version of what they edit."""
    body = to_json(out.model_dump())
    if out.status is None:
        return json_answer(request, body)
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    return json_answer(request, body, etag=f'"{selectors.profile_version(store)}.{digest}"')


def _versions_named(request: HttpRequest) -> frozenset[str] | None:
    """The profile versions that If-Match names; None when any will do. Weak tags never match (RFC 9110).

    Only the tag's first part counts: a follower more is no reason to refuse an edit.
    """
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return None
    tags = (tag.strip() for tag in wanted.split(","))
    return frozenset(tag.strip('"').partition(".")[0] for tag in tags if tag.startswith('"'))


def _position(cursor: str | None) -> selectors.Position | None:
    if cursor is None:
        return None
    fit, followers, store_id = cursors.read(CURSOR, cursor, length=3)
    return fit, followers, store_id


@router.post("/stores", response={201: StoreOut}, operation_id="apply_for_store")
def apply_for_store(request: HttpRequest, body: StoreIn) -> Status[StoreOut]:
    """Applies for a store: it waits for the platform's review, and whoever applies owns it."""
    user = the_user(request)
    return Status(201, _seen(services.apply_for_store(user=user, **body.dict()), user))


@router.get("/stores", response=Page[StoreOut], operation_id="find_stores", auth=maybe_signed_in)
def find_stores(request: HttpRequest, response: HttpResponse, query: Query[StoreQuery]) -> Page[StoreOut]:
    """Finds approved stores by words in their handle, name and description, the most followed first."""
    user = user_or_none(request)
    found, position = selectors.find_stores(
        text=query.q, category=query.category, after=_position(query.cursor), limit=query.limit
    )
    cursor = cursors.sign(CURSOR, *position) if position else None
    link_next(request, response, cursor)
    views = selectors.viewed_by(user, found)
    return Page(items=[StoreOut.of(store, views.get(store.pk)) for store in found], next_cursor=cursor)


@router.get("/stores/{handle}", response={200: StoreOut, 304: None}, operation_id="get_store", auth=maybe_signed_in)
def get_store(request: HttpRequest, handle: str) -> HttpResponse:
    """One store. Weak ETag and 304; for its staff a strong ETag, to be sent back as If-Match."""
    user = user_or_none(request)
    store = selectors.visible_store(handle=handle, viewer=user)
    return _tagged(request, store, _seen(store, user))


@router.patch("/stores/{handle}", response=StoreOut, operation_id="update_store")
@problems(412)
def update_store(request: HttpRequest, handle: str, body: StoreEdit) -> HttpResponse:
    """Changes the profile and settings; owners only. With If-Match only what was read last is changed."""
    user = the_user(request)
    store = services.update_profile(
        by=user,
        store=selectors.visible_store(handle=handle, viewer=user),
        changes=body.changes(),
        if_versions=_versions_named(request),
    )
    return _tagged(request, store, _seen(store, user))
