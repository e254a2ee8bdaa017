"""Routes of orders: a store's list and imports, and a shopper's purchases."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, UploadedFile

from accounts.auth import signed_in, the_user
from core import cursors
from core.api import Page, PageQuery, Router, Status, link_next, problems
from core.problems import invalid
from stores.models import Platform
from stores.orders import imports
from stores.orders.schemas import ImportOut, OrderOut, PurchaseOut
from stores.selectors import orders as selectors
from stores.selectors.stores import visible_store

router = Router(tags=["orders"], auth=signed_in)
ORDERS, PURCHASES = "orders", "purchases"
CSV_ANSWER = {"responses": {200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}}}


@router.get("/me/purchases", response=Page[PurchaseOut], operation_id="list_purchases")
def list_purchases(request: HttpRequest, response: HttpResponse, query: Query[PageQuery]) -> Page[PurchaseOut]:
    """The stores where one bought, and whether one may comment there; the latest order first."""
    before = cursors.read(PURCHASES, query.cursor)[0] if query.cursor else None
    rows, last = selectors.purchases_of(user=the_user(request), before=before, limit=query.limit)
    cursor = cursors.sign(PURCHASES, last) if last else None
    link_next(request, response, cursor)
    return Page(items=[PurchaseOut.of(row) for row in rows], next_cursor=cursor)


@router.get("/stores/{handle}/orders", response=Page[OrderOut], operation_id="list_orders")
@problems(403)
def list_orders(request: HttpRequest, response: HttpResponse, handle: str, query: Query[PageQuery]) -> Page[OrderOut]:
    """A store's orders as they are settled, the latest arrival first; for owners."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    before = cursors.read(ORDERS, query.cursor)[0] if query.cursor else None
    rows, last = selectors.orders_of(by=user, store=store, before=before, limit=query.limit)
    cursor = cursors.sign(ORDERS, last) if last else None
    link_next(request, response, cursor)
    return Page(items=[OrderOut.of(row) for row in rows], next_cursor=cursor)


@router.post("/stores/{handle}/orders/imports", response={202: ImportOut}, operation_id="import_orders")
def import_orders(
    request: HttpRequest, handle: str, file: File[UploadedFile], platform: Form[Platform] = Platform.CSV
) -> Status[ImportOut]:
    """Imports a CSV file of orders, one file at a time; owners only. Look at it until it is done.

    `platform` says whose order ids the file has: of orders that a webhook told of, its platform.
    """
    strange = sorted(set(request.POST) - {"platform"})
    if strange:
        raise invalid(strange[0][:100], "is not a field of this form", code="extra_forbidden")
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    begun = imports.start_import(by=user, store=store, file=file, file_name=file.name or "", platform=platform)
    return Status(202, ImportOut.of(begun))


@router.get("/stores/{handle}/orders/imports/{import_id}", response=ImportOut, operation_id="get_import")
@problems(403)
def get_import(request: HttpRequest, handle: str, import_id: int) -> ImportOut:
    """How far an import got, and the rows that are wrong; for owners."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    return ImportOut.of(selectors.import_of(by=user, store=store, import_id=import_id))


@router.get(
    "/stores/{handle}/orders/imports/{import_id}/errors.csv",
    operation_id="download_import_errors",
    openapi_extra=CSV_ANSWER,
)
@problems(403)
def download_import_errors(request: HttpRequest, handle: str, import_id: int) -> HttpResponse:
    """The wrong rows as CSV, safe to open in a spreadsheet; for owners."""
    user = the_user(request)
    store = visible_store(handle=handle, viewer=user)
    text = imports.errors_as_csv(selectors.import_of(by=user, store=store, import_id=import_id))
    answer = HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{import_id}-errors.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
